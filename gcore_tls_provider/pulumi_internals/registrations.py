"""How the end of a program is waited for.

When a program has said all, Pulumi's SDK waits for its registrations one after the other, if it knows of any by then;
if not, it looks at every output of the program each time that one of them is resolved. It usually knows of none, as no
registration begins before the program's last line: with hundreds of resources the looking takes longer than all else
that the program does, and it grows with the square of their number.

This is a private detail of the SDK. Where it isn't so, nothing is done, and all works as it did.
"""

from __future__ import annotations

import asyncio

from pulumi.runtime import settings


def await_registrations_in_order() -> None:
    """Has the SDK know of a registration at the program's end: one that is over at once.

    Call it when a resource is declared; only the first call of a program does anything.
    """
    manager = getattr(getattr(settings, "SETTINGS", None), "rpc_manager", None)
    known = getattr(manager, "rpcs", None)
    if isinstance(known, list) and not known:
        known.append(asyncio.ensure_future(_over()))


async def _over() -> None:
    pass
