"""Errors without their tracebacks.

The engine prints the traceback of an exception that a dynamic provider raises. Without frames in it, only the message
remains, in one line.
"""

from __future__ import annotations

import sys


def hide_tracebacks() -> None:
    """Print exceptions of this process without their frames."""
    sys.tracebacklimit = 0
