"""Whether the run before has come to its end: found out while the program runs.

A provider has to know what a run that died has left under way, and the engine doesn't tell. Reading the state takes
about as long as a small program, and the program uses one processor only: so it is read beside the program, and the
provider reads it itself only if there is something in it that needs more than a yes.
"""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from contextlib import suppress
from typing import Final

import pulumi

from gcore_tls_provider.pulumi_internals import stack_export

_UNSETTLED: Final = re.compile(rb'"pending_operations"|"delete": *true')
"""Operations that are under way, and objects that a replacement couldn't delete: as the state is printed. What looks
like it and isn't costs the provider's own reading only."""

_PULUMIS: Final = "pulumi-language-python-exec"
"""The script with which Pulumi's command starts a program in Python."""

_settled: asyncio.Future[bool] | None = None


def is_a_program() -> bool:
    """Whether this process is a program that Pulumi's command has started.

    A program that runs inside another one, by Pulumi's automation API, has another environment than the engine.
    """
    return any(each.endswith(_PULUMIS) for each in sys.orig_argv)


def start_reading() -> None:
    """Begins to find out, on a thread of its own; only the first time, and only where a program runs."""
    global _settled
    with suppress(RuntimeError):
        loop = asyncio.get_running_loop()
        if _settled is not None:
            return
        _settled = loop.create_future()
        threading.Thread(target=_look, args=(pulumi.get_stack(), loop, _settled), name="state", daemon=True).start()


async def is_clean() -> bool:
    """Whether nothing of the run before is under way; False where nobody knows."""
    return _settled is not None and await _settled


def _look(stack: str, loop: asyncio.AbstractEventLoop, found: asyncio.Future[bool]) -> None:
    exported = stack_export.export_stack(stack)
    settled = exported is not None and _UNSETTLED.search(exported) is None
    with suppress(RuntimeError):
        # The program may have ended before.
        loop.call_soon_threadsafe(found.set_result, settled)
