"""Output of the scripts: headings, progress and results on standard output, one-line errors on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable


class ScriptError(Exception):
    """Error that ends a script. Its text is one or two sentences: what is wrong, and the remedy."""


def print_line(line: str) -> None:
    """Print a line on standard output and flush it, to keep the order of lines from other programs.

    A script whose standard output is input of another program redirects these lines to standard error.
    """
    print(line, flush=True)


def print_error(line: str) -> None:
    """Print an error or a note on standard error."""
    print(line, file=sys.stderr, flush=True)


def run(main: Callable[[], int | None]) -> None:
    """Run a script's main function and exit with its status.

    Print an error as one line without a traceback. After Ctrl-C, print a note and use the status 130, as shells do.
    """
    try:
        status = main() or 0
        sys.stdout.flush()
    except ScriptError as error:
        print_error(f"error: {error}")
        status = 1
    except BrokenPipeError:
        # The reader closed the pipe (`scripts/demo | head`). Python would print the error again at exit.
        sys.stderr.close()
        status = 141
    except OSError as error:
        print_error(f"error: {error}")
        status = 1
    except KeyboardInterrupt:
        print_error("stopped. To continue, run the same command again.")
        status = 130
    sys.exit(status)
