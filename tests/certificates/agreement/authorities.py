"""Authorities that are odd, constrained, or no authorities."""

from __future__ import annotations

from functools import partial

from cryptography import x509

from tests.certificates.agreement.case import (
    EARLIER,
    HOST,
    LATER,
    UNKNOWN_EXTENSION,
    Case,
    authority,
    case,
    constraints,
    directory,
    of_odd_root,
    revocations,
    root_authority,
    server,
)
from tests.certificates.issuing import ANY, CLIENT, SERVER

of_odd_root("only authority expired", partial(root_authority, not_after=EARLIER), "CA_EXPIRED", "BACKEND_CA_REJECTED")
of_odd_root(
    "only authority not yet valid",
    partial(root_authority, not_before=LATER),
    "CA_NOT_YET_VALID",
    "BACKEND_CA_REJECTED",
)
of_odd_root(
    "authority with CA:FALSE", partial(root_authority, ca=False, usages=None), "NOT_A_CA", "BACKEND_CA_REJECTED"
)
of_odd_root(
    "authority without basic constraints",
    partial(root_authority, ca=None, usages=None),
    "NOT_A_CA",
    "BACKEND_CA_REJECTED",
)
of_odd_root("authority without basic constraints, with keyCertSign", partial(root_authority, ca=None))
of_odd_root(
    "authority without keyCertSign",
    partial(root_authority, usages=["crl_sign"]),
    "CERT_SIGN_MISSING",
    "BACKEND_CA_REJECTED",
)
of_odd_root("authority without any key usage", partial(root_authority, usages=None))
of_odd_root("authority without any key usage, with a list", partial(root_authority, usages=None), listed=True)
of_odd_root(
    "authority for clients only",
    partial(root_authority, extended_key_usage=[CLIENT]),
    "CA_SERVER_AUTH_MISSING",
    "BACKEND_CA_REJECTED",
)
of_odd_root(
    "authority for any purpose only",
    partial(root_authority, extended_key_usage=[ANY]),
    "CA_SERVER_AUTH_MISSING",
    "BACKEND_CA_REJECTED",
)
of_odd_root("authority for servers", partial(root_authority, extended_key_usage=[SERVER]))
of_odd_root("authority with RSA 1024", partial(root_authority, key="RSA 1024"), "WEAK_KEY", "BACKEND_CA_REJECTED")
of_odd_root("authority on the curve P-224", partial(root_authority, key="P-224"))
of_odd_root("authority on the curve secp256k1", partial(root_authority, key="secp256k1"))
of_odd_root("root signed with SHA-1", partial(root_authority, sha1=True))
of_odd_root(
    "authority with an unknown critical extension",
    partial(root_authority, extensions=[UNKNOWN_EXTENSION]),
    "CA_CRITICAL_EXTENSION",
    "BACKEND_CA_REJECTED",
)
of_odd_root(
    "name constraints exclude the name",
    partial(root_authority, extensions=constraints(x509.DNSName("other.example"))),
    "BACKEND_CA_REJECTED",
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
