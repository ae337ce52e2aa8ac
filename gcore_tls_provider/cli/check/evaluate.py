"""Evaluation of files by the rules of a preview: each file alone, and all files together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gcore_tls_provider.certificates import CaBundle, Finding, RevocationLists
from gcore_tls_provider.certificates.chain import CertificateChain, encode_certificates
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.findings.severity import apply_waivers
from gcore_tls_provider.certificates.rules.authority import authority_findings
from gcore_tls_provider.certificates.rules.backend import backend_findings
from gcore_tls_provider.certificates.rules.leaf import LeafRole, leaf_findings
from gcore_tls_provider.certificates.rules.revocation import coverage_findings, revocation_findings
from gcore_tls_provider.certificates.rules.server_names import server_name_findings
from gcore_tls_provider.certificates.rules.shared_keys import shared_key_findings
from gcore_tls_provider.certificates.san_matching import client_names_of
from gcore_tls_provider.cli.check.files import Role
from gcore_tls_provider.cli.check.role_guessing import CheckedFile


@dataclass(frozen=True)
class Judged:
    """A finding and the files that it is about.

    Attributes:
        finding: as the rules give it, without a property; as a warning if it is accepted.
        files: the files.
        accepted: whether its code was accepted.
    """

    finding: Finding
    files: tuple[str, ...]
    accepted: bool = False


@dataclass(frozen=True)
class TrustGraph:
    """Files side by side, as the rules look at them.

    Attributes:
        files: with their roles.
        declared_names: the names that clients use, if they were given.
        expiry_warning_days: how many days before its end a warning begins; None for 30, for lists a third of their life
            if that is less.
        now: the moment.
    """

    files: Sequence[CheckedFile]
    declared_names: Sequence[str]
    expiry_warning_days: int | None
    now: datetime

    @property
    def host_names(self) -> tuple[str, ...]:
        """The names that clients use: those declared, else the names of the listener's certificates."""
        names = self.declared_names or [
            name for _, leaf in self._leaves("listener", "sni") for name in client_names_of(leaf.certificate)
        ]
        return tuple(dict.fromkeys(names))

    def judged(self, reasons: Mapping[str, str]) -> tuple[Judged, ...]:
        """All that is to be said, each thing once, errors first, and otherwise in the order of the files.

        Args:
            reasons: why a code is accepted, by the code. All of them are acceptable.
        """
        merged: dict[Finding, Judged] = {}
        for each in self._all():
            # The files show where it was found.
            finding = replace(each.finding, property="")
            files = merged[finding].files if finding in merged else ()
            merged[finding] = Judged(finding, tuple(dict.fromkeys([*files, *each.files])))
        judged = [_accepted(each, reasons) for each in merged.values()]
        return tuple(sorted(judged, key=lambda each: each.finding.severity != "error"))

    def _all(self) -> Iterator[Judged]:
        for file in self.files:
            yield from _on([file.file], file.findings)
        yield from self._leaf_rules()
        yield from self._authority_rules()
        yield from self._backend_rules()

    def _leaf_rules(self) -> Iterator[Judged]:
        listeners = self._leaves("listener", "sni")
        for file, leaf in listeners:
            yield from _on([file], self._of_leaf(file, leaf, "listener"))
        for file, leaf in self._leaves("client"):
            yield from _on([file], self._of_leaf(file, leaf, "client"))
        yield from self._name_rules()
        for client, leaf in self._leaves("client"):
            shared = shared_key_findings([each for _, each in listeners], leaf, property=client)
            yield from _on([*(file for file, _ in listeners), client], shared)

    def _of_leaf(self, file: str, leaf: CertificateChain, role: LeafRole) -> tuple[Finding, ...]:
        return leaf_findings(leaf, role=role, now=self.now, expiry_warning_days=self.expiry_warning_days, property=file)

    def _name_rules(self) -> Iterator[Judged]:
        defaults, sni = self._leaves("listener"), self._leaves("sni")
        if not defaults and not sni:
            return
        findings = server_name_findings(
            defaults[0][1] if defaults else None, self._further_certificates(), host_names=self.declared_names
        )
        about = {
            "certificate": [file for file, _ in defaults],
            "sni_certificates": [file for file, _ in sni],
            "host_names": [file for file, _ in (*defaults, *sni)],
        }
        for finding in findings:
            yield from _on(about.get(finding.property, about["host_names"]), [finding])

    def _further_certificates(self) -> list[CertificateChain]:
        """Return the SNI certificates. One in two forms, PEM and PKCS12, isn't given twice unless an option says so."""
        further: list[CertificateChain] = []
        for file in self.files:
            if file.role != "sni" or file.leaf is None:
                continue
            if not (file.guessed and any(file.leaf.certificate == each.certificate for each in further)):
                further.append(file.leaf)
        return further

    def _authority_rules(self) -> Iterator[Judged]:
        ca, ca_files = self._ca()
        if ca is not None:
            found = authority_findings(
                ca, now=self.now, expiry_warning_days=self.expiry_warning_days, property=", ".join(ca_files)
            )
            yield from _on(ca_files, found)
        crl, crl_files = self._crl(ca)
        if crl is None:
            return
        shown = [leaf.certificate for _, leaf in self._leaves("listener", "sni", "client")]
        found = revocation_findings(
            crl,
            ca=ca,
            now=self.now,
            expiry_warning_days=self.expiry_warning_days,
            known=tuple(dict.fromkeys(shown)),
            property=", ".join(crl_files),
        )
        yield from _on(crl_files, found)
        if ca is not None:
            yield from _on([*crl_files, *ca_files], coverage_findings(ca, crl, now=self.now, property=crl_files[0]))

    def _backend_rules(self) -> Iterator[Judged]:
        ca, _ = self._ca()
        crl, _ = self._crl(ca)
        for file, leaf in self._leaves("backend"):
            found = backend_findings(
                [leaf],
                ca=ca,
                crl=crl,
                host_names=self.host_names,
                now=self.now,
                expiry_warning_days=self.expiry_warning_days,
                property=file,
            )
            yield from _on([file], found)

    def _leaves(self, *roles: Role) -> list[tuple[str, CertificateChain]]:
        return [(file.file, file.leaf) for file in self.files if file.role in roles and file.leaf is not None]

    def _ca(self) -> tuple[CaBundle | None, list[str]]:
        """Return the authorities of all files as one bundle: that is what a pool has."""
        files = [file for file in self.files if file.role == "ca" and file.contents.certificates]
        if not files:
            return None, []
        certificates = [each for file in files for each in file.contents.certificates]
        return CaBundle.parse(encode_certificates(certificates)), [file.file for file in files]

    def _crl(self, ca: CaBundle | None) -> tuple[RevocationLists | None, list[str]]:
        """Return the CRLs of all files as one secret, those of the first CA first, as the component orders them."""
        files = [file for file in self.files if file.role == "crl" and file.contents.revocation_lists]
        if not files:
            return None, []
        lists = RevocationLists(tuple(each for file in files for each in file.contents.revocation_lists))
        lists = RevocationLists.parse(lists.to_pem())
        return lists if ca is None else lists.beginning_with(ca.certificates[0]), [file.file for file in files]


def _on(files: Iterable[str], findings: Iterable[Finding]) -> Iterator[Judged]:
    names = tuple(dict.fromkeys(files))
    return (Judged(finding, names) for finding in findings)


def _accepted(judged: Judged, reasons: Mapping[str, str]) -> Judged:
    code = CODES.get(judged.finding.code)
    if judged.finding.code not in reasons or code is None or not code.acceptable:
        return judged
    (finding,) = apply_waivers([judged.finding], {judged.finding.code: reasons[judged.finding.code]})
    return Judged(finding, judged.files, accepted=True)
