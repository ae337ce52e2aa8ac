"""One named case for each way in which a certificate with its key, or a PKCS12 file, is unusable."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import PrivateFormat

from gcore_tls_provider.certificates import (
    MaterialError,
    identity_from_pem,
)
from tests.certificates.rejected import (
    PASSWORD,
    WRONG,
    PemCase,
    Pkcs12Case,
    ValidCertificates,
    base64,
    base64_key,
    crl_der,
    der,
    expect_rejection,
    key_der,
    labeled,
    parse_pkcs12,
    pem_key,
    pkcs12_of,
    public_key,
)

PEM: list[PemCase] = [
    ("key of another certificate", lambda m: {"private_key": m.other.private_key_pem}, "KEY_MISMATCH", "private_key"),
    (
        "certificate of another key",
        lambda m: {"certificate": m.other.full_chain_pem + m.root.certificate_pem},
        "KEY_MISMATCH",
        "private_key",
    ),
    ("key empty", lambda m: {"private_key": ""}, "EMPTY", "private_key"),
    ("key is a path", lambda m: {"private_key": "~/server.key"}, "NOT_PEM", "private_key"),
    ("key is a certificate", lambda m: {"private_key": m.certificate}, "NOT_A_PRIVATE_KEY", "private_key"),
    ("key is public", lambda m: {"private_key": public_key(m)}, "NOT_A_PRIVATE_KEY", "private_key"),
    (
        "key in OpenSSH's format",
        lambda m: {"private_key": pem_key(ec.generate_private_key(ec.SECP256R1()), PrivateFormat.OpenSSH)},
        "NOT_A_PRIVATE_KEY",
        "private_key",
    ),
    (
        "key base64 of base64",
        lambda m: {"private_key": base64(base64(key_der(m.server)))},
        "DOUBLE_BASE64",
        "private_key",
    ),
    ("key base64 of base64 of PEM", lambda m: {"private_key": base64(base64(m.key))}, "DOUBLE_BASE64", "private_key"),
    (
        "key is a DER certificate",
        lambda m: {"private_key": base64(der(m.certificate))},
        "NOT_A_PRIVATE_KEY",
        "private_key",
    ),
    (
        "key is a PKCS12 file",
        lambda m: {"private_key": base64(m.server.to_pkcs12())},
        "NOT_A_PRIVATE_KEY",
        "private_key",
    ),
    ("key DER cut off", lambda m: {"private_key": base64(key_der(m.server)[:-5])}, "TRUNCATED", "private_key"),
    (
        "key is only a broken line",
        lambda m: {"private_key": "-----BEGIN PRIVATE\\nKEY-----"},
        "BROKEN_BLOCK",
        "private_key",
    ),
    (
        "key in a text far too large",
        lambda m: {"private_key": m.key + " " * 1024 * 1024},
        "TOO_LARGE",
        "private_key",
    ),
    (
        "encrypted DER key, no passphrase",
        lambda m: {"private_key": base64(key_der(m.server, PASSWORD))},
        "PASSPHRASE_MISSING",
        "private_key_passphrase",
    ),
    (
        "encrypted key cut off, with the right passphrase",
        lambda m: {"private_key": m.encrypted_key[:200], "private_key_passphrase": PASSWORD},
        "TRUNCATED",
        "private_key",
    ),
    (
        "key with an unsupported encryption",
        lambda m: {
            "private_key": m.key_as(PrivateFormat.TraditionalOpenSSL).replace("AES-256-CBC", "ROT-13-CBC"),
            "private_key_passphrase": PASSWORD,
        },
        "MALFORMED_PRIVATE_KEY",
        "private_key",
    ),
    ("two keys", lambda m: {"private_key": m.key + m.other.private_key_pem}, "SEVERAL_KEYS", "private_key"),
    ("key cut off", lambda m: {"private_key": m.key[:100]}, "TRUNCATED", "private_key"),
    ("key with a broken line", lambda m: {"private_key": m.key.replace("M", "*", 1)}, "BROKEN_BLOCK", "private_key"),
    (
        "key damaged inside",
        lambda m: {"private_key": m.certificate.replace("CERTIFICATE", "PRIVATE KEY")},
        "MALFORMED_PRIVATE_KEY",
        "private_key",
    ),
    (
        "key far too large",
        lambda m: {"private_key": base64_key(b"\x30\x82\x50\x00" + bytes(0x5000))},
        "TOO_LARGE",
        "private_key",
    ),
    (
        "Ed25519 key",
        lambda m: {"private_key": pem_key(ed25519.Ed25519PrivateKey.generate(), PrivateFormat.PKCS8)},
        "UNSUPPORTED_KEY",
        "private_key",
    ),
    (
        "encrypted key, no passphrase",
        lambda m: {"private_key": m.encrypted_key},
        "PASSPHRASE_MISSING",
        "private_key_passphrase",
    ),
    (
        "encrypted key, empty passphrase",
        lambda m: {"private_key": m.encrypted_key, "private_key_passphrase": ""},
        "PASSPHRASE_MISSING",
        "private_key_passphrase",
    ),
    (
        "encrypted key, wrong passphrase",
        lambda m: {"private_key": m.encrypted_key, "private_key_passphrase": WRONG},
        "PASSPHRASE_WRONG",
        "private_key_passphrase",
    ),
    (
        "older encrypted key, no passphrase",
        lambda m: {"private_key": m.key_as(PrivateFormat.TraditionalOpenSSL)},
        "PASSPHRASE_MISSING",
        "private_key_passphrase",
    ),
    (
        "older encrypted key, wrong passphrase",
        lambda m: {"private_key": m.key_as(PrivateFormat.TraditionalOpenSSL), "private_key_passphrase": WRONG},
        "PASSPHRASE_WRONG",
        "private_key_passphrase",
    ),
    (
        "unpaired surrogate in passphrase",
        lambda m: {"private_key": m.encrypted_key, "private_key_passphrase": WRONG + "\ud800"},
        "PASSPHRASE_WRONG",
        "private_key_passphrase",
    ),
    (
        "key in certificate_chain",
        lambda m: {"certificate_chain": m.key},
        "PRIVATE_KEY_IN_CERTIFICATE",
        "certificate_chain",
    ),
    ("certificate_chain empty", lambda m: {"certificate_chain": ""}, "EMPTY", "certificate_chain"),
]

PKCS12: list[Pkcs12Case] = [
    ("PKCS12 empty", lambda m: ("", None), "EMPTY", "pkcs12"),
    ("PKCS12 is a path", lambda m: ("client.p12", None), "NOT_PEM", "pkcs12"),
    ("PKCS12 is PEM", lambda m: (m.certificate + m.key, None), "NOT_PKCS12", "pkcs12"),
    ("PKCS12 is one PEM key", lambda m: (m.key, None), "NOT_PKCS12", "pkcs12"),
    ("PKCS12 is a DER certificate", lambda m: (der(m.certificate), None), "NOT_PKCS12", "pkcs12"),
    ("PKCS12 in base64 twice", lambda m: (base64(base64(m.server.to_pkcs12())), None), "DOUBLE_BASE64", "pkcs12"),
    ("PKCS12 cut off", lambda m: (m.server.to_pkcs12()[:-20], None), "TRUNCATED", "pkcs12"),
    ("PKCS12 is a DER key", lambda m: (key_der(m.server), None), "NOT_PKCS12", "pkcs12"),
    ("PKCS12 is a DER CRL", lambda m: (crl_der(m.crl), None), "NOT_PKCS12", "pkcs12"),
    ("PKCS12 in a text far too large", lambda m: (" " * (1024 * 1024 + 1), None), "TOO_LARGE", "pkcs12"),
    (
        "PKCS12 in PEM, and not base64",
        lambda m: (labeled("PKCS12", m.server.to_pkcs12()).replace("M", "M*", 1), None),
        "BROKEN_BLOCK",
        "pkcs12",
    ),
    ("PKCS12 in PEM, cut off", lambda m: (labeled("PKCS12", m.server.to_pkcs12()[:-9]), None), "TRUNCATED", "pkcs12"),
    (
        "PKCS12 in PEM is something else",
        lambda m: (labeled("PKCS12", der(m.certificate)), None),
        "MALFORMED_PKCS12",
        "pkcs12",
    ),
    (
        "PKCS12 damaged inside",
        lambda m: (m.server.to_pkcs12()[:8] + bytes(len(m.server.to_pkcs12()) - 8), None),
        "MALFORMED_PKCS12",
        "pkcs12",
    ),
    ("PKCS12, no password", lambda m: (m.server.to_pkcs12(PASSWORD), None), "PASSWORD_MISSING", "pkcs12_password"),
    ("PKCS12, empty password", lambda m: (m.server.to_pkcs12(PASSWORD), ""), "PASSWORD_MISSING", "pkcs12_password"),
    ("PKCS12, wrong password", lambda m: (m.server.to_pkcs12(PASSWORD), WRONG), "PASSWORD_WRONG", "pkcs12_password"),
    (
        "PKCS12, password with a line end",
        lambda m: (m.server.to_pkcs12(PASSWORD), PASSWORD + "\n"),
        "PASSWORD_WRONG",
        "pkcs12_password",
    ),
    (
        "PKCS12, password for a file without",
        lambda m: (m.server.to_pkcs12(), WRONG),
        "PASSWORD_WRONG",
        "pkcs12_password",
    ),
    (
        "PKCS12 without key",
        lambda m: (pkcs12_of(None, m.server.certificate, *m.server.chain), None),
        "KEY_MISSING",
        "pkcs12",
    ),
    ("PKCS12 without certificate", lambda m: (pkcs12_of(m.server.private_key), None), "CERTIFICATE_MISSING", "pkcs12"),
    (
        "PKCS12 with the key of another certificate",
        lambda m: (pkcs12_of(m.server.private_key, m.other.certificate), None),
        "KEY_MISMATCH",
        "pkcs12",
    ),
    (
        "PKCS12 with Ed25519",
        lambda m: (pkcs12_of(ed25519.Ed25519PrivateKey.generate(), m.other.certificate), None),
        "UNSUPPORTED_KEY",
        "pkcs12",
    ),
]


@pytest.mark.parametrize("changes, code, property", [case[1:] for case in PEM], ids=[case[0] for case in PEM])
def test_pem_identity_is_rejected_with_one_finding(
    material: ValidCertificates, changes: Callable[[ValidCertificates], dict[str, str]], code: str, property: str
) -> None:
    arguments = {"certificate": material.certificate, "private_key": material.key} | changes(material)
    expect_rejection(material, lambda: identity_from_pem(**arguments), code, property)


@pytest.mark.parametrize("given, code, property", [case[1:] for case in PKCS12], ids=[case[0] for case in PKCS12])
def test_pkcs12_identity_is_rejected_with_one_finding(
    material: ValidCertificates,
    given: Callable[[ValidCertificates], tuple[bytes | str, str | None]],
    code: str,
    property: str,
) -> None:
    content, password = given(material)
    expect_rejection(material, lambda: parse_pkcs12(content, password), code, property)


def test_all_unusable_arguments_are_reported_at_once(material: ValidCertificates) -> None:
    with pytest.raises(MaterialError) as caught:
        identity_from_pem(certificate="", certificate_chain=material.crl, private_key=material.encrypted_key)

    assert [(finding.code, finding.property) for finding in caught.value.findings] == [
        ("EMPTY", "certificate"),
        ("NOT_A_CERTIFICATE", "certificate_chain"),
        ("PASSPHRASE_MISSING", "private_key_passphrase"),
    ]
    assert "\n" not in str(caught.value)


def test_error_reports_white_space_around_a_password(material: ValidCertificates) -> None:
    with pytest.raises(MaterialError, match="starts or ends with white space"):
        parse_pkcs12(material.server.to_pkcs12(PASSWORD), PASSWORD + "\n")
