"""Severity of a finding when it is shown: whether it stops a run.

- Errors block what a run would upload or wire. On what is deployed already and stays as it is, they are warnings: a
  certificate that expired overnight must not stop a run that has nothing to do with it.
- `accept_findings={"CODE": "reason"}` makes an error a warning that shows the reason. What can't be read, a key that
  doesn't match, a private key where public material belongs, and what Gcore refuses anyway can't be accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.findings.finding import Finding


def apply_waivers(
    findings: Iterable[Finding], reasons: Mapping[str, str], *, property: str = "accept_findings"
) -> tuple[Finding, ...]:
    """Return the findings, those with an accepted code as warnings with the reason, and findings about the reasons.

    Args:
        findings: what was found.
        reasons: why a code is accepted, by the code.
        property: name of the argument that the reasons came in.

    Returns:
        All findings, and after them one for each reason that can't be taken: `CODE_UNKNOWN`, `CODE_NOT_ACCEPTABLE`,
        `REASON_MISSING`.
    """
    return (*(_accepted(each, reasons) for each in findings), *_refused(reasons, property))


def downgrade_deployed(findings: Iterable[Finding], *, before: Iterable[Finding] | None = None) -> tuple[Finding, ...]:
    """Return the findings, those about deployed, unchanged objects as warnings: they do not stop the run.

    Args:
        findings: what was found.
        before: what the same rules find now in the inputs of the last run, looked at only where there is an error; None
            if all of it is deployed.
    """
    found = tuple(findings)
    if all(each.severity != "error" for each in found):
        return found
    stays = None if before is None else frozenset(before)
    return tuple(
        replace(each, severity="warning", remedy=f"It is deployed already, so this run goes on. {each.remedy}")
        if each.severity == "error" and (stays is None or each in stays)
        else each
        for each in found
    )


def _accepted(finding: Finding, reasons: Mapping[str, str]) -> Finding:
    reason = reasons.get(finding.code, "").strip()
    code = CODES.get(finding.code)
    if not reason or code is None or not code.acceptable:
        return finding
    return replace(finding, severity="warning", remedy=f"Accepted: {reason.rstrip('.')}.")


def _refused(reasons: Mapping[str, str], property: str) -> Iterable[Finding]:
    for name, reason in sorted(reasons.items()):
        code = CODES.get(name)
        if code is None:
            yield Finding(
                "CODE_UNKNOWN",
                "error",
                property,
                f"There is no finding with the code {name}.",
                "Take the code from the finding's own text, or remove it.",
            )
        elif not code.acceptable:
            yield Finding(
                "CODE_NOT_ACCEPTABLE",
                "error",
                property,
                f"{name} can't be accepted: {code.meaning}.",
                "Fix the cause, and remove the code.",
            )
        elif not reason.strip():
            yield Finding(
                "REASON_MISSING",
                "error",
                property,
                f"{name} is accepted without a reason.",
                "Write down why: the preview shows it to whoever reviews the change.",
            )
