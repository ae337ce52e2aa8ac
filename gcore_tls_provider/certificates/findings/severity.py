"""Final severity of a finding, which decides whether it stops a run.

- Errors block what a run would upload or wire. For deployed, unchanged objects they are warnings: a certificate that
  expired overnight must not stop a run that has nothing to do with it.
- `accept_findings={"CODE": "reason"}` turns an error into a warning that shows the reason. Content that cannot be
  parsed, a key that does not match, a private key in the place of public content, and anything that Gcore rejects
  cannot be accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report


def apply_waivers(
    findings: Iterable[Finding], reasons: Mapping[str, str], *, property: str = "accept_findings"
) -> tuple[Finding, ...]:
    """Turn the findings with an accepted code into warnings with the reason, and check the reasons.

    Args:
        findings: Findings of the rules.
        reasons: Reason for accepting a code, by code.
        property: Name of the argument that contains the reasons.

    Returns:
        All findings, and after them one for each reason that is not valid: `CODE_UNKNOWN`, `CODE_NOT_ACCEPTABLE`,
        `REASON_MISSING`.
    """
    return (*(_accepted(each, reasons) for each in findings), *_invalid_waivers(reasons, property))


def downgrade_deployed(findings: Iterable[Finding], *, before: Iterable[Finding] | None = None) -> tuple[Finding, ...]:
    """Turn errors about deployed, unchanged objects into warnings: they do not stop the run.

    Args:
        findings: Findings about the new inputs.
        before: Findings of the same rules today about the previous run's inputs, read only if there is an error. None
            if all of the inputs are deployed.
    """
    current = tuple(findings)
    if all(each.severity != "error" for each in current):
        return current
    deployed = None if before is None else frozenset(before)
    return tuple(
        replace(each, severity="warning", remedy=f"It is deployed already, so this run goes on. {each.remedy}")
        if each.severity == "error" and (deployed is None or each in deployed)
        else each
        for each in current
    )


def _accepted(finding: Finding, reasons: Mapping[str, str]) -> Finding:
    reason = reasons.get(finding.code, "").strip()
    code = CODES.get(finding.code)
    if not reason or code is None or not code.acceptable:
        return finding
    return replace(finding, severity="warning", remedy=f"Accepted: {reason.rstrip('.')}.")


def _invalid_waivers(reasons: Mapping[str, str], property: str) -> Iterator[Finding]:
    for name, reason in sorted(reasons.items()):
        code = CODES.get(name)
        if code is None:
            yield report("CODE_UNKNOWN", property, name=name)
        elif not code.acceptable:
            yield report("CODE_NOT_ACCEPTABLE", property, name=name, meaning=code.meaning)
        elif not reason.strip():
            yield report("REASON_MISSING", property, name=name)
