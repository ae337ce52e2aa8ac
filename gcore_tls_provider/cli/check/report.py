"""Report of `gcore-tls check`, which `--json` prints.

It is stable: within one `version`, fields are added, never renamed or removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field

from gcore_tls_provider.certificates import certificate_facts, crl_facts
from gcore_tls_provider.cli.check.evaluate import CertificateSet, FileFinding
from gcore_tls_provider.cli.check.files import Role
from gcore_tls_provider.cli.check.role_guessing import CheckedFile
from gcore_tls_provider.printable import printable

Outcome = Literal["ok", "warnings", "errors"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CheckedCertificate(_Model):
    """Certificate in a file."""

    subject: str = Field(description="Distinguished name as in RFC 4514.")
    issuer: str = Field(description="Distinguished name of its issuer.")
    dns_names: tuple[str, ...] = Field(description="DNS names of the subject alternative name.")
    not_before: str = Field(description="Start of validity, ISO 8601 in UTC.")
    not_after: str = Field(description="End of validity, ISO 8601 in UTC.")
    days_left: int = Field(description="Whole days until the end of validity; negative after it.")
    serial: str = Field(description="Serial number, in lower-case hexadecimal.")
    key_type: str = Field(description="Type and size of the public key, for example 'EC P-256'.")
    fingerprint_sha256: str = Field(description="SHA-256 of the DER, in lower-case hexadecimal.")


class CheckedCrl(_Model):
    """CRL in a file."""

    issuer: str = Field(description="Distinguished name of the CA, as in RFC 4514.")
    this_update: str = Field(description="Time of issue, ISO 8601 in UTC.")
    next_update: str | None = Field(description="Time when the next CRL is due, ISO 8601 in UTC; null if unknown.")
    days_left: int | None = Field(description="Whole days until next_update; negative after it.")
    revoked_count: int = Field(description="Number of revoked certificates.")
    crl_number: str | None = Field(description="CRL number, decimal.")
    fingerprint_sha256: str = Field(description="SHA-256 of the DER, in lower-case hexadecimal.")


class ReportedFile(_Model):
    """File with its role and contents."""

    file: str = Field(description="Name of the file, as it was given.")
    role: Role | None = Field(description="Role of the file; null if it cannot be parsed and no option gives the role.")
    role_guessed: bool = Field(description="Whether the role was guessed, not given as an option.")
    private_key_file: str | None = Field(description="For certificates: file with the private key, if it is given.")
    certificates: tuple[CheckedCertificate, ...] = Field(
        description="Certificates; for a leaf with its chain the leaf first, then its issuer, and so on."
    )
    crls: tuple[CheckedCrl, ...] = Field(description="CRLs.")


class ReportedFinding(_Model):
    """Finding about one or several files."""

    code: str = Field(description="Code. Stable; --accept takes it.")
    severity: Literal["error", "warning"] = Field(
        description="error: traffic would fail, or Gcore rejects; warning: it works today, but may not be intended."
    )
    accepted: bool = Field(description="Whether --accept contains its code; then it never counts as an error.")
    files: tuple[str, ...] = Field(description="Files that it is about.")
    sentence: str = Field(description="What is wrong.")
    remedy: str = Field(description="What to do; for an accepted finding the given reason.")


class Report(_Model):
    """Report of `gcore-tls check`."""

    version: Literal[1] = Field(1, description="Version of this format.")
    checked_at: str = Field(description="Time for which validity was checked, ISO 8601 in UTC.")
    outcome: Outcome = Field(description="Worst severity; accepted findings do not count.")
    host_names: tuple[str, ...] = Field(description="Names that clients use: given, or those of the certificates.")
    files: tuple[ReportedFile, ...] = Field(description="Files, by role.")
    findings: tuple[ReportedFinding, ...] = Field(description="All findings, errors first.")
    omitted_files: int = Field(
        0,
        description="Number of further files of folders that cannot be used; each counts as an error.",
    )


def build_report(files: CertificateSet, findings: Sequence[FileFinding]) -> Report:
    """Return the report of files and their findings."""
    return Report(
        version=1,
        checked_at=files.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        outcome="errors" if files.omitted_files else _outcome(findings),
        host_names=tuple(map(printable, files.host_names)),
        files=tuple(_file(file, files.now) for file in files.files),
        findings=tuple(
            ReportedFinding(
                code=each.finding.code,
                severity=each.finding.severity,
                accepted=each.accepted,
                files=each.files,
                sentence=printable(each.finding.sentence),
                remedy=printable(each.finding.remedy),
            )
            for each in findings
        ),
        omitted_files=files.omitted_files,
    )


def _outcome(findings: Iterable[FileFinding]) -> Outcome:
    severities = {each.finding.severity for each in findings if not each.accepted}
    return "errors" if "error" in severities else "warnings" if severities else "ok"


def _file(file: CheckedFile, now: datetime) -> ReportedFile:
    certificates = file.contents.certificates if file.leaf is None else (file.leaf.certificate, *file.leaf.chain)
    return ReportedFile(
        file=file.file,
        role=file.role,
        role_guessed=file.guessed,
        private_key_file=file.key_file,
        certificates=tuple(_certificate(each, now) for each in certificates),
        crls=tuple(_crl(each, now) for each in file.contents.crls),
    )


def _certificate(certificate: x509.Certificate, now: datetime) -> CheckedCertificate:
    facts = certificate_facts(certificate)
    return CheckedCertificate(
        subject=facts.subject,
        issuer=facts.issuer,
        dns_names=tuple(map(printable, facts.dns_names)),
        not_before=facts.not_before,
        not_after=facts.not_after,
        days_left=(certificate.not_valid_after_utc - now).days,
        serial=facts.serial,
        key_type=facts.key_type,
        fingerprint_sha256=facts.fingerprint_sha256,
    )


def _crl(crl: x509.CertificateRevocationList, now: datetime) -> CheckedCrl:
    facts = crl_facts(crl)
    end = crl.next_update_utc
    return CheckedCrl(
        issuer=facts.issuer,
        this_update=facts.this_update,
        next_update=facts.next_update,
        days_left=None if end is None else (end - now).days,
        revoked_count=facts.revoked_count,
        crl_number=facts.crl_number,
        fingerprint_sha256=facts.fingerprint_sha256,
    )
