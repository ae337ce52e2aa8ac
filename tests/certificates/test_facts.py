"""Facts of certificates and CRLs, compared with the output of the real `openssl`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import NameOID

from gcore_tls_provider.certificates import (
    DevelopmentCa,
    Identity,
    certificate_facts,
    crl_facts,
    parse_certificates,
    parse_crls,
)


def test_certificate_facts_equal_those_of_openssl(
    server: Identity, openssl: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "a.pem").write_text(server.certificate_pem)
    printed = openssl(
        "x509", "-in", tmp_path / "a.pem", "-noout", "-fingerprint", "-sha256", "-subject", "-issuer", "-serial",
        "-dates", "-dateopt", "iso_8601", "-nameopt", "RFC2253", "-ext", "subjectAltName",
    )  # fmt: skip
    printed_facts = dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)

    facts = certificate_facts(server.certificate)

    assert facts.fingerprint_sha256 == printed_facts["sha256 Fingerprint"].replace(":", "").lower()
    assert facts.subject == printed_facts["subject"] == "CN=app.example.com"
    assert facts.issuer == printed_facts["issuer"] == "CN=Test Server CA 2"
    assert int(facts.serial, 16) == int(printed_facts["serial"], 16)
    assert facts.not_before == printed_facts["notBefore"].replace(" ", "T")
    assert facts.not_after == printed_facts["notAfter"].replace(" ", "T")
    assert re.findall(r"DNS:([^,\s]+)", printed) == list(facts.dns_names) == ["app.example.com", "*.app.example.com"]
    assert facts.key_type == "EC P-256"


def test_crl_facts_equal_those_of_openssl(
    root: DevelopmentCa, other: Identity, openssl: Callable[..., str], tmp_path: Path
) -> None:
    now = datetime(2026, 3, 4, 5, 6, 7, 890, tzinfo=timezone.utc)
    text = root.issue_crl([other], now=now, next_update_days=7, number=12)
    (tmp_path / "crl.pem").write_text(text)
    options = ("-fingerprint", "-sha256", "-issuer", "-nameopt", "RFC2253", "-crlnumber")
    printed = openssl("crl", "-in", tmp_path / "crl.pem", "-noout", *options)
    # Versions of OpenSSL name the digest differently: SHA256, sha256, SHA2-256.
    printed_facts = {line.split("=")[0].split()[-1].lower(): line.split("=", 1)[1] for line in printed.splitlines()}

    facts = crl_facts(parse_crls(text, property="crl")[0])

    assert facts.fingerprint_sha256 == printed_facts["fingerprint"].replace(":", "").lower()
    assert facts.issuer == printed_facts["issuer"] == "CN=Test Root CA"
    assert int(facts.crl_number or "") == int(printed_facts["crlnumber"], 16) == 12
    assert facts.this_update == "2026-03-04T04:06:07Z"
    assert facts.next_update == "2026-03-11T05:06:07Z"
    assert facts.revoked_count == 1


def test_empty_crl_without_a_number_has_facts(root: DevelopmentCa) -> None:
    now = datetime.now(timezone.utc)
    builder = x509.CertificateRevocationListBuilder().issuer_name(root.certificate.subject)
    signed = builder.last_update(now).next_update(now).sign(root.identity.private_key, hashes.SHA256())

    facts = crl_facts(signed)

    assert (facts.revoked_count, facts.crl_number) == (0, None)


KEYS: dict[str, Callable[[], CertificateIssuerPrivateKeyTypes]] = {
    "RSA 2048": lambda: rsa.generate_private_key(65537, 2048),
    "EC P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EC P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "EC P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "EC secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
    "DSA 2048": lambda: dsa.generate_private_key(2048),
}


def self_signed(key: CertificateIssuerPrivateKeyTypes, *names: x509.NameAttribute[str]) -> x509.Certificate:
    now = datetime.now(timezone.utc)
    algorithm = None if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)) else hashes.SHA256()
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name(names))
        .issuer_name(x509.Name(names))
        .public_key(key.public_key())
        .serial_number(0xABC)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, algorithm)
    )


@pytest.mark.parametrize("expected", KEYS)
def test_key_type_has_the_usual_name(expected: str) -> None:
    assert certificate_facts(self_signed(KEYS[expected]())).key_type == expected


def test_subject_with_control_characters_is_safe_to_print() -> None:
    name = "a\nb\x1b[31m, Ü"
    certificate = self_signed(KEYS["EC P-256"](), x509.NameAttribute(NameOID.COMMON_NAME, name))

    facts = certificate_facts(certificate)

    assert facts.subject == r"CN=a\0Ab\1B[31m\, Ü"
    assert x509.Name.from_rfc4514_string(facts.subject) == certificate.subject
    assert facts.dns_names == ()
    assert facts.serial == "abc"


def test_expired_certificate_has_facts(root: DevelopmentCa) -> None:
    past = datetime(2020, 1, 1, 12, tzinfo=timezone.utc)
    expired = root.issue_server(["app.example.com"], now=past, valid_days=1)

    facts = certificate_facts(parse_certificates(expired.certificate_pem, property="certificate")[0])

    assert (facts.not_before, facts.not_after) == ("2020-01-01T11:00:00Z", "2020-01-02T12:00:00Z")
