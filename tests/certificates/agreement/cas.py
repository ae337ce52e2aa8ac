"""CAs with unusual properties or constraints, and certificates that are not CAs."""

from __future__ import annotations

from functools import partial

from cryptography import x509

from tests.certificates.agreement.case import (
    EARLIER,
    HOST,
    LATER,
    UNKNOWN_EXTENSION,
    Case,
    ca,
    case,
    case_of_root,
    constraints,
    crl_of,
    directory,
    root_ca,
    server,
)
from tests.certificates.issuing import ANY, CLIENT, SERVER

case_of_root("only CA expired", partial(root_ca, not_after=EARLIER), "CA_EXPIRED", "BACKEND_CA_REJECTED")
case_of_root(
    "only CA not yet valid",
    partial(root_ca, not_before=LATER),
    "CA_NOT_YET_VALID",
    "BACKEND_CA_REJECTED",
)
case_of_root("CA with CA:FALSE", partial(root_ca, ca=False, usages=None), "NOT_A_CA", "BACKEND_CA_REJECTED")
case_of_root(
    "CA without basic constraints",
    partial(root_ca, ca=None, usages=None),
    "NOT_A_CA",
    "BACKEND_CA_REJECTED",
)
case_of_root("CA without basic constraints, with keyCertSign", partial(root_ca, ca=None))
case_of_root(
    "CA without keyCertSign",
    partial(root_ca, usages=["crl_sign"]),
    "CERT_SIGN_MISSING",
    "BACKEND_CA_REJECTED",
)
case_of_root("CA without any key usage", partial(root_ca, usages=None))
case_of_root("CA without any key usage, with a CRL", partial(root_ca, usages=None), with_crl=True)
case_of_root(
    "CA for clients only",
    partial(root_ca, extended_key_usage=[CLIENT]),
    "CA_SERVER_AUTH_MISSING",
    "BACKEND_CA_REJECTED",
)
case_of_root(
    "CA for any purpose only",
    partial(root_ca, extended_key_usage=[ANY]),
    "CA_SERVER_AUTH_MISSING",
    "BACKEND_CA_REJECTED",
)
case_of_root("CA for servers", partial(root_ca, extended_key_usage=[SERVER]))
case_of_root("CA with RSA 1024", partial(root_ca, key="RSA 1024"), "WEAK_KEY", "BACKEND_CA_REJECTED")
case_of_root("CA on the curve P-224", partial(root_ca, key="P-224"))
case_of_root("CA on the curve secp256k1", partial(root_ca, key="secp256k1"))
case_of_root("root signed with SHA-1", partial(root_ca, sha1=True))
case_of_root(
    "CA with an unknown critical extension",
    partial(root_ca, extensions=[UNKNOWN_EXTENSION]),
    "CA_CRITICAL_EXTENSION",
    "BACKEND_CA_REJECTED",
)
case_of_root(
    "name constraints exclude the name",
    partial(root_ca, extensions=constraints(x509.DNSName("other.example"))),
    "BACKEND_CA_REJECTED",
)
case_of_root("name constraints include the name", partial(root_ca, extensions=constraints(x509.DNSName("example.com"))))
case_of_root("name constraints on directory names", partial(root_ca, extensions=constraints(directory(HOST))))
case_of_root(
    "name constraints on directory names exclude it",
    partial(root_ca, extensions=constraints(directory("Other"))),
)
case_of_root("CA without cRLSign, no CRL", partial(root_ca, usages=["key_cert_sign"]))
case_of_root(
    "CA without cRLSign, with a CRL",
    partial(root_ca, usages=["key_cert_sign"]),
    "CRL_SIGN_MISSING",
    with_crl=True,
)


@case("a common name outside the name constraints")
def _constrained_common_name() -> Case:
    root = ca("Root", extensions=constraints(x509.DNSName("other.example")))
    return Case(server(root, dns_names=()), [root])


@case("the issuer's name in another case", "BACKEND_NOT_TRUSTED")
def _issuer_in_other_case() -> Case:
    root = ca("Root")
    return Case(server(root, issuer_name="ROOT"), [root])


@case("a pinned certificate")
def _pinned() -> Case:
    backend = server()
    return Case(backend, [backend])


@case("a pinned certificate with its own CRL", "CRL_SIGN_MISSING")
def _pinned_with_crl() -> Case:
    backend = server()
    return Case(backend, [backend], crls=[crl_of(backend)])


@case("a pinned CA with its own CRL")
def _pinned_ca_with_crl() -> Case:
    backend = server(ca=True, usages=["digital_signature", "key_cert_sign", "crl_sign"])
    return Case(backend, [backend], crls=[crl_of(backend)])


@case("another certificate than the pinned one", "BACKEND_NOT_TRUSTED")
def _other_than_pinned() -> Case:
    return Case(server(), [server()])


@case("a backend's own certificate as its CA", "NOT_A_CA", "CA_WITHOUT_ROOT", "BACKEND_NOT_TRUSTED")
def _leaf_as_ca() -> Case:
    backend = server(ca("Root"))
    return Case(backend, [backend])
