"""One set of generated material, what the rules find in it, and what OpenSSL makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial

from cryptography import x509

from gcore_tls_provider.certificates import CaBundle, Finding, RevocationLists
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.rules.authority import authority_findings
from gcore_tls_provider.certificates.rules.backend import backend_findings
from gcore_tls_provider.certificates.rules.revocation import coverage_findings, revocation_findings
from tests.certificates import issuing
from tests.certificates.handshake import refused_by_openssl
from tests.certificates.issuing import Issued

HOST = "app.example.com"

# OpenSSL looks at the clock: here nothing has the fixed dates of the other tests.
NOW = datetime.now(timezone.utc).replace(microsecond=0)
BEGIN, END = NOW - timedelta(days=90), NOW + timedelta(days=335)
EARLIER, LATER = NOW - timedelta(days=3), NOW + timedelta(days=3)

server = partial(issuing.issue, HOST, not_before=BEGIN, not_after=END)
authority = partial(issuing.issue_authority, not_before=BEGIN, not_after=END)
root_authority = partial(issuing.issue_authority, "Root", not_before=BEGIN, not_after=END)
revocations = partial(issuing.issue_list, this_update=BEGIN, next_update=END)

UNKNOWN_EXTENSION = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)
CRITICAL_POLICIES = (x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)]), True)
DISTRIBUTION_POINT = "http://lists.example.com/1"


@dataclass(frozen=True)
class Case:
    """What a backend shows, and what the load balancer has to judge it by."""

    backend: Issued
    authorities: Sequence[Issued]
    sent: Sequence[Issued] = ()
    lists: Sequence[x509.CertificateRevocationList] = ()
    host_name: str = HOST

    def findings(self) -> tuple[Finding, ...]:
        bundle = CaBundle(tuple(each.certificate for each in self.authorities))
        lists = RevocationLists(tuple(self.lists)) if self.lists else None
        now = datetime.now(timezone.utc)
        of_backend = backend_findings(
            [CertificateChain(self.backend.certificate, tuple(each.certificate for each in self.sent))],
            ca=bundle,
            crl=lists,
            host_names=[self.host_name],
            now=now,
            expiry_warning_days=30,
        )
        of_lists: tuple[Finding, ...] = ()
        if lists is not None:
            of_lists = (
                *revocation_findings(lists, ca=bundle, now=now, expiry_warning_days=None),
                *coverage_findings(bundle, lists, now=now),
            )
        return (*of_backend, *authority_findings(bundle, now=now, expiry_warning_days=30), *of_lists)

    def refusal(self) -> str:
        return refused_by_openssl(
            self.backend,
            [each.certificate for each in self.sent],
            authorities=[each.certificate for each in self.authorities],
            lists=self.lists,
            host_name=self.host_name,
        )


def limited(
    *, users: bool = False, authorities: bool = False, attributes: bool = False, indirect: bool = False, url: str = ""
) -> Sequence[tuple[x509.ExtensionType, bool]]:
    """An issuing distribution point."""
    point = x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(url)] if url else None,
        relative_name=None,
        only_contains_user_certs=users,
        only_contains_ca_certs=authorities,
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
    """Registers a case, and the codes of the errors that the rules must find in it."""

    def register(build: Callable[[], Case]) -> Callable[[], Case]:
        assert name not in CASES
        CASES[name], ERRORS[name] = build, set(errors)
        return build

    return register


def of_root(name: str, issued: Callable[[Issued], Issued], *errors: str) -> None:
    """A backend directly below a root."""

    def build() -> Case:
        root = authority("Root")
        return Case(issued(root), [root])

    case(name, *errors)(build)


def of_odd_root(name: str, issued: Callable[[], Issued], *errors: str, listed: bool = False) -> None:
    """A good backend below an odd root, perhaps with a list of that."""

    def build() -> Case:
        root = issued()
        return Case(server(root), [root], lists=[revocations(root)] if listed else [])

    case(name, *errors)(build)


def of_names(
    name: str, *errors: str, names: Sequence[str], common_name: str | None = None, host_name: str = HOST
) -> None:
    def build() -> Case:
        root = authority("Root")
        leaf = issuing.issue(common_name, root, dns_names=names, not_before=BEGIN, not_after=END)
        return Case(leaf, [root], host_name=host_name)

    case(name, *errors)(build)


def of_list(name: str, issued: Callable[[Issued], x509.CertificateRevocationList], *errors: str) -> None:
    """A good backend below a root with an odd list."""

    def build() -> Case:
        root = authority("Root")
        return Case(server(root), [root], lists=[issued(root)])

    case(name, *errors)(build)


def of_two_lists(
    name: str, issued: Callable[[Issued, Sequence[Issued]], x509.CertificateRevocationList], *errors: str
) -> None:
    """A backend, an odd list that revokes it, and a good one that doesn't."""

    def build() -> Case:
        root = authority("Root")
        backend = server(root)
        return Case(backend, [root], lists=[issued(root, [backend]), revocations(root, number=2)])

    case(name, *errors)(build)
