"""Unusable certificates, keys and CRLs, and the check that they are rejected with one finding and without a secret."""

from __future__ import annotations

import traceback
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

from gcore_tls_provider.certificates import (
    DevelopmentCa,
    Identity,
    MaterialError,
    identity_from_pkcs12,
    parse_certificates,
    parse_crls,
)

PASSWORD = "canary-password-1b9f"
WRONG = "canary-wrong-password-77aa"


@dataclass(frozen=True)
class ValidCertificates:
    """Valid certificates, keys and CRLs, which the cases make unusable."""

    root: DevelopmentCa
    server: Identity
    other: Identity
    crl: str

    @property
    def certificate(self) -> str:
        return self.server.certificate_pem

    @property
    def key(self) -> str:
        return self.server.private_key_pem

    @property
    def encrypted_key(self) -> str:
        return self.key_as(PrivateFormat.PKCS8)

    def key_as(self, form: PrivateFormat, password: str = PASSWORD) -> str:
        encryption = BestAvailableEncryption(password.encode())
        return self.server.private_key.private_bytes(Encoding.PEM, form, encryption).decode()


def base64(content: bytes | str) -> str:
    return b64encode(content.encode() if isinstance(content, str) else content).decode()


def der(pem: str) -> bytes:
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)


def without_line(text: str, number: int) -> str:
    lines = text.splitlines()
    del lines[number]
    return "\n".join(lines)


def broken_inside(pem: str) -> str:
    lines = pem.splitlines()
    lines[2] = "*" + lines[2][1:]
    return "\n".join(lines)


def damaged_content(pem: str) -> str:
    """Return a certificate with valid base64 and a complete outer sequence, but unreadable content."""
    content = bytearray(der(pem))
    content[4:40] = bytes(36)
    return base64(bytes(content)).join(["-----BEGIN CERTIFICATE-----\n", "\n-----END CERTIFICATE-----\n"])


def parse_certificate_text(material: str) -> object:
    return parse_certificates(material, property="certificate")


def parse_crl_text(material: str) -> object:
    return parse_crls(material, property="crl")


def parse_pkcs12(content: bytes | str, password: str | None = None) -> object:
    return identity_from_pkcs12(pkcs12=content if isinstance(content, str) else base64(content), password=password)


def pkcs12_of(key: pkcs12.PKCS12PrivateKeyTypes | None, *members: x509.Certificate) -> bytes:
    return pkcs12.serialize_key_and_certificates(None, key, None, members or None, NoEncryption())


def public_key(m: ValidCertificates) -> str:
    return m.server.private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def certificate_request(m: ValidCertificates) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def pem_key(
    key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: PrivateFormat
) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def key_der(identity: Identity, password: str | None = None) -> bytes:
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return identity.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, encryption)


def crl_der(text: str) -> bytes:
    return x509.load_pem_x509_crl(text.encode()).public_bytes(Encoding.DER)


def labeled(label: str, content: bytes) -> str:
    return f"-----BEGIN {label}-----\n{base64(content)}\n-----END {label}-----\n"


def base64_key(content: bytes) -> str:
    return labeled("PRIVATE KEY", content)


Case = tuple[str, Callable[[ValidCertificates], str], str]
PemCase = tuple[str, Callable[[ValidCertificates], dict[str, str]], str, str]
Pkcs12Case = tuple[str, Callable[[ValidCertificates], tuple[bytes | str, str | None]], str, str]


def expect_rejection(material: ValidCertificates, read: Callable[[], object], code: str, property: str) -> None:
    """Check that `read` raises one finding, in one line, and that no text of the error contains a key or a password."""
    with pytest.raises(MaterialError) as caught:
        read()

    error = caught.value
    assert [(finding.code, finding.severity, finding.property) for finding in error.findings] == [
        (code, "error", property)
    ]
    assert error.finding.sentence.endswith(".") and error.finding.remedy.endswith(".")
    assert str(error) == f"{error.finding.sentence} {error.finding.remedy}"
    assert "\n" not in str(error) and len(str(error)) < 400

    logged = texts_of(error)
    key_content = "".join(material.key.splitlines()[1:-1])
    for secret in (PASSWORD, WRONG, key_content[40:70], key_content[100:130]):
        assert secret not in logged


def texts_of(error: BaseException) -> str:
    """Return everything that a log can show of an error: its text, and the texts of its causes."""
    texts = ["".join(traceback.format_exception(error))]
    cause: BaseException | None = error
    while cause is not None:
        texts += [str(cause), repr(cause), repr(cause.args)]
        cause = cause.__cause__ or cause.__context__
    return "\n".join(texts)
