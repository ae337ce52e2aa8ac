"""Identities: parsed from users' files, and parsed again by other programs after they were written."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from gcore_tls_provider.certificates import (
    DevelopmentCa,
    Identity,
    as_material,
    identity_from_pem,
    identity_from_pkcs12,
)

PASSPHRASE = "pass phrase with ümlaut"


def encoded_key(identity: Identity, encoding: Encoding, form: PrivateFormat, passphrase: str | None = None) -> str:
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return as_material(identity.private_key.private_bytes(encoding, form, encryption))


@pytest.fixture(scope="module")
def rsa_server(root: DevelopmentCa) -> Identity:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rsa.example.com")])
    issued = root.issue_server(["rsa.example.com"]).certificate
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(root.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(issued.not_valid_before_utc)
        .not_valid_after(issued.not_valid_after_utc)
        .sign(root.identity.private_key, hashes.SHA256())
    )
    return Identity(certificate, (), key)


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
@pytest.mark.parametrize(
    "encoding, form",
    [
        (Encoding.PEM, PrivateFormat.PKCS8),
        (Encoding.PEM, PrivateFormat.TraditionalOpenSSL),
        (Encoding.DER, PrivateFormat.PKCS8),
    ],
)
@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_private_keys_of_every_format_are_parsed(
    server: Identity, rsa_server: Identity, kind: str, encoding: Encoding, form: PrivateFormat, passphrase: str | None
) -> None:
    expected = server if kind == "EC" else rsa_server
    key = encoded_key(expected, encoding, form, passphrase)

    identity = identity_from_pem(
        certificate=expected.full_chain_pem, private_key=key, private_key_passphrase=passphrase
    )

    assert identity.private_key_pem == expected.private_key_pem
    assert identity.certificate == expected.certificate


def test_untidy_encrypted_key_and_unneeded_passphrase_are_accepted(server: Identity) -> None:
    key = encoded_key(server, Encoding.PEM, PrivateFormat.TraditionalOpenSSL, PASSPHRASE)
    for untidy in (key.replace("\n", "\r\n"), "\n".join("  " + line for line in key.splitlines())):
        identity = identity_from_pem(
            certificate=server.certificate_pem, private_key=untidy, private_key_passphrase=PASSPHRASE
        )
        assert identity.private_key_pem == server.private_key_pem

    unneeded = identity_from_pem(
        certificate=server.certificate_pem, private_key=server.private_key_pem, private_key_passphrase=PASSPHRASE
    )
    assert unneeded.private_key_pem == server.private_key_pem


def test_combined_file_is_accepted_as_private_key(server: Identity) -> None:
    parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    combined = parameters + server.to_pem_bundle()

    identity = identity_from_pem(certificate=server.full_chain_pem, private_key=combined)

    assert identity.private_key_pem == server.private_key_pem


def test_chain_is_sorted_from_any_order(root: DevelopmentCa, server: Identity) -> None:
    expected = (server.certificate, *server.chain, root.certificate)
    for order in permutations(expected):
        for at in range(1, len(order) + 1):
            first, rest = (
                "".join(one.public_bytes(Encoding.PEM).decode() for one in part) for part in (order[:at], order[at:])
            )
            identity = identity_from_pem(
                certificate=first, certificate_chain=rest or None, private_key=server.private_key_pem
            )
            assert (identity.certificate, *identity.chain) == expected


def test_duplicates_are_dropped_and_unrelated_certificates_come_last(server: Identity, other: Identity) -> None:
    text = other.certificate_pem + server.full_chain_pem + server.full_chain_pem

    identity = identity_from_pem(certificate=text, private_key=server.private_key_pem)

    assert identity.certificate == server.certificate
    assert identity.chain == (*server.chain, other.certificate)


def test_first_of_two_certificates_with_one_key_is_the_leaf(root: DevelopmentCa) -> None:
    old = root.issue_ca("Server CA").identity
    new = _reissued(old, root)

    for first, second in ((old.certificate, new), (new, old.certificate)):
        text = (first.public_bytes(Encoding.PEM) + second.public_bytes(Encoding.PEM)).decode()
        identity = identity_from_pem(certificate=text, private_key=old.private_key_pem)
        assert (identity.certificate, identity.chain) == (first, (second,))


def test_ca_with_the_same_name_and_another_key_is_not_the_issuer(intermediate: DevelopmentCa, server: Identity) -> None:
    namesake = DevelopmentCa.create("Elsewhere").issue_ca("Test Server CA 2")
    text = server.certificate_pem + namesake.certificate_pem + intermediate.certificate_pem

    identity = identity_from_pem(certificate=text, private_key=server.private_key_pem)

    assert identity.chain == (intermediate.certificate, namesake.certificate)


def test_cross_certificate_stays_in_the_chain(root: DevelopmentCa) -> None:
    new_root = DevelopmentCa.create("New Root CA")
    cross = _reissued(new_root.identity, root)
    leaf = new_root.issue_server(["app.example.com"])
    text = leaf.certificate_pem + new_root.certificate_pem + cross.public_bytes(Encoding.PEM).decode()

    identity = identity_from_pem(certificate=text, private_key=leaf.private_key_pem)

    assert identity.chain == (cross, new_root.certificate)


def _reissued(identity: Identity, ca: DevelopmentCa) -> x509.Certificate:
    """Return another certificate for the same name and key, signed by `ca`."""
    return (
        x509.CertificateBuilder()
        .subject_name(identity.certificate.subject)
        .issuer_name(ca.certificate.subject)
        .public_key(identity.private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(identity.certificate.not_valid_before_utc)
        .not_valid_after(identity.certificate.not_valid_after_utc)
        .sign(ca.identity.private_key, hashes.SHA256())
    )


def _pkcs12_encryption(scheme: pkcs12.PBES, password: str) -> KeySerializationEncryption:
    builder = PrivateFormat.PKCS12.encryption_builder().key_cert_algorithm(scheme)
    if scheme is pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC:
        builder = builder.hmac_hash(hashes.SHA1())
    return builder.build(password.encode())


@pytest.mark.parametrize("scheme", [pkcs12.PBES.PBESv2SHA256AndAES256CBC, pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC])
def test_pkcs12_with_any_encryption_is_parsed(server: Identity, scheme: pkcs12.PBES) -> None:
    content = pkcs12.serialize_key_and_certificates(
        "ümlaut".encode(),
        server.private_key,
        server.certificate,
        list(reversed(server.chain)),
        _pkcs12_encryption(scheme, PASSPHRASE),
    )

    identity = identity_from_pkcs12(pkcs12=b64encode(content).decode(), password=PASSPHRASE)

    assert (identity.certificate, identity.chain) == (server.certificate, server.chain)
    assert identity.private_key_pem == server.private_key_pem


@pytest.mark.parametrize("options", [["-legacy"], ["-legacy", "-descert"], [], ["-nomac"], ["-keypbe", "NONE"]])
@pytest.mark.parametrize("password", ["", "secret"])
def test_pkcs12_of_openssl_is_parsed(
    server: Identity, openssl: Callable[..., str], tmp_path: Path, options: list[str], password: str
) -> None:
    (tmp_path / "all.pem").write_text(server.to_pem_bundle())
    file = tmp_path / "a.p12"
    openssl("pkcs12", "-export", "-in", tmp_path / "all.pem", "-out", file, "-passout", f"pass:{password}", *options)

    identity = identity_from_pkcs12(pkcs12=as_material(file.read_bytes()), password=password or None)

    assert (identity.certificate, identity.chain) == (server.certificate, server.chain)
    assert identity.private_key_pem == server.private_key_pem


@pytest.mark.parametrize("options", [["-legacy"], ["-legacy", "-descert"], ["-keypbe", "PBE-SHA1-RC2-40", "-legacy"]])
def test_pkcs12_with_legacy_encryption_is_rewritten_for_openssl_3(
    server: Identity, openssl: Callable[..., str], tmp_path: Path, options: list[str]
) -> None:
    (tmp_path / "all.pem").write_text(server.to_pem_bundle())
    old, new = tmp_path / "old.p12", tmp_path / "new.p12"
    openssl("pkcs12", "-export", "-in", tmp_path / "all.pem", "-out", old, "-passout", f"pass:{PASSPHRASE}", *options)

    identity = identity_from_pkcs12(pkcs12=as_material(old.read_bytes()), password=PASSPHRASE)
    new.write_bytes(identity.to_pkcs12())

    printed = openssl("pkcs12", "-in", new, "-passin", "pass:", "-nodes")
    assert x509.load_pem_x509_certificates(printed.encode()) == [server.certificate, *server.chain]
    assert identity.digest() == server.digest()


def test_pkcs12_in_pem_is_parsed(server: Identity) -> None:
    encoded = b64encode(server.to_pkcs12("secret")).decode()
    text = f"-----BEGIN PKCS12-----\n{encoded}\n-----END PKCS12-----\n"

    assert identity_from_pkcs12(pkcs12=text, password="secret").certificate == server.certificate


def test_pkcs12_with_certificates_in_any_order_is_parsed(root: DevelopmentCa, server: Identity) -> None:
    expected = (*server.chain, root.certificate)
    for order in permutations((server.certificate, *expected)):
        content = pkcs12.serialize_key_and_certificates(None, server.private_key, None, order, NoEncryption())
        identity = identity_from_pkcs12(pkcs12=as_material(content))
        assert (identity.certificate, identity.chain) == (server.certificate, expected)


def test_pkcs12_in_any_base64_is_parsed(server: Identity) -> None:
    content = server.to_pkcs12("secret")
    encoded = b64encode(content).decode()
    lines = "\r\n".join(encoded[at : at + 64] for at in range(0, len(encoded), 64)) + "\r\n"

    for text in (encoded, lines, as_material(content), as_material(lines.encode()), as_material(content + b"\n")):
        assert identity_from_pkcs12(pkcs12=text, password="secret").certificate == server.certificate


def test_openssl_opens_the_upload_without_a_password(
    server: Identity, openssl: Callable[..., str], tmp_path: Path
) -> None:
    file = tmp_path / "upload.p12"
    file.write_bytes(server.to_pkcs12())

    printed = openssl("pkcs12", "-in", file, "-passin", "pass:", "-nodes")

    in_order = x509.load_pem_x509_certificates(printed.encode())
    assert in_order == [server.certificate, *server.chain]
    key = load_pem_private_key(printed[printed.index("-----BEGIN PRIVATE KEY") :].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.private_numbers() == server.private_key.private_numbers()
    assert "friendlyName" not in printed


def test_upload_has_a_mac_and_no_encryption(server: Identity, openssl: Callable[..., str], tmp_path: Path) -> None:
    file = tmp_path / "upload.p12"
    file.write_bytes(server.to_pkcs12())

    # PFX ::= SEQUENCE { version, authSafe, macData OPTIONAL } (RFC 7292, section 4): the third element is the MAC.
    structure = openssl("asn1parse", "-inform", "DER", "-in", file)
    assert [
        line.split("cons:")[1].split()[0] for line in structure.splitlines() if ":d=1 " in line and "cons" in line
    ] == [
        "SEQUENCE",
        "SEQUENCE",
    ]
    with pytest.raises(AssertionError, match="invalid password"):
        openssl("pkcs12", "-in", file, "-passin", "pass:wrong", "-nodes")


def test_cryptography_opens_the_upload_without_a_password(server: Identity) -> None:
    for password in (None, b""):
        loaded = pkcs12.load_pkcs12(server.to_pkcs12(), password)
        assert loaded.cert is not None and loaded.cert.certificate == server.certificate
        assert loaded.cert.friendly_name is None
        assert tuple(entry.certificate for entry in loaded.additional_certs) == server.chain


def test_password_encrypts_the_pkcs12_file(server: Identity) -> None:
    with pytest.raises(ValueError, match="Invalid password"):
        pkcs12.load_pkcs12(server.to_pkcs12("secret"), None)
    assert pkcs12.load_pkcs12(server.to_pkcs12("secret"), b"secret").key is not None


def test_pem_texts_have_the_documented_order(root: DevelopmentCa, server: Identity, other: Identity) -> None:
    assert server.full_chain_pem == server.certificate_pem + server.chain_pem
    assert server.chain_pem.count("BEGIN CERTIFICATE") == 2
    assert other.chain_pem == ""
    assert server.private_key_pem.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert server.to_pem_bundle() == server.certificate_pem + server.private_key_pem + server.chain_pem


def test_text_of_an_identity_does_not_contain_its_key(server: Identity) -> None:
    for shown in (repr(server), str(server), f"{server}"):
        assert "private_key" not in shown and "PRIVATE" not in shown
