"""Extension of Sphinx with directives for generated content; `docs/conf.py` loads it."""

from __future__ import annotations

import re

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from documentation import docstrings
from documentation.command_help import CommandHelp
from documentation.troubleshooting import ErrorClasses, FindingMessages, WarningMessages


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives; Sphinx calls this."""
    app.setup_extension("sphinx.ext.autodoc")
    docstrings.register(app)
    app.add_directive("command-help", CommandHelp)
    app.add_directive("finding-messages", FindingMessages)
    app.add_directive("error-classes", ErrorClasses)
    app.add_directive("warning-messages", WarningMessages)
    app.connect("source-read", _leave_out_absent)
    return {"parallel_read_safe": True}


def _leave_out_absent(app: Sphinx, page: str, source: list[str]) -> None:
    """Remove the entry `../page?` from a table of contents if the page does not exist, else its question mark."""

    def entry(found: re.Match[str]) -> str:
        return f"{found[1]}\n" if (app.srcdir / page).parent.joinpath(f"{found[1]}.md").exists() else ""

    source[0] = re.sub(r"^(\.\./[\w-]+)\?\n", entry, source[0], flags=re.MULTILINE)
