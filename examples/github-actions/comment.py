"""Write the comment of a pull request from the output of `pulumi preview --diff --color never`.

    python comment.py preview.txt STATUS > comment.md

Findings about certificates come first, each once, followed by the changes in the colors of a diff on GitHub.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

LONGEST_DIFF = 50_000
"""Length in characters. GitHub accepts comments of 65,536."""

_SIGNS = {"+": "+", "++": "+", "-": "-", "--": "-", "~": "!", "+-": "!", "-+": "!"}
"""Prefix of a changed line in the comment, for each of Pulumi's signs."""

_FINDING = re.compile(r"\s*(?P<severity>error|warning): (?P<sentence>.+)")
_CHANGE = re.compile(r"\s*[-+~]*\s*(?P<text>\d+ to [a-z-]+)\s*")
"""Line of the summary: `+ 5 to create`."""

_SUMMARY = re.compile(r"^Resources:\n(?P<rows>(?:[ ]+\S.*\n?)+)", re.MULTILINE)


def comment(printed: str, status: int) -> str:
    """Return the comment as Markdown.

    Args:
        printed: Output of the preview.
        status: Exit code of the preview.
    """
    parts = [f"### Preview: {'failed' if status else _changes(printed)}"]
    for severity in ("error", "warning"):
        parts += [f"- **{severity}**: {_code(sentence)}" for sentence in _findings(printed, severity)]
    lines = _difference(printed)
    if lines:
        fence = _fence(lines, 3)
        parts.append(f"<details><summary>What would change</summary>\n\n{fence}diff\n{lines}\n{fence}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def _changes(printed: str) -> str:
    found = _SUMMARY.search(printed)
    rows = found["rows"].splitlines() if found else []
    changes = [change["text"] for row in rows if (change := _CHANGE.fullmatch(row))]
    return ", ".join(changes) or "no changes"


def _findings(printed: str, severity: str) -> list[str]:
    """Return the sentences of one severity, each once, in their order."""
    found = (_FINDING.fullmatch(_printable(line)) for line in printed.splitlines())
    return list(dict.fromkeys(each["sentence"] for each in found if each and each["severity"] == severity))


def _difference(printed: str) -> str:
    """Return the resources that would change, each line with the sign in front that GitHub colors."""
    body, _, _ = printed.partition("\nResources:\n")
    body, _, _ = body.partition("\nDiagnostics:\n")
    lines: list[str] = []
    for line in body.splitlines()[1:]:
        if _FINDING.fullmatch(line) or not line.strip():
            continue
        sign = re.match(r"\s*([-+~]{1,2})(?=[\s\w])", line)
        lines.append(f"{_SIGNS.get(sign[1], ' ') if sign else ' '} {_printable(line)}")
    text = "\n".join(lines)
    if len(text) <= LONGEST_DIFF:
        return text
    kept, _, _ = text[:LONGEST_DIFF].rpartition("\n")
    return f"{kept}\n  ... {len(text) - len(kept)} characters more: see the run's log"


def _code(sentence: str) -> str:
    """Return a sentence as a code span: nothing in it is Markdown, HTML, an entity, a mention or a link."""
    return f"{_fence(sentence, 1)} {sentence} {_fence(sentence, 1)}"


def _printable(line: str) -> str:
    """Return a line without characters that change the order or the look of others."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)


def _fence(text: str, shortest: int) -> str:
    """Return a run of backticks that the text does not contain."""
    return "`" * max(shortest, 1 + max(map(len, re.findall(r"`+", text)), default=0))


if __name__ == "__main__":
    sys.stdout.write(comment(Path(sys.argv[1]).read_text("utf-8", "replace"), int(sys.argv[2])))
