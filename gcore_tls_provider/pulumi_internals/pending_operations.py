"""Check for pending operations of an interrupted run while the program runs.

A provider must know which operations an interrupted run has left pending, and the engine does not report them. Reading
the state takes about as long as a small program, and a program uses one processor only. So the program's process reads
the state in parallel, and the provider reads it again only if it holds more than a yes-or-no answer.
"""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from contextlib import suppress
from typing import Final

import pulumi

from gcore_tls_provider.pulumi_internals import stack_export, tuning

_PENDING: Final = re.compile(rb'"pending_operations"|"delete": *true')
"""Pending operations, and objects that a replacement could not delete, in the printed state.

A false match only makes the provider read the state itself.
"""

_LAUNCHER: Final = "pulumi-language-python-exec"
"""Script with which the `pulumi` command starts a Python program."""

_clean: asyncio.Future[bool] | None = None


def is_pulumi_program() -> bool:
    """Return whether the `pulumi` command has started this process to run a program.

    An inline program of the Automation API runs in its caller's process, whose environment is not the engine's.
    """
    return any(each.endswith(_LAUNCHER) for each in sys.orig_argv)


def start_reading() -> None:
    """Start reading the state on a thread, once per program; do nothing outside a running program."""
    global _clean
    if _clean is not None or not tuning.is_enabled():
        return
    with suppress(RuntimeError):
        loop = asyncio.get_running_loop()
        clean, stack = loop.create_future(), pulumi.get_stack()
        threading.Thread(target=_read, args=(stack, loop, clean), name="state", daemon=True).start()
        _clean = clean


async def is_clean() -> bool:
    """Return whether the state is known to hold no pending operation and no pending deletion."""
    return _clean is not None and await _clean


def _read(stack: str, loop: asyncio.AbstractEventLoop, clean: asyncio.Future[bool]) -> None:
    exported = stack_export.export_stack(stack)
    is_clean = exported is not None and _PENDING.search(exported) is None
    with suppress(RuntimeError):
        # The program can have ended, and closed its loop, before the command does.
        loop.call_soon_threadsafe(clean.set_result, is_clean)
