"""Text for terminals and logs, whatever API answers, object names, certificates and file names contain."""

from __future__ import annotations


def printable(text: str, *, keep_lines: bool = False) -> str:
    """Return a text with U+FFFD for each character that a terminal could obey instead of show.

    These are control characters (ESC, CSI, BEL, ...), invisible characters, characters that change the direction of the
    text, and lone surrogates.

    Args:
        text: Text of any origin.
        keep_lines: Keep line breaks and blanks; otherwise every run of white space becomes one blank.
    """
    if keep_lines:
        return "\n".join(map(_without_controls, text.split("\n")))
    return _without_controls(" ".join(text.split()))


def _without_controls(line: str) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)
