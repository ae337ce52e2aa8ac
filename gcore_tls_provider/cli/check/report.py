"""The outcome of `gcore-tls check`: what `--json` prints.

Stable: fields are added, never renamed or removed, within one `version`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field

from gcore_tls_provider.certificates import certificate_facts, revocation_list_facts
from gcore_tls_provider.cli.check.evaluate import Judged, TrustGraph
from gcore_tls_provider.cli.check.files import Role
from gcore_tls_provider.cli.check.role_guessing import CheckedFile

Outcome = Literal["ok", "warnings", "errors"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CheckedCertificate(_Model):
    """A certificate in a file."""

    subject: str = Field(description="Distinguished name as in RFC 4514.")
    issuer: str = Field(description="The same of its issuer.")
    dns_names: tuple[str, ...] = Field(description="DNS names of the subject alternative name.")
    not_before: str = Field(description="Begin of validity, ISO 8601 in UTC.")
    not_after: str = Field(description="End of validity, ISO 8601 in UTC.")
    days_left: int = Field(description="Whole days until the end of validity; negative after it.")
    serial: str = Field(description="Serial number, lower hexadecimal.")
    key: str = Field(description="Kind and size of the public key, for instance 'EC P-256'.")
    fingerprint_sha256: str = Field(description="SHA-256 of the DER, lower hexadecimal.")


class CheckedRevocationList(_Model):
    """A revocation list in a file."""

    issuer: str = Field(description="Distinguished name of the authority, as in RFC 4514.")
    this_update: str = Field(description="When it was issued, ISO 8601 in UTC.")
    next_update: str | None = Field(description="When the next one is due, ISO 8601 in UTC; null if it doesn't say.")
    days_left: int | None = Field(description="Whole days until next_update; negative after it.")
    revoked_count: int = Field(description="Number of revoked certificates.")
    crl_number: str | None = Field(description="Its CRL number, decimal.")
    fingerprint_sha256: str = Field(description="SHA-256 of the DER, lower hexadecimal.")


class ReportedFile(_Model):
    """A file, what it is for and what it holds."""

    file: str = Field(description="Its name, as it was given.")
    role: Role | None = Field(description="Its role; null if the file can't be read and no option gives it.")
    role_guessed: bool = Field(description="Whether the role was guessed, not given as an option.")
    private_key_file: str | None = Field(description="For certificates: the file with the private key, if it is given.")
    certificates: tuple[CheckedCertificate, ...] = Field(
        description="Its certificates; for a leaf with its chain the leaf first, then its issuer, and so on."
    )
    revocation_lists: tuple[CheckedRevocationList, ...] = Field(description="Its revocation lists.")


class ReportedFinding(_Model):
    """One thing that is wrong, or soon will be."""

    code: str = Field(description="What was found. Stable; --accept takes it.")
    severity: Literal["error", "warning"] = Field(
        description="error: traffic would fail, or Gcore refuses; warning: it works today, and isn't what was meant."
    )
    accepted: bool = Field(description="Whether --accept names its code; then it never counts as an error.")
    files: tuple[str, ...] = Field(description="The files that it is about.")
    sentence: str = Field(description="What is wrong.")
    remedy: str = Field(description="What to do; for an accepted one the reason that was given.")


class Report(_Model):
    """Report of `gcore-tls check`."""

    version: Literal[1] = Field(1, description="Version of this format.")
    checked_at: str = Field(description="The moment that validity was compared with, ISO 8601 in UTC.")
    outcome: Outcome = Field(description="The worst severity; accepted findings don't count.")
    host_names: tuple[str, ...] = Field(description="Names that clients use: given, or those of listener and SNI.")
    files: tuple[ReportedFile, ...] = Field(description="The files, by role.")
    findings: tuple[ReportedFinding, ...] = Field(description="All findings, errors first.")

    def to_json(self) -> str:
        """Return the report as JSON in ASCII, so that names from certificates can't steer a terminal."""
        return json.dumps(self.model_dump(mode="json"), indent=2)


def reported(graph: TrustGraph, judged: Sequence[Judged]) -> Report:
    """Return the report of files and their findings."""
    return Report(
        version=1,
        checked_at=graph.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        outcome=_outcome(judged),
        host_names=tuple(map(printable, graph.host_names)),
        files=tuple(_file(file, graph.now) for file in graph.files),
        findings=tuple(
            ReportedFinding(
                code=each.finding.code,
                severity=each.finding.severity,
                accepted=each.accepted,
                files=each.files,
                sentence=printable(each.finding.sentence),
                remedy=printable(each.finding.remedy),
            )
            for each in judged
        ),
    )


def printable(text: str) -> str:
    """`text` in one line, with what a terminal could take for a command replaced."""
    line = " ".join(text.split())
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)


def _outcome(judged: Iterable[Judged]) -> Outcome:
    severities = {each.finding.severity for each in judged if not each.accepted}
    return "errors" if "error" in severities else "warnings" if severities else "ok"


def _file(file: CheckedFile, now: datetime) -> ReportedFile:
    certificates = file.contents.certificates if file.leaf is None else (file.leaf.certificate, *file.leaf.chain)
    return ReportedFile(
        file=file.file,
        role=file.role,
        role_guessed=file.guessed,
        private_key_file=file.key_file,
        certificates=tuple(_certificate(each, now) for each in certificates),
        revocation_lists=tuple(_revocation_list(each, now) for each in file.contents.revocation_lists),
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
        key=facts.key_type,
        fingerprint_sha256=facts.fingerprint_sha256,
    )


def _revocation_list(revocation_list: x509.CertificateRevocationList, now: datetime) -> CheckedRevocationList:
    facts = revocation_list_facts(revocation_list)
    end = revocation_list.next_update_utc
    return CheckedRevocationList(
        issuer=facts.issuer,
        this_update=facts.this_update,
        next_update=facts.next_update,
        days_left=None if end is None else (end - now).days,
        revoked_count=facts.revoked_count,
        crl_number=facts.crl_number,
        fingerprint_sha256=facts.fingerprint_sha256,
    )
