"""A leaf and its chain without the private key."""

from __future__ import annotations

import itertools

import pytest

from gcore_tls_provider.certificates import Identity, MaterialError, identity_from_pem
from gcore_tls_provider.certificates.chain import CertificateChain, is_issuer
from tests.certificates.issuing import Issued, KeyType, issue, issue_ca

ROOT = issue_ca("Root CA")
MIDDLE = issue_ca("Middle CA", ROOT)
LOW = issue_ca("Low CA", MIDDLE)
LEAF = issue("app.example", LOW)


@pytest.mark.parametrize("order", list(itertools.permutations([LEAF, LOW, MIDDLE, ROOT])))
def test_leaf_and_chain_are_found_in_any_order(order: tuple[Issued, ...]) -> None:
    parsed = CertificateChain.parse("".join(each.pem for each in order))

    assert parsed == LEAF.with_chain(LOW, MIDDLE, ROOT)


def test_public_part_of_an_identity_survives_a_round_trip(server: Identity) -> None:
    assert server.public == CertificateChain(server.certificate, server.chain)
    assert CertificateChain.parse(server.public.to_pem()) == server.public
    assert server.public.to_pem() == server.full_chain_pem


def test_ca_is_the_leaf_if_there_is_no_other_certificate() -> None:
    assert CertificateChain.parse(LOW.pem + MIDDLE.pem) == LOW.with_chain(MIDDLE)


def test_leaf_is_found_after_a_ca_that_is_not_its_issuer() -> None:
    assert CertificateChain.parse(ROOT.pem + LEAF.pem) == LEAF.with_chain(ROOT)


def test_certificate_of_the_private_key_is_the_leaf_even_if_it_is_a_ca() -> None:
    own = issue("app.example", ROOT, ca=True)

    identity = identity_from_pem(certificate=ROOT.pem + own.pem, private_key=own.key_pem)

    assert identity.public == own.with_chain(ROOT)


def test_private_key_in_a_chain_is_rejected() -> None:
    with pytest.raises(MaterialError) as raised:
        CertificateChain.parse(LEAF.pem + LEAF.key_pem, property="expected_backend_certificates[0]")

    assert raised.value.finding.code == "PRIVATE_KEY_IN_CERTIFICATE"
    assert raised.value.finding.property == "expected_backend_certificates[0]"


@pytest.mark.parametrize("key", ["P-256", "RSA 2048"])
def test_issuer_of_a_sha1_signature_is_found_by_name_and_key_identifier(key: KeyType) -> None:
    ca = issue_ca("Old CA", key=key)
    namesake = issue_ca("Old CA")
    unrelated = issue_ca("Other CA")
    leaf = issue("app.example", ca, sha1=True).certificate

    issuers = [each for each in (namesake, unrelated, ca) if is_issuer(each.certificate, of=leaf)]

    assert issuers == [ca]
