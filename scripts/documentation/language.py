"""Find words that this project does not use, and docstrings that do not start with a verb or a noun.

One term for each idea makes code, messages and pages searchable. `RULES` lists only expressions that are never right
here; everything else is left to review. `tests/docs/test_language.py` runs the check; by hand:

    PYTHONPATH=scripts .venv/bin/python -m documentation.language PATH...
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class Rule:
    """Expression that is not used.

    Attributes:
        expression: Regular expression, case-insensitive. A blank matches any white space.
        instead: Words to use in its place.
    """

    expression: str
    instead: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled expression."""
        return re.compile(rf"\b(?:{self.expression})\b".replace(" ", r"\s+"), re.IGNORECASE)


RULES: Final[Sequence[Rule]] = (
    # Create attempts and interrupted runs.
    Rule(r"(?:a|the|each|every|one|that|this|no|of|its|another|earlier|same|dead) making|makings", "create attempt"),
    Rule(r"(?:run|making|process|create)s? (?:that|which) (?:has |have |had )?died", "interrupted run"),
    Rule(r"dead (?:run|making|create)s?", "interrupted run, interrupted create"),
    Rule(r"(?:an?|the) earlier (?:life|lives)", "before the restart"),
    Rule(r"half-(?:done|made|mended|updated|deleted)", "partial, partially applied"),
    Rule(r"leftovers?|left behind|leaves? (?:it|them) behind", "orphan"),
    Rule(r"condemned", "delete pending"),
    # Certificates.
    Rule(r"whom", "the noun: CA, issuer, client"),
    Rule(r"vouch(?:es|ed|ing)?", "sign, issue"),
    Rule(r"in clear", "in plaintext"),
    Rule(r"what it shows to|what is shown to clients", "client certificate, listener certificate"),
    # Status.
    Rule(r"(?:isn't|aren't|is not|are not|wasn't) well|unwell|ailing|ailments?", "unhealthy"),
    Rule(r"(?:com(?:e|es|ing)|came) to rest", "is unlocked, is ACTIVE"),
    Rule(r"lets? go of", "release, remove the reference"),
    # Reporting.
    Rule(r"says Gcore|Gcore says", "Gcore reports"),
    Rule(r"(?:is|are|was|were) (?:said|told|borne with)", "an active verb: report, print, log"),
    Rule(r"who asks", "account, provider config"),
    # Phrases.
    Rule(r"anew", "again, from scratch"),
    Rule(r"mend(?:s|ed|ing)?", "fix, repair"),
    Rule(r"for ever", "forever, permanently"),
    Rule(r"but for", "except for"),
    Rule(r"that which", "the noun"),
    Rule(r"(?:than )?all else", "everything else"),
    Rule(r"doorways?|hear again|deaf", "middleware, replay"),
    # American spelling.
    Rule(r"behaviours?|colours?|licen[c]es?|favours?|honours?|centred?|fulfils?", "American spelling"),
    Rule(r"(?:recogn|initial|normal|organ|serial|summar|author|optim|minim|util)is(?:e|es|ed|ing|ation)", "-ize"),
)
"""Expressions that are not used in comments, docstrings, messages and pages."""

_OPENING: Final = re.compile(r"(?:What|Whom|Whose|Who|Which|Where|Whether|How)\b")
"""First word of a docstring that describes a thing by a clause."""

_BLOCK: Final = re.compile(r"^ *(`{3,}).*?^ *\1$", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"`[^`]*`")


@dataclass(frozen=True)
class Violation:
    """Place where a rule is broken.

    Attributes:
        path: File.
        line: Line, from 1.
        text: Words that are wrong.
        instead: Words to use in their place.
    """

    path: Path
    line: int
    text: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {' '.join(self.text.split())!r} -> {self.instead}"


def violations(path: Path) -> Iterator[Violation]:
    """Yield what breaks a rule in a Python file or a Markdown page."""
    text = path.read_text()
    if path.suffix == ".md":
        yield from _in_text(path, 1, _CODE.sub(_blank, _BLOCK.sub(_blank, text)))
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tokenize.tok_name[token.type]
        if name == "COMMENT" or (name in ("STRING", "FSTRING_MIDDLE") and " " in token.string):
            yield from _in_text(path, token.start[0], token.string)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found = _OPENING.match(node.value.value) if isinstance(node.value.value, str) else None
            if found is not None:
                yield Violation(path, node.lineno, found[0], "begin the docstring with a verb or a noun")


def _in_text(path: Path, first_line: int, text: str) -> Iterator[Violation]:
    for rule in RULES:
        for found in rule.pattern.finditer(text):
            yield Violation(path, first_line + text.count("\n", 0, found.start()), found[0], rule.instead)


def _blank(found: re.Match[str]) -> str:
    """Return as many empty lines as a match has, so that line numbers stay the same."""
    return "`" + "\n" * found[0].count("\n")


def main(paths: Sequence[str]) -> int:
    """Print all violations in files and folders, and return the exit status."""
    files = [file for path in map(Path, paths) for file in (path.rglob("*") if path.is_dir() else [path])]
    found = [each for file in sorted(files) if file.suffix in (".py", ".md") for each in violations(file)]
    print("\n".join(map(str, found)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
