"""The rules' verdict on backends, authorities and revocation lists is that of a real TLS handshake.

Each case is one set of generated material. It is judged by the rules, then OpenSSL makes the handshake, asked as
HAProxy asks it. Where the two disagree, `DIFFERENCES` says why; where OpenSSL's versions do, `VERSIONS`.
"""

from __future__ import annotations

import pytest

from tests.certificates.agreement import authorities, backends, lists, paths
from tests.certificates.agreement.case import CASES, ERRORS

PARTS = (backends, paths, authorities, lists)
"""Who imports them has registered their cases."""

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
