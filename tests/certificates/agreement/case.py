"""Cases of the comparison with OpenSSL: generated certificates and CRLs, and the errors that the rules report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial

from cryptography import x509

from gcore_tls_provider.certificates import CaBundle, CrlBundle, Finding
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.rules.backend import backend_findings
from gcore_tls_provider.certificates.rules.ca import ca_findings
from gcore_tls_provider.certificates.rules.crl import coverage_findings, crl_findings
from tests.certificates import issuing
from tests.certificates.handshake import openssl_rejection
from tests.certificates.issuing import Issued

HOST = "app.example.com"

# OpenSSL uses the clock, so these certificates have no fixed dates like those of the other tests.
NOW = datetime.now(timezone.utc).replace(microsecond=0)
BEGIN, END = NOW - timedelta(days=90), NOW + timedelta(days=335)
EARLIER, LATER = NOW - timedelta(days=3), NOW + timedelta(days=3)

server = partial(issuing.issue, HOST, not_before=BEGIN, not_after=END)
ca = partial(issuing.issue_ca, not_before=BEGIN, not_after=END)
root_ca = partial(issuing.issue_ca, "Root", not_before=BEGIN, not_after=END)
crl_of = partial(issuing.issue_crl, this_update=BEGIN, next_update=END)

UNKNOWN_EXTENSION = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)
CRITICAL_POLICIES = (x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)]), True)
DISTRIBUTION_POINT = "http://crl.example.com/1"


@dataclass(frozen=True)
class Case:
    """A backend, and the CA bundle and CRLs of the load balancer."""

    backend: Issued
    cas: Sequence[Issued]
    sent: Sequence[Issued] = ()
    crls: Sequence[x509.CertificateRevocationList] = ()
    host_name: str = HOST

    def findings(self) -> tuple[Finding, ...]:
        bundle = CaBundle(tuple(each.certificate for each in self.cas))
        crl = CrlBundle(tuple(self.crls)) if self.crls else None
        now = datetime.now(timezone.utc)
        of_backend = backend_findings(
            [CertificateChain(self.backend.certificate, tuple(each.certificate for each in self.sent))],
            ca=bundle,
            crl=crl,
            host_names=[self.host_name],
            now=now,
            expiry_warning_days=30,
        )
        of_crls: tuple[Finding, ...] = ()
        if crl is not None:
            of_crls = (
                *crl_findings(crl, ca=bundle, now=now, expiry_warning_days=None),
                *coverage_findings(bundle, crl, now=now),
            )
        return (*of_backend, *ca_findings(bundle, now=now, expiry_warning_days=30), *of_crls)

    def openssl_rejection(self) -> str:
        return openssl_rejection(
            self.backend,
            [each.certificate for each in self.sent],
            cas=[each.certificate for each in self.cas],
            crls=self.crls,
            host_name=self.host_name,
        )


def scope_limits(
    *, users: bool = False, cas: bool = False, attributes: bool = False, indirect: bool = False, url: str = ""
) -> Sequence[tuple[x509.ExtensionType, bool]]:
    """Return an issuing distribution point."""
    point = x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(url)] if url else None,
        relative_name=None,
        only_contains_user_certs=users,
        only_contains_ca_certs=cas,
        only_some_reasons=None,
        indirect_crl=indirect,
        only_contains_attribute_certs=attributes,
    )
    return [(point, True)]


def distribution_points(url: str) -> tuple[x509.ExtensionType, bool]:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
    return x509.CRLDistributionPoints([point]), False


def constraints(permitted: x509.GeneralName) -> Sequence[tuple[x509.ExtensionType, bool]]:
    return [(x509.NameConstraints([permitted], None), True)]


def directory(name: str) -> x509.DirectoryName:
    return x509.DirectoryName(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))


CASES: dict[str, Callable[[], Case]] = {}
ERRORS: dict[str, set[str]] = {}


def case(name: str, *errors: str) -> Callable[[Callable[[], Case]], Callable[[], Case]]:
    """Register a case with the codes of the errors that the rules must report."""

    def register(build: Callable[[], Case]) -> Callable[[], Case]:
        assert name not in CASES
        CASES[name], ERRORS[name] = build, set(errors)
        return build

    return register


def case_below_root(name: str, issued: Callable[[Issued], Issued], *errors: str) -> None:
    """Register a backend directly below a root."""

    def build() -> Case:
        root = ca("Root")
        return Case(issued(root), [root])

    case(name, *errors)(build)


def case_of_root(name: str, issued: Callable[[], Issued], *errors: str, with_crl: bool = False) -> None:
    """Register a valid backend below a root with an unusual property, with or without a CRL."""

    def build() -> Case:
        root = issued()
        return Case(server(root), [root], crls=[crl_of(root)] if with_crl else [])

    case(name, *errors)(build)


def case_of_names(
    name: str, *errors: str, names: Sequence[str], common_name: str | None = None, host_name: str = HOST
) -> None:
    """Register a backend below a root with these names, and the name that a client requests."""

    def build() -> Case:
        root = ca("Root")
        leaf = issuing.issue(common_name, root, dns_names=names, not_before=BEGIN, not_after=END)
        return Case(leaf, [root], host_name=host_name)

    case(name, *errors)(build)


def case_of_crl(name: str, issued: Callable[[Issued], x509.CertificateRevocationList], *errors: str) -> None:
    """Register a valid backend below a root with an unusual CRL."""

    def build() -> Case:
        root = ca("Root")
        return Case(server(root), [root], crls=[issued(root)])

    case(name, *errors)(build)


def case_of_two_crls(
    name: str, issued: Callable[[Issued, Sequence[Issued]], x509.CertificateRevocationList], *errors: str
) -> None:
    """Register a backend with an unusual CRL that revokes it, and a valid one that does not."""

    def build() -> Case:
        root = ca("Root")
        backend = server(root)
        return Case(backend, [root], crls=[issued(root, [backend]), crl_of(root, number=2)])

    case(name, *errors)(build)
