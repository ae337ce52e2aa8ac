"""Entry point of `gcore-tls`, and of `python -m gcore_tls_provider.cli`."""

import sys
import warnings
from io import TextIOWrapper

from gcore_tls_provider.optional_extras import require_extra


def main() -> None:
    """Run the tool.

    Without the extra `cli`, print one line with the install command and exit with 2.
    """
    if not sys.warnoptions:
        # The warnings that cryptography raises for unusual files are meant for programmers: the report has findings.
        warnings.simplefilter("ignore")
    with require_extra({"rich", "typer"}, "gcore-tls", "cli"):
        from gcore_tls_provider.cli.app import app
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A file name that the terminal's encoding cannot represent must not end the command.
            stream.reconfigure(errors="replace")
    app(prog_name="gcore-tls")


if __name__ == "__main__":
    main()
