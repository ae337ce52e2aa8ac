"""Entry point of `gcore-tls`, and of `python -m gcore_tls_provider.cli`."""

import sys
import warnings
from io import TextIOWrapper

from gcore_tls_provider.optional_extras import require_extra


def main() -> None:
    """Runs the tool.

    Without the extra `cli` it says in one line what to install, and exits with 2.
    """
    if not sys.warnoptions:
        # What cryptography thinks of odd files is meant for programmers, and isn't in the report's words.
        warnings.simplefilter("ignore")
    with require_extra({"rich", "typer"}, "gcore-tls", "cli"):
        from gcore_tls_provider.cli.app import app
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that the terminal can't show is no reason to fail.
            stream.reconfigure(errors="replace")
    app(prog_name="gcore-tls")


if __name__ == "__main__":
    main()
