"""Locks of load balancers within one process: at Gcore, any write to a load balancer locks all of it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_REPORT_SECONDS: Final = 1.0


class LoadBalancerLocks:
    """One reentrant lock per load balancer. Threads share it."""

    def __init__(self) -> None:
        """Hold no lock."""
        self._locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._creating = threading.Lock()

    @contextmanager
    def hold(self, load_balancer_id: str, on_wait: Callable[[], None]) -> Iterator[None]:
        """Hold the lock of one load balancer for this thread.

        Args:
            load_balancer_id: ID of the load balancer.
            on_wait: Called once a second while another thread holds the lock; it can raise to stop waiting.
        """
        with self._creating:
            lock = self._locks[load_balancer_id]
        while not lock.acquire(timeout=_REPORT_SECONDS):
            on_wait()
        try:
            yield
        finally:
            lock.release()
