"""Evaluation of files by the rules of a preview: each file alone, and all files together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gcore_tls_provider.certificates import CaBundle, CrlBundle, Finding
from gcore_tls_provider.certificates.chain import CertificateChain, encode_certificates
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.findings.severity import apply_waivers
from gcore_tls_provider.certificates.rules.backend import backend_findings
from gcore_tls_provider.certificates.rules.ca import ca_findings
from gcore_tls_provider.certificates.rules.crl import coverage_findings, crl_findings
from gcore_tls_provider.certificates.rules.leaf import LeafRole, leaf_findings
from gcore_tls_provider.certificates.rules.server_names import server_name_findings
from gcore_tls_provider.certificates.rules.shared_keys import shared_key_findings
from gcore_tls_provider.certificates.san_matching import client_names_of
from gcore_tls_provider.cli.check.files import Role
from gcore_tls_provider.cli.check.role_guessing import CheckedFile


@dataclass(frozen=True)
class FileFinding:
    """A finding and the files that it is about.

    Attributes:
        finding: Finding of the rules, without a property; a warning if it is accepted.
        files: Names of the files.
        accepted: Whether an option accepts its code.
    """

    finding: Finding
    files: tuple[str, ...]
    accepted: bool = False


@dataclass(frozen=True)
class CertificateSet:
    """Files that belong to one load balancer.

    Attributes:
        files: Files with their roles.
        declared_names: Names that clients use, if they were given.
        expiry_warning_days: Days before an end at which warnings start; None for 30, for CRLs a third of their
            validity if that is less.
        now: Current time, in UTC.
        omitted_files: Number of unusable files that are counted only.
    """

    files: Sequence[CheckedFile]
    declared_names: Sequence[str]
    expiry_warning_days: int | None
    now: datetime
    omitted_files: int = 0

    @property
    def host_names(self) -> tuple[str, ...]:
        """Names that clients use: the declared ones, or those of the listener's certificates."""
        names = self.declared_names or [
            name for _, leaf in self._leaves("listener", "sni") for name in client_names_of(leaf.certificate)
        ]
        return tuple(dict.fromkeys(names))

    def evaluate(self, reasons: Mapping[str, str]) -> tuple[FileFinding, ...]:
        """Return all findings, each once, errors first, and otherwise in the order of the files.

        Args:
            reasons: Reason for accepting a code, by code. All of the codes are acceptable.
        """
        merged: dict[Finding, FileFinding] = {}
        for each in self._findings():
            # The list of files replaces the property.
            finding = replace(each.finding, property="")
            files = merged[finding].files if finding in merged else ()
            merged[finding] = FileFinding(finding, tuple(dict.fromkeys([*files, *each.files])))
        findings = [_accept(each, reasons) for each in merged.values()]
        return tuple(sorted(findings, key=lambda each: each.finding.severity != "error"))

    def _findings(self) -> Iterator[FileFinding]:
        for file in self.files:
            yield from _on([file.file], file.findings)
        yield from self._leaf_findings()
        yield from self._ca_and_crl_findings()
        yield from self._backend_findings()

    def _leaf_findings(self) -> Iterator[FileFinding]:
        listeners = self._leaves("listener", "sni")
        for file, leaf in listeners:
            yield from _on([file], self._check_leaf(file, leaf, "listener"))
        for file, leaf in self._leaves("client"):
            yield from _on([file], self._check_leaf(file, leaf, "client"))
        yield from self._name_findings()
        for client, leaf in self._leaves("client"):
            shared = shared_key_findings([each for _, each in listeners], leaf, property=client)
            yield from _on([*(file for file, _ in listeners), client], shared)

    def _check_leaf(self, file: str, leaf: CertificateChain, role: LeafRole) -> tuple[Finding, ...]:
        return leaf_findings(leaf, role=role, now=self.now, expiry_warning_days=self.expiry_warning_days, property=file)

    def _name_findings(self) -> Iterator[FileFinding]:
        defaults, sni = self._leaves("listener"), self._leaves("sni")
        if not defaults and not sni:
            return
        findings = server_name_findings(
            defaults[0][1] if defaults else None, self._sni_certificates(), host_names=self.declared_names
        )
        files_of = {
            "certificate": [file for file, _ in defaults],
            "sni_certificates": [file for file, _ in sni],
            "host_names": [file for file, _ in (*defaults, *sni)],
        }
        for finding in findings:
            yield from _on(files_of.get(finding.property, files_of["host_names"]), [finding])

    def _sni_certificates(self) -> list[CertificateChain]:
        """Return the SNI certificates. One in two formats, PEM and PKCS12, counts once unless its role was given."""
        certificates: list[CertificateChain] = []
        for file in self.files:
            if file.role != "sni" or file.leaf is None:
                continue
            if not (file.guessed and any(file.leaf.certificate == each.certificate for each in certificates)):
                certificates.append(file.leaf)
        return certificates

    def _ca_and_crl_findings(self) -> Iterator[FileFinding]:
        ca, ca_files = self._ca()
        if ca is not None:
            findings = ca_findings(
                ca, now=self.now, expiry_warning_days=self.expiry_warning_days, property=", ".join(ca_files)
            )
            yield from _on(ca_files, findings)
        crl, crl_files = self._crl(ca)
        if crl is None:
            return
        leaves = [leaf.certificate for _, leaf in self._leaves("listener", "sni", "client")]
        findings = crl_findings(
            crl,
            ca=ca,
            now=self.now,
            expiry_warning_days=self.expiry_warning_days,
            known=tuple(dict.fromkeys(leaves)),
            property=", ".join(crl_files),
        )
        yield from _on(crl_files, findings)
        if ca is not None:
            yield from _on([*crl_files, *ca_files], coverage_findings(ca, crl, now=self.now, property=crl_files[0]))

    def _backend_findings(self) -> Iterator[FileFinding]:
        ca, _ = self._ca()
        crl, _ = self._crl(ca)
        for file, leaf in self._leaves("backend"):
            findings = backend_findings(
                [leaf],
                ca=ca,
                crl=crl,
                host_names=self.host_names,
                now=self.now,
                expiry_warning_days=self.expiry_warning_days,
                property=file,
            )
            yield from _on([file], findings)

    def _leaves(self, *roles: Role) -> list[tuple[str, CertificateChain]]:
        return [(file.file, file.leaf) for file in self.files if file.role in roles and file.leaf is not None]

    def _ca(self) -> tuple[CaBundle | None, list[str]]:
        """Return the CAs of all files as one bundle, as a pool has them."""
        files = [file for file in self.files if file.role == "ca" and file.contents.certificates]
        if not files:
            return None, []
        certificates = [each for file in files for each in file.contents.certificates]
        return CaBundle.parse(encode_certificates(certificates)), [file.file for file in files]

    def _crl(self, ca: CaBundle | None) -> tuple[CrlBundle | None, list[str]]:
        """Return the CRLs of all files as one secret, those of the first CA first, as the component orders them."""
        files = [file for file in self.files if file.role == "crl" and file.contents.crls]
        if not files:
            return None, []
        bundle = CrlBundle(tuple(each for file in files for each in file.contents.crls))
        bundle = CrlBundle.parse(bundle.to_pem())
        return bundle if ca is None else bundle.starting_with(ca.certificates[0]), [file.file for file in files]


def _on(files: Iterable[str], findings: Iterable[Finding]) -> Iterator[FileFinding]:
    names = tuple(dict.fromkeys(files))
    return (FileFinding(finding, names) for finding in findings)


def _accept(found: FileFinding, reasons: Mapping[str, str]) -> FileFinding:
    code = CODES.get(found.finding.code)
    if found.finding.code not in reasons or code is None or not code.acceptable:
        return found
    (finding,) = apply_waivers([found.finding], {found.finding.code: reasons[found.finding.code]})
    return FileFinding(finding, found.files, accepted=True)
