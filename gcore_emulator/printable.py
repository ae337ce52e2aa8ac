"""Text from requests for the log and for the control routes, without characters that control a terminal."""

from __future__ import annotations

import json
import logging
import sys
from types import TracebackType
from typing import Any, TypeAlias

from starlette.responses import JSONResponse

_ErrorInfo: TypeAlias = (
    "tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]"  # as `logging` has it
)


def printable(text: str) -> str:
    """Return a text in one line, with U+FFFD for each character that a terminal could obey instead of show.

    These are control characters (ESC, CSI, BEL, ...), invisible characters, characters that change the direction of the
    text, and lone surrogates.
    """
    return _without_controls(" ".join(text.split()))


def _without_controls(line: str) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)


class AsciiJsonResponse(JSONResponse):
    """JSON with an escape in the place of every character that is not printable ASCII: the same data for a parser."""

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return json.dumps(content, separators=(",", ":")).replace("\x7f", "\\u007f").encode()


class PrintableFormatter(logging.Formatter):
    """Formatter of log records of any origin: one printable line, and printable lines for a traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the first line."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: _ErrorInfo) -> str:
        """Return the lines of a traceback."""
        return "\n".join(map(_without_controls, super().formatException(ei).split("\n")))


def log_printable_lines(level: int) -> None:
    """Write the log of this process to standard error, from this level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PrintableFormatter("%(asctime)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
