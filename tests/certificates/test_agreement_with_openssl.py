"""The rules' verdict on backends, authorities and revocation lists is that of a real TLS handshake.

Each case is one set of generated material. It is judged by the rules, then OpenSSL makes the handshake, asked as
HAProxy asks it. Where the two disagree, `DIFFERENCES` says why; where OpenSSL's versions do, `VERSIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from gcore_tls_provider.certificates import CaBundle, Finding, RevocationLists
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.rules.authority import authority_findings
from gcore_tls_provider.certificates.rules.backend import backend_findings
from gcore_tls_provider.certificates.rules.revocation import coverage_findings, revocation_findings
from tests.certificates import issuing
from tests.certificates.handshake import refused_by_openssl
from tests.certificates.issuing import ANY, CLIENT, SERVER, Issued, KeyKind

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


KEYS: Sequence[tuple[KeyKind, KeyKind]] = (
    ("P-256", "P-256"), ("P-384", "P-256"), ("P-521", "P-521"), ("RSA 2048", "P-256"), ("Ed25519", "RSA 2048"),
    ("RSA 2048", "Ed25519"), ("Ed25519", "Ed25519"),
)  # fmt: skip
for leaf_key, root_key in KEYS:

    def _build(leaf_key: KeyKind = leaf_key, root_key: KeyKind = root_key) -> Case:
        root = authority("Root", key=root_key)
        return Case(server(root, key=leaf_key), [root], lists=[revocations(root)])

    case(f"{leaf_key} below {root_key}, with a list")(_build)

of_root("good", server)
of_root("expired", partial(server, not_after=EARLIER), "BACKEND_EXPIRED")
of_root("not yet valid", partial(server, not_before=LATER), "BACKEND_NOT_YET_VALID")
of_root("valid for ten years", partial(server, not_after=NOW + timedelta(days=3650)))
of_root("serves clients only", partial(server, extended_key_usage=[CLIENT]), "BACKEND_SERVER_AUTH_MISSING")
of_root("serves any purpose only", partial(server, extended_key_usage=[ANY]), "BACKEND_SERVER_AUTH_MISSING")
of_root("serves clients and servers", partial(server, extended_key_usage=[CLIENT, SERVER]))
of_root("no extended key usage", partial(server, extended_key_usage=None))
of_root("key usage keyEncipherment only", partial(server, usages=["key_encipherment"]))
of_root("key usage keyCertSign only", partial(server, usages=["key_cert_sign"]), "BACKEND_KEY_USAGE")
of_root("no key usage, no basic constraints", partial(server, usages=None, ca=None))
of_root("an authority as a backend", partial(server, ca=True))
of_root("unknown critical extension", partial(server, extensions=[UNKNOWN_EXTENSION]), "BACKEND_CRITICAL_EXTENSION")
of_root("RSA 1024", partial(server, key="RSA 1024"), "WEAK_KEY")
of_root("signed with SHA-1", partial(server, sha1=True), "WEAK_SIGNATURE")
of_root("curve secp256k1", partial(server, key="secp256k1"), "UNSUPPORTED_CURVE")
of_root(
    "critical extensions that OpenSSL handles",
    partial(server, extensions=[CRITICAL_POLICIES, (x509.OCSPNoCheck(), True)]),
)
of_root("curve P-224", partial(server, key="P-224"), "UNSUPPORTED_CURVE")
of_root("no key identifiers", partial(server, subject_key_id=False, authority_key_id=False))

of_names("another name", "BACKEND_NAME_NOT_COVERED", names=["backend.internal"])
of_names("the common name fits, the alternative name doesn't", names=["backend.internal"], common_name=HOST)
of_names("the common name alone", names=[], common_name=HOST)
of_names("a wildcard for one label", names=["*.example.com"])
of_names("a wildcard for the wrong level", "BACKEND_NAME_NOT_COVERED", names=[f"*.{HOST}"])
of_names("a wildcard for two labels", "BACKEND_NAME_NOT_COVERED", names=["*.com"], host_name="a.b.com")
of_names("a wildcard for a part of a label", names=["a*.example.com"])
of_names("a wildcard alone", "BACKEND_NAME_NOT_COVERED", names=["*"])
of_names("two asterisks", "BACKEND_NAME_NOT_COVERED", names=["*p*.example.com"])
of_names("other case", names=["APP.Example.com"])
of_names("asked for in other case", names=[HOST], host_name="APP.example.COM")
of_names("no name at all", "BACKEND_NAME_NOT_COVERED", names=[])


@case("another authority", "BACKEND_NOT_TRUSTED")
def _another_authority() -> Case:
    return Case(server(authority("Other")), [authority("Root")])


@case("another authority of the same name", "BACKEND_NOT_TRUSTED")
def _another_authority_of_the_same_name() -> Case:
    return Case(server(authority("Root")), [authority("Root")])


@case("self-signed", "BACKEND_NOT_TRUSTED")
def _self_signed() -> Case:
    return Case(server(), [authority("Root")])


@case("intermediate sent")
def _intermediate_sent() -> Case:
    root = authority("Root")
    intermediate = authority("Intermediate", root)
    return Case(server(intermediate), [root], [intermediate])


@case("two intermediates sent in wrong order, and the root")
def _wrong_order() -> Case:
    root = authority("Root")
    upper = authority("Upper", root)
    lower = authority("Lower", upper)
    return Case(server(lower), [root], [root, upper, lower])


@case("intermediate not sent", "BACKEND_NOT_TRUSTED")
def _intermediate_not_sent() -> Case:
    root = authority("Root")
    return Case(server(authority("Intermediate", root)), [root])


@case("intermediate in the bundle")
def _intermediate_in_bundle() -> Case:
    root = authority("Root")
    intermediate = authority("Intermediate", root)
    return Case(server(intermediate), [intermediate, root])


@case("intermediate alone in the bundle", "CA_WITHOUT_ROOT", "BACKEND_NOT_TRUSTED")
def _intermediate_alone() -> Case:
    intermediate = authority("Intermediate", authority("Root"))
    return Case(server(intermediate), [intermediate], [intermediate])


@case("expired intermediate sent, a valid one in the bundle")
def _expired_sent() -> Case:
    root = authority("Root")
    intermediate = authority("Intermediate", root)
    expired = authority("Intermediate", root, key=intermediate.key, not_after=EARLIER)
    return Case(server(intermediate), [root, intermediate], [expired])


@case("valid intermediate sent, an expired one in the bundle", "BACKEND_AUTHORITY_REFUSED")
def _expired_in_bundle() -> Case:
    root = authority("Root")
    intermediate = authority("Intermediate", root)
    expired = authority("Intermediate", root, key=intermediate.key, not_after=EARLIER)
    return Case(server(intermediate), [root, expired], [intermediate])


@case("intermediate that is no authority", "BACKEND_AUTHORITY_REFUSED")
def _intermediate_no_authority() -> Case:
    root = authority("Root")
    intermediate = authority("Intermediate", root, ca=False, usages=["digital_signature"])
    return Case(server(intermediate), [root], [intermediate])


@case("intermediate signed with SHA-1", "BACKEND_AUTHORITY_REFUSED")
def _intermediate_sha1() -> Case:
    root = authority("Root")
    intermediate = authority("Intermediate", root, sha1=True)
    return Case(server(intermediate), [root], [intermediate])


@case("path length exceeded", "BACKEND_AUTHORITY_REFUSED")
def _path_length() -> Case:
    root = authority("Root", path_length=0)
    intermediate = authority("Intermediate", root)
    return Case(server(intermediate), [root], [intermediate])


@case("path length just enough")
def _path_length_enough() -> Case:
    root = authority("Root", path_length=1)
    intermediate = authority("Intermediate", root, path_length=0)
    return Case(server(intermediate), [root], [intermediate])


@case("path length exceeded in the bundle, backend of the root itself", "CA_PATH_LENGTH")
def _path_length_in_bundle() -> Case:
    root = authority("Root", path_length=0)
    return Case(server(root), [root, authority("Intermediate", root)])


@case("cross-signed new authority sent, old root in the bundle")
def _cross_signed_old() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [old], [authority("New", old, key=new.key)])


@case("cross-signed new authority sent, new root in the bundle")
def _cross_signed_new() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [new], [authority("New", old, key=new.key)])


@case("a cross certificate alone in the bundle", "CA_WITHOUT_ROOT", "BACKEND_NOT_TRUSTED")
def _cross_alone() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [authority("New", old, key=new.key)])


@case("a cross certificate before its own root", "BACKEND_NOT_TRUSTED", "CA_WITHOUT_ROOT")
def _cross_first() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [authority("New", old, key=new.key), new])


@case("a cross certificate behind its own root")
def _cross_behind() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [new, authority("New", old, key=new.key)])


@case("an authority's new key, certified by its old one")
def _key_rollover() -> Case:
    old = authority("Root")
    new = authority("Root", old)
    return Case(server(new), [old], [new])


@case("old and new authority, backend of the new")
def _old_and_new() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [old, new])


@case("same name with a new key, old first")
def _same_name() -> Case:
    old, new = authority("Root"), authority("Root")
    return Case(server(new), [old, new])


@case("same name with a new key, old first, no authority key identifier", "BACKEND_AUTHORITY_REFUSED")
def _same_name_without_identifier() -> Case:
    old, new = authority("Root"), authority("Root")
    return Case(server(new, authority_key_id=False), [old, new])


@case("same name with a new key, new first, no authority key identifier")
def _same_name_new_first() -> Case:
    old, new = authority("Root"), authority("Root")
    return Case(server(new, authority_key_id=False), [new, old])


@case("expired and renewed authority of one key")
def _renewed() -> Case:
    root = authority("Root")
    return Case(server(root), [authority("Root", key=root.key, not_after=EARLIER), root])


@case("an expired authority beside a good one")
def _expired_beside_good() -> Case:
    root = authority("Root")
    return Case(server(root), [authority("Old", not_after=EARLIER), root])


of_odd_root(
    "only authority expired", partial(root_authority, not_after=EARLIER), "CA_EXPIRED", "BACKEND_AUTHORITY_REFUSED"
)
of_odd_root(
    "only authority not yet valid",
    partial(root_authority, not_before=LATER),
    "CA_NOT_YET_VALID",
    "BACKEND_AUTHORITY_REFUSED",
)
of_odd_root(
    "authority with CA:FALSE", partial(root_authority, ca=False, usages=None), "NOT_A_CA", "BACKEND_AUTHORITY_REFUSED"
)
of_odd_root(
    "authority without basic constraints",
    partial(root_authority, ca=None, usages=None),
    "NOT_A_CA",
    "BACKEND_AUTHORITY_REFUSED",
)
of_odd_root("authority without basic constraints, with keyCertSign", partial(root_authority, ca=None))
of_odd_root(
    "authority without keyCertSign",
    partial(root_authority, usages=["crl_sign"]),
    "CERT_SIGN_MISSING",
    "BACKEND_AUTHORITY_REFUSED",
)
of_odd_root("authority without any key usage", partial(root_authority, usages=None))
of_odd_root("authority without any key usage, with a list", partial(root_authority, usages=None), listed=True)
of_odd_root(
    "authority for clients only",
    partial(root_authority, extended_key_usage=[CLIENT]),
    "CA_SERVER_AUTH_MISSING",
    "BACKEND_AUTHORITY_REFUSED",
)
of_odd_root(
    "authority for any purpose only",
    partial(root_authority, extended_key_usage=[ANY]),
    "CA_SERVER_AUTH_MISSING",
    "BACKEND_AUTHORITY_REFUSED",
)
of_odd_root("authority for servers", partial(root_authority, extended_key_usage=[SERVER]))
of_odd_root("authority with RSA 1024", partial(root_authority, key="RSA 1024"), "WEAK_KEY", "BACKEND_AUTHORITY_REFUSED")
of_odd_root("authority on the curve P-224", partial(root_authority, key="P-224"))
of_odd_root("authority on the curve secp256k1", partial(root_authority, key="secp256k1"))
of_odd_root("root signed with SHA-1", partial(root_authority, sha1=True))
of_odd_root(
    "authority with an unknown critical extension",
    partial(root_authority, extensions=[UNKNOWN_EXTENSION]),
    "CA_CRITICAL_EXTENSION",
    "BACKEND_AUTHORITY_REFUSED",
)
of_odd_root(
    "name constraints exclude the name",
    partial(root_authority, extensions=constraints(x509.DNSName("other.example"))),
    "BACKEND_AUTHORITY_REFUSED",
)
of_odd_root(
    "name constraints include the name", partial(root_authority, extensions=constraints(x509.DNSName("example.com")))
)
of_odd_root("name constraints on directory names", partial(root_authority, extensions=constraints(directory(HOST))))
of_odd_root(
    "name constraints on directory names exclude it",
    partial(root_authority, extensions=constraints(directory("Other"))),
)
of_odd_root("authority without cRLSign, no list", partial(root_authority, usages=["key_cert_sign"]))
of_odd_root(
    "authority without cRLSign, with a list",
    partial(root_authority, usages=["key_cert_sign"]),
    "CRL_SIGN_MISSING",
    listed=True,
)


@case("a common name outside the name constraints")
def _constrained_common_name() -> Case:
    root = authority("Root", extensions=constraints(x509.DNSName("other.example")))
    return Case(server(root, dns_names=()), [root])


@case("the issuer's name in another case", "BACKEND_NOT_TRUSTED")
def _issuer_in_other_case() -> Case:
    root = authority("Root")
    return Case(server(root, issuer_name="ROOT"), [root])


@case("a pinned certificate")
def _pinned() -> Case:
    backend = server()
    return Case(backend, [backend])


@case("a pinned certificate with its own list", "CRL_SIGN_MISSING")
def _pinned_with_list() -> Case:
    backend = server()
    return Case(backend, [backend], lists=[revocations(backend)])


@case("a pinned authority with its own list")
def _pinned_authority_with_list() -> Case:
    backend = server(ca=True, usages=["digital_signature", "key_cert_sign", "crl_sign"])
    return Case(backend, [backend], lists=[revocations(backend)])


@case("another certificate than the pinned one", "BACKEND_NOT_TRUSTED")
def _other_than_pinned() -> Case:
    return Case(server(), [server()])


@case("a backend's own certificate as its authority", "NOT_A_CA", "CA_WITHOUT_ROOT", "BACKEND_NOT_TRUSTED")
def _leaf_as_authority() -> Case:
    backend = server(authority("Root"))
    return Case(backend, [backend])


of_list("empty list", revocations)
of_list("list expired", partial(revocations, next_update=EARLIER), "CRL_EXPIRED")
of_list("list not yet valid", partial(revocations, this_update=LATER), "CRL_NOT_YET_VALID")
of_list("list of another name", partial(revocations, issuer_name="Other"), "CRL_OF_ANOTHER_AUTHORITY")
of_list(
    "list with an unknown critical extension",
    partial(revocations, extensions=[UNKNOWN_EXTENSION]),
    "CRL_CRITICAL_EXTENSION",
)
of_list("list for authorities only", partial(revocations, extensions=limited(authorities=True)), "CRL_SCOPE")
of_list("list for servers and users only", partial(revocations, extensions=limited(users=True)), "CRL_SCOPE")
of_list("list for attributes only", partial(revocations, extensions=limited(attributes=True)), "CRL_SCOPE")
of_list("indirect list", partial(revocations, extensions=limited(indirect=True)), "CRL_SCOPE")
of_list(
    "list of a distribution point that no certificate names",
    partial(revocations, extensions=limited(url=DISTRIBUTION_POINT)),
    "CRL_SCOPE",
)
of_list("delta list", partial(revocations, extensions=[(x509.DeltaCRLIndicator(1), True)]), "CRL_DELTA")

of_two_lists("an expired list beside a fresh one", partial(revocations, next_update=EARLIER))
of_two_lists("a list that isn't valid yet beside a fresh one", partial(revocations, this_update=LATER))
of_two_lists(
    "an indirect list beside a whole one", partial(revocations, this_update=EARLIER, extensions=limited(indirect=True))
)
of_two_lists(
    "a list for authorities only beside a whole one",
    partial(revocations, this_update=EARLIER, extensions=limited(authorities=True)),
)
of_two_lists(
    "an unknown critical extension beside none",
    partial(revocations, this_update=EARLIER, extensions=[UNKNOWN_EXTENSION]),
)
of_two_lists("a newer list that revokes", partial(revocations, this_update=EARLIER), "BACKEND_REVOKED")
of_two_lists("an older list that revokes", partial(revocations, this_update=BEGIN - timedelta(days=1)))
of_two_lists(
    "a newer delta list that revokes",
    partial(revocations, this_update=EARLIER, extensions=[(x509.DeltaCRLIndicator(1), True)]),
    "BACKEND_REVOKED",
)


@case("revoked", "BACKEND_REVOKED")
def _revoked() -> Case:
    root = authority("Root")
    backend = server(root)
    return Case(backend, [root], lists=[revocations(root, [backend])])


@case("another one revoked")
def _another_one_revoked() -> Case:
    root = authority("Root")
    return Case(server(root), [root], lists=[revocations(root, [server(root)])])


@case("revoked on hold, and released")
def _released() -> Case:
    root = authority("Root")
    backend = server(root)
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(backend.certificate.serial_number)
        .revocation_date(BEGIN)
        .add_extension(x509.CRLReason(x509.ReasonFlags.remove_from_crl), critical=False)
        .build()
    )
    builder = x509.CertificateRevocationListBuilder().issuer_name(root.certificate.subject)
    builder = builder.last_update(BEGIN).next_update(END).add_revoked_certificate(entry)
    return Case(backend, [root], lists=[builder.sign(root.key, hashes.SHA256())])


@case("its serial number revoked for another certificate", "BACKEND_REVOKED")
def _serial_twice() -> Case:
    root = authority("Root")
    return Case(server(root, serial_number=7), [root], lists=[revocations(root, [server(root, serial_number=7)])])


@case("list of another authority", "CRL_OF_ANOTHER_AUTHORITY")
def _list_of_another() -> Case:
    root = authority("Root")
    return Case(server(root), [root], lists=[revocations(authority("Other"))])


@case("list of the same name and another key", "CRL_OF_ANOTHER_AUTHORITY")
def _list_of_same_name() -> Case:
    root = authority("Root")
    return Case(server(root), [root], lists=[revocations(authority("Root"))])


@case("a stranger's list in addition")
def _stranger() -> Case:
    root = authority("Root")
    return Case(server(root), [root], lists=[revocations(root), revocations(authority("Other"), next_update=EARLIER)])


@case("a stranger's list first", "CRL_OF_ANOTHER_AUTHORITY")
def _stranger_first() -> Case:
    root = authority("Root")
    return Case(server(root), [root], lists=[revocations(authority("Other")), revocations(root)])


def two_authorities(
    name: str,
    *errors: str,
    lists: Callable[[Issued, Issued], Sequence[x509.CertificateRevocationList]],
    in_bundle: bool = False,
    issued: Callable[[Issued], Issued] = server,
) -> None:
    """A backend below an intermediate below a root, and their lists."""

    def build() -> Case:
        root = authority("Root")
        intermediate = authority("Intermediate", root)
        authorities = [root, intermediate] if in_bundle else [root]
        return Case(issued(intermediate), authorities, [intermediate], lists(root, intermediate))

    case(name, *errors)(build)


two_authorities("lists of root and intermediate", lists=lambda root, low: [revocations(root), revocations(low)])
two_authorities(
    "lists of root and intermediate, both in the bundle",
    lists=lambda root, low: [revocations(root), revocations(low)],
    in_bundle=True,
)
two_authorities("list of the root alone", "BACKEND_NOT_LISTED", lists=lambda root, low: [revocations(root)])
two_authorities(
    "list of the root alone, both in the bundle",
    "BACKEND_NOT_LISTED",
    lists=lambda root, low: [revocations(root)],
    in_bundle=True,
)
two_authorities(
    "list of the intermediate alone",
    "CRL_OF_ANOTHER_AUTHORITY",
    lists=lambda root, low: [revocations(low)],
)
two_authorities(
    "list of the intermediate expired",
    "BACKEND_NOT_LISTED",
    lists=lambda root, low: [revocations(root), revocations(low, next_update=EARLIER)],
)
two_authorities(
    "list of the intermediate in the bundle expired",
    "CRL_EXPIRED",
    lists=lambda root, low: [revocations(root), revocations(low, next_update=EARLIER)],
    in_bundle=True,
)
two_authorities(
    "intermediate revoked", "BACKEND_REVOKED", lists=lambda root, low: [revocations(root, [low]), revocations(low)]
)
two_authorities(
    "the root's list for authorities, the intermediate's for users",
    lists=lambda root, low: [
        revocations(root, extensions=limited(authorities=True)),
        revocations(low, extensions=limited(users=True)),
    ],
    in_bundle=True,
)
two_authorities(
    "list of a distribution point that the backend's certificate names",
    lists=lambda root, low: [revocations(root), revocations(low, extensions=limited(url=DISTRIBUTION_POINT))],
    issued=partial(server, extensions=[distribution_points(DISTRIBUTION_POINT)]),
)
two_authorities(
    "list of another distribution point than the backend's certificate names",
    "BACKEND_NOT_LISTED",
    lists=lambda root, low: [revocations(root), revocations(low, extensions=limited(url=DISTRIBUTION_POINT))],
    issued=partial(server, extensions=[distribution_points("http://lists.example.com/2")]),
)


@case("old and new authority, list of the old, backend of the new", "BACKEND_NOT_LISTED")
def _new_not_listed() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(new), [old, new], lists=[revocations(old)])


@case("old and new authority, list of the old, backend of the old")
def _old_listed() -> Case:
    old, new = authority("Old"), authority("New")
    return Case(server(old), [old, new], lists=[revocations(old)])


@case("old and new authority of one name, lists of both")
def _same_name_listed() -> Case:
    old, new = authority("Root"), authority("Root")
    return Case(server(new), [old, new], lists=[revocations(old), revocations(new, this_update=EARLIER)])


DIFFERENCES = {
    "path length exceeded in the bundle, backend of the root itself": (
        "The intermediate is in the bundle for backends of its own, and those would be refused."
    ),
    "a common name outside the name constraints": (
        "cryptography's verifier holds DNS constraints against DNS names alone. OpenSSL does so against the common "
        "name too where there are no DNS names."
    ),
    "name constraints on directory names exclude it": (
        "cryptography's verifier doesn't know constraints on subjects, so it isn't asked."
    ),
    "the issuer's name in another case": (
        "OpenSSL compares names without regard to case and blanks, cryptography as they are written. No authority is "
        "known to write its name in two ways."
    ),
    "a stranger's list first": "Gcore's API refuses it: the first list must be that of the first authority.",
}
"""Where the rules and OpenSSL disagree, and why."""

VERSIONS = {
    "a pinned certificate with its own list": "OpenSSL 3.0 wants it to be allowed to sign lists, 4.0 doesn't look.",
    "list for servers and users only": "OpenSSL 3.0 looks up the root in the list too, 4.0 doesn't.",
    "delta list": "OpenSSL 3.0 takes it for a complete list, 4.0 passes it over and finds none.",
    "a newer delta list that revokes": "OpenSSL 3.0 takes it for a complete list, 4.0 passes it over.",
}
"""Where versions of OpenSSL disagree: the rules refuse what one of them refuses."""


@pytest.mark.parametrize("name", CASES)
def test_the_rules_find_what_openssl_refuses(name: str) -> None:
    material = CASES[name]()
    errors = {each.code for each in material.findings() if each.severity == "error"}
    refusal = material.refusal()
    assert errors == ERRORS[name]
    if name in VERSIONS:
        assert errors
        return
    assert (bool(errors) == bool(refusal)) is (name not in DIFFERENCES), refusal


def test_every_difference_is_a_case() -> None:
    assert set(DIFFERENCES) | set(VERSIONS) < set(CASES)
    assert not set(DIFFERENCES) & set(VERSIONS)
    assert len(CASES) > 100
