"""Await resource registrations one by one at program exit.

When a program ends, Pulumi's SDK awaits queued registrations in order. If none is queued yet, it rescans every output
each time one of them is resolved, which is quadratic in the number of resources. Usually none is queued, because the
first registration starts after the program's last line. Queuing one finished registration selects the linear path.

Relies on `pulumi.runtime.settings.SETTINGS.rpc_manager.rpcs`. If that is absent, nothing happens.
"""

from __future__ import annotations

import asyncio

from pulumi.runtime import settings

from gcore_tls_provider.pulumi_internals import tuning


def await_registrations_in_order() -> None:
    """Queue one finished registration, unless one is queued already."""
    if not tuning.is_enabled():
        return
    manager = getattr(getattr(settings, "SETTINGS", None), "rpc_manager", None)
    queued = getattr(manager, "rpcs", None)
    if isinstance(queued, list) and not queued:
        queued.append(asyncio.ensure_future(_finished()))


async def _finished() -> None:
    pass
