"""Findings about certificates, and the error that carries the findings that make them unusable.

The codes, what each means and which of them a user may accept stand in `codes.py`; for users, in `docs/findings.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from gcore_tls_provider.errors import GcoreTlsError, one_line

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that is to be said about material, never with a key, a password or the material itself in it.

    Attributes:
        code: what was found, in capitals: `KEY_MISMATCH`. Stable, so that users can refer to it.
        severity: `error` where traffic would fail or Gcore refuses, `warning` where it works and isn't what was meant.
        property: name of the argument it is about: `private_key`. Empty where no argument is known yet.
        sentence: what is wrong, as a whole sentence.
        remedy: what to do about it, as a whole sentence.
    """

    code: str
    severity: Severity
    property: str
    sentence: str
    remedy: str

    def __str__(self) -> str:
        """Return the sentence and the remedy, in one line that is safe to print."""
        text = one_line(f"{self.sentence} {self.remedy}")
        return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


class MaterialError(GcoreTlsError):
    """Certificate material that can't be used: it can't be read, or its parts don't belong together.

    Attributes:
        findings: what is wrong, at least one, all of severity `error`.
    """

    def __init__(self, *findings: Finding) -> None:
        """Take all that was found, the most telling first."""
        super().__init__(*findings)
        self.findings = findings

    @property
    def finding(self) -> Finding:
        """The first finding."""
        return self.findings[0]

    def __str__(self) -> str:
        """All findings in one line."""
        return " ".join(str(finding) for finding in self.findings)


def material_error(code: str, *, property: str, sentence: str, remedy: str) -> MaterialError:
    """Return the error for one finding of severity `error`; the arguments are those of `Finding`."""
    return MaterialError(Finding(code, "error", property, sentence, remedy))


@contextmanager
def collect_findings(findings: list[Finding]) -> Iterator[None]:
    """Add what a `MaterialError` in the block says to `findings`, so that several can be reported at once."""
    try:
        yield
    except MaterialError as error:
        findings.extend(error.findings)
