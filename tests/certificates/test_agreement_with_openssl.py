"""Rules about backends, CAs and CRLs report errors exactly where a real TLS handshake fails.

Each case is one set of generated certificates. The rules check it, then OpenSSL makes the handshake with HAProxy's
settings. `DIFFERENCES` lists the cases where the two disagree, and `VERSION_DIFFERENCES` the cases where versions of
OpenSSL disagree.
"""

from __future__ import annotations

import pytest

from tests.certificates.agreement import backends, cas, crls, paths
from tests.certificates.agreement.case import CASES, ERRORS

CASE_MODULES = (backends, paths, cas, crls)
"""Modules that register their cases when they are imported."""

DIFFERENCES = {
    "path length exceeded in the bundle, backend of the root itself": (
        "The intermediate is in the bundle for backends of its own, and OpenSSL would reject those."
    ),
    "a common name outside the name constraints": (
        "cryptography's verifier compares DNS constraints only with DNS names. OpenSSL compares them with the common "
        "name too if there are no DNS names."
    ),
    "name constraints on directory names exclude it": (
        "cryptography's verifier does not support constraints on subjects, so it is not used."
    ),
    "the issuer's name in another case": (
        "OpenSSL ignores case and spaces in names, cryptography does not. No CA is known to write its name in two ways."
    ),
    "CRL of an unknown CA first": "Gcore's API rejects it: the first CRL must be that of the first CA.",
}
"""Cases in which the rules and OpenSSL disagree, with the reason."""

VERSION_DIFFERENCES = {
    "a pinned certificate with its own CRL": "OpenSSL 3.0 requires cRLSign, 4.0 does not.",
    "CRL for servers and users only": "OpenSSL 3.0 looks up the root in the CRL too, 4.0 does not.",
    "delta CRL": "OpenSSL 3.0 uses it like a complete CRL, 4.0 ignores it and finds none.",
    "a newer delta CRL that revokes": "OpenSSL 3.0 uses it like a complete CRL, 4.0 ignores it.",
}
"""Cases in which versions of OpenSSL disagree: the rules report an error if one of them rejects."""


@pytest.mark.parametrize("name", CASES)
def test_rules_report_an_error_exactly_if_openssl_rejects_the_handshake(name: str) -> None:
    case = CASES[name]()
    errors = {each.code for each in case.findings() if each.severity == "error"}
    rejection = case.openssl_rejection()
    assert errors == ERRORS[name]
    if name in VERSION_DIFFERENCES:
        assert errors
        return
    assert (bool(errors) == bool(rejection)) is (name not in DIFFERENCES), rejection


def test_every_documented_difference_is_a_case() -> None:
    assert set(DIFFERENCES) | set(VERSION_DIFFERENCES) < set(CASES)
    assert not set(DIFFERENCES) & set(VERSION_DIFFERENCES)
    assert len(CASES) > 100
