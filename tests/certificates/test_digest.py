"""Digests depend on the certificates and CRLs, and on nothing else."""

from __future__ import annotations

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from gcore_tls_provider.certificates import (
    CaBundle,
    CrlBundle,
    DevelopmentCa,
    Identity,
    certificate_facts,
    content_digest,
    identity_from_pem,
    identity_from_pkcs12,
)


@pytest.fixture(scope="module")
def cas(root: DevelopmentCa) -> list[str]:
    return [root.certificate_pem, *(DevelopmentCa.create(name).certificate_pem for name in "ab")]


def bundle_digest(*certificates: str) -> str:
    return CaBundle.parse("".join(certificates)).digest()


def crl_digest(*crls: str) -> str:
    return CrlBundle.parse("".join(crls)).digest()


def test_digest_of_one_certificate_is_its_fingerprint(root: DevelopmentCa) -> None:
    assert bundle_digest(root.certificate_pem) == certificate_facts(root.certificate).fingerprint_sha256


def test_identity_digest_does_not_depend_on_the_format(server: Identity, root: DevelopmentCa) -> None:
    encrypted = server.private_key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    ).decode()
    as_pkcs12 = [b64encode(server.to_pkcs12(password)).decode() for password in (None, "one", "two")]
    same = [
        identity_from_pem(certificate=server.full_chain_pem, private_key=server.private_key_pem),
        identity_from_pem(
            certificate="text\r\n" + server.full_chain_pem.replace("\n", "\r\n"), private_key=server.private_key_pem
        ),
        identity_from_pem(
            certificate=server.chain_pem + server.certificate_pem,
            private_key=encrypted,
            private_key_passphrase="secret",
        ),
        identity_from_pem(
            certificate=server.certificate_pem, certificate_chain=server.chain_pem, private_key=server.private_key_pem
        ),
        *(
            identity_from_pkcs12(pkcs12=text, password=password)
            for text, password in zip(as_pkcs12, (None, "one", "two"), strict=True)
        ),
    ]

    assert len(set(as_pkcs12)) == 3
    assert {identity.digest() for identity in same} == {server.digest()}


def test_identity_digest_depends_on_leaf_and_chain(server: Identity, intermediate: DevelopmentCa) -> None:
    renewed = intermediate.issue_server(["app.example.com"])
    shorter = Identity(server.certificate, server.chain[:1], server.private_key)
    misordered = Identity(server.certificate, server.chain[::-1], server.private_key)

    assert len({identity.digest() for identity in (server, renewed, shorter, misordered)}) == 4


def test_bundle_digest_depends_on_the_first_ca_and_the_set_of_the_others(cas: list[str]) -> None:
    root, a, b = cas

    assert bundle_digest(root, a, b) == bundle_digest(root, b, a) == bundle_digest(root, b, a, root, b)
    assert bundle_digest(root, a, b) == bundle_digest("\ufeff# old, new\r\n", root.replace("\n", "\r\n"), " " + a, b)
    assert len({bundle_digest(root, a, b), bundle_digest(a, root, b), bundle_digest(root, a), bundle_digest(root)}) == 4


def test_crl_digest_depends_on_the_first_crl_and_the_set_of_the_others(root: DevelopmentCa, other: Identity) -> None:
    empty, revoking = root.issue_crl(number=1), root.issue_crl([other], number=2)
    third = root.issue_crl(number=3)

    assert crl_digest(empty, revoking, third) == crl_digest(empty, "text\r\n", third, revoking, third)
    assert crl_digest(empty, revoking) != crl_digest(revoking, empty)
    assert len({crl_digest(empty), crl_digest(revoking), crl_digest(empty, revoking)}) == 3


def test_digest_depends_on_the_requested_part_of_the_order(server: Identity) -> None:
    certificates = [server.certificate, *server.chain]

    assert content_digest(certificates, order="all") != content_digest(certificates[::-1], order="all")
    assert content_digest(certificates, order="none") == content_digest(certificates[::-1], order="none")
    assert content_digest(certificates, order="first") == content_digest(
        [certificates[0], *certificates[:0:-1]], order="first"
    )
