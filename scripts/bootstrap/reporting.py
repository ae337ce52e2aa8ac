"""Output of the scripts: headings, progress and results on standard output, errors as one line on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable


class ScriptError(Exception):
    """A script cannot go on. Its text is one sentence or two: what is wrong and what to do about it."""


def say(line: str) -> None:
    """Print a line for the user on standard output, at once: so it stands in order with what other programs print.

    A script whose standard output is read by a program redirects it to standard error meanwhile.
    """
    print(line, flush=True)


def complain(line: str) -> None:
    """Print a line about something that is wrong or missing on standard error."""
    print(line, file=sys.stderr, flush=True)


def run(main: Callable[[], int | None]) -> None:
    """Run a script's main function and leave the process with its exit status.

    An error becomes one line without a traceback, Ctrl-C a word and the status 130 that shells use for it.
    """
    try:
        status = main() or 0
        sys.stdout.flush()
    except ScriptError as error:
        complain(f"error: {error}")
        status = 1
    except BrokenPipeError:
        # The reader went away (`scripts/demo | head`). Without this, Python complains about it once more at its end.
        sys.stderr.close()
        status = 141
    except OSError as error:
        complain(f"error: {error}")
        status = 1
    except KeyboardInterrupt:
        complain("stopped; run the same command again to go on from here")
        status = 130
    sys.exit(status)
