"""More worker threads for the dynamic provider's process.

Pulumi's dynamic provider server starts with four threads, whatever the engine's parallelism is, and creating a load
balancer takes minutes. The executor is found through the arguments of the worker thread that runs a handler.
"""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

from gcore_tls_provider.pulumi_internals import tuning


def raise_max_workers(threads: int) -> bool:
    """Allow this process to handle `threads` resources at once; call it from a handler.

    Returns:
        Whether the executor was found and now has at least that many threads.
    """
    if not tuning.is_enabled():
        return False
    arguments = getattr(threading.current_thread(), "_args", None)
    reference = arguments[0] if isinstance(arguments, tuple) and arguments else None
    executor = reference() if isinstance(reference, weakref.ref) else None
    if not isinstance(executor, ThreadPoolExecutor) or not isinstance(getattr(executor, "_max_workers", None), int):
        return False
    executor._max_workers = max(executor._max_workers, threads)
    return True
