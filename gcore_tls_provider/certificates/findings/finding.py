"""Findings of a check, and the error that carries the findings that make content unusable.

The codes and their messages are in `codes.py`; for users, in `docs/findings.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from gcore_tls_provider.errors import GcoreTlsError
from gcore_tls_provider.printable import printable

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One result of a check. It never contains a key, a password or the checked content itself.

    Attributes:
        code: Code in capitals, such as `KEY_MISMATCH`. Stable, so that users can refer to it.
        severity: `error` where traffic would fail or Gcore rejects; `warning` where it works today, but soon will not
            or is probably not intended.
        property: Name of the argument that the finding is about: `private_key`. Empty if it is not known yet.
        sentence: What is wrong, as whole sentences.
        remedy: What to do about it, as whole sentences.
    """

    code: str
    severity: Severity
    property: str
    sentence: str
    remedy: str

    def __str__(self) -> str:
        """Return the sentence and the remedy, in one line that is safe to print."""
        return printable(f"{self.sentence} {self.remedy}")


class MaterialError(GcoreTlsError):
    """Certificates, keys or CRLs that are unusable: they cannot be parsed, or do not belong together.

    Attributes:
        findings: What is wrong, at least one finding, all of severity `error`.
    """

    def __init__(self, *findings: Finding) -> None:
        """Take all findings, the most important first."""
        super().__init__(*findings)
        self.findings = findings

    @property
    def finding(self) -> Finding:
        """The first finding."""
        return self.findings[0]

    def __str__(self) -> str:
        """Return all findings in one line."""
        return " ".join(str(finding) for finding in self.findings)


@contextmanager
def collect_findings(findings: list[Finding]) -> Iterator[None]:
    """Add the findings of a `MaterialError` in the block to `findings`, so that several are reported at once."""
    try:
        yield
    except MaterialError as error:
        findings.extend(error.findings)
