"""A leaf and its chain without the private key."""

from __future__ import annotations

import itertools

import pytest

from gcore_tls_provider.certificates import Identity, MaterialError, identity_from_pem
from gcore_tls_provider.certificates.chain import CertificateChain, is_issuer
from tests.certificates.issuing import Issued, KeyKind, issue, issue_authority

ROOT = issue_authority("Root CA")
MIDDLE = issue_authority("Middle CA", ROOT)
LOW = issue_authority("Low CA", MIDDLE)
LEAF = issue("app.example", LOW)


@pytest.mark.parametrize("order", list(itertools.permutations([LEAF, LOW, MIDDLE, ROOT])))
def test_leaf_and_chain_are_found_in_any_order(order: tuple[Issued, ...]) -> None:
    parsed = CertificateChain.parse("".join(each.pem for each in order))

    assert parsed == LEAF.beside(LOW, MIDDLE, ROOT)


def test_the_public_part_of_an_identity_comes_back_from_its_text(server: Identity) -> None:
    assert server.public == CertificateChain(server.certificate, server.chain)
    assert CertificateChain.parse(server.public.to_pem()) == server.public
    assert server.public.to_pem() == server.full_chain_pem


def test_an_authority_is_the_leaf_where_nothing_else_is() -> None:
    assert CertificateChain.parse(LOW.pem + MIDDLE.pem) == LOW.beside(MIDDLE)


def test_a_leaf_without_its_issuer_is_found_behind_an_authority() -> None:
    assert CertificateChain.parse(ROOT.pem + LEAF.pem) == LEAF.beside(ROOT)


def test_an_identity_keeps_an_authority_as_its_leaf() -> None:
    own = issue("app.example", ROOT, ca=True)

    identity = identity_from_pem(certificate=ROOT.pem + own.pem, private_key=own.key_pem)

    assert identity.public == own.beside(ROOT)


def test_a_key_is_no_chain() -> None:
    with pytest.raises(MaterialError) as raised:
        CertificateChain.parse(LEAF.pem + LEAF.key_pem, property="expected_backend_certificates[0]")

    assert raised.value.finding.code == "PRIVATE_KEY_IN_CERTIFICATE"
    assert raised.value.finding.property == "expected_backend_certificates[0]"


@pytest.mark.parametrize("key", ["P-256", "RSA 2048"])
def test_an_issuer_by_sha1_is_known_by_name_and_key_identifier(key: KeyKind) -> None:
    authority = issue_authority("Old CA", key=key)
    namesake = issue_authority("Old CA")
    stranger = issue_authority("Other CA")
    leaf = issue("app.example", authority, sha1=True).certificate

    issuers = [each for each in (namesake, stranger, authority) if is_issuer(each.certificate, of=leaf)]

    assert issuers == [authority]
