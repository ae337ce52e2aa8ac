"""Reporting of findings: messages from the tables, filled with the values of one case."""

from __future__ import annotations

from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.findings.finding import Finding, MaterialError, Severity
from gcore_tls_provider.certificates.findings.table import DEFAULT


def report(
    code: str, property: str, /, *, message: str = DEFAULT, severity: Severity | None = None, **values: object
) -> Finding:
    """Return a finding with a message from the tables.

    Args:
        code: Code of the finding: `KEY_MISMATCH`.
        property: Name of the argument that the finding is about; empty if it is not known.
        message: Key of the message, for a code that has several.
        severity: Severity, for a code that has several. Default: the code's first.
        values: Values of the message's placeholders, all of them and no others. Never a key or a password.

    Raises:
        LookupError: There is no such code or message.
        ValueError: The code is not reported with this severity, or the values are not those of the message.
    """
    entry = CODES[code]
    if severity is not None and severity not in entry.severities:
        raise ValueError(f"{code} is not reported as {severity}")
    sentence, remedy = fill(code, property, message=message, **values)
    return Finding(code, severity or entry.severities[0], property, sentence, remedy)


def material_error(code: str, property: str, /, *, message: str = DEFAULT, **values: object) -> MaterialError:
    """Return the error for one finding of severity `error`; the arguments are those of `report`."""
    return MaterialError(report(code, property, message=message, severity="error", **values))


def fill(code: str, property: str, /, *, message: str = DEFAULT, **values: object) -> tuple[str, str]:
    """Return the sentence and the remedy of a finding; the arguments are those of `report`.

    Raises:
        LookupError: There is no such code or message.
        ValueError: The values are not those of the message.
    """
    return CODES[code].messages[message].fill(property, **values)
