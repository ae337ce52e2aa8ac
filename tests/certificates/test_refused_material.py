"""One named case for each way in which material can be wrong: what is said, on which argument, without any secret."""

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
    DevelopmentAuthority,
    Identity,
    MaterialError,
    identity_from_pem,
    identity_from_pkcs12,
    parse_certificates,
    parse_revocation_lists,
)

PASSWORD = "canary-password-1b9f"
WRONG = "canary-wrong-password-77aa"


@dataclass(frozen=True)
class Material:
    """What the cases are made of."""

    root: DevelopmentAuthority
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


@pytest.fixture(scope="module")
def material(root: DevelopmentAuthority, server: Identity, other: Identity, crl: str) -> Material:
    return Material(root, server, other, crl)


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
    """Valid base64 and a whole outer sequence, but nonsense inside."""
    content = bytearray(der(pem))
    content[4:40] = bytes(36)
    return base64(bytes(content)).join(["-----BEGIN CERTIFICATE-----\n", "\n-----END CERTIFICATE-----\n"])


def certificates(material: str) -> object:
    return parse_certificates(material, property="certificate")


def lists(material: str) -> object:
    return parse_revocation_lists(material, property="crl")


def p12(content: bytes | str, password: str | None = None) -> object:
    return identity_from_pkcs12(pkcs12=content if isinstance(content, str) else base64(content), password=password)


def p12_of(key: pkcs12.PKCS12PrivateKeyTypes | None, *members: x509.Certificate) -> bytes:
    return pkcs12.serialize_key_and_certificates(None, key, None, members or None, NoEncryption())


def public_key(m: Material) -> str:
    return m.server.private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def request(m: Material) -> str:
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


def labelled(label: str, content: bytes) -> str:
    return f"-----BEGIN {label}-----\n{base64(content)}\n-----END {label}-----\n"


def base64_key(content: bytes) -> str:
    return labelled("PRIVATE KEY", content)


Case = tuple[str, Callable[[Material], str], str]
PemCase = tuple[str, Callable[[Material], dict[str, str]], str, str]
Pkcs12Case = tuple[str, Callable[[Material], tuple[bytes | str, str | None]], str, str]

CERTIFICATES: list[Case] = [
    ("certificate empty", lambda m: "", "EMPTY"),
    ("certificate blank", lambda m: " \r\n\t", "EMPTY"),
    ("certificate byte order mark only", lambda m: "\ufeff", "EMPTY"),
    ("certificate is a path", lambda m: "certs/server.pem", "NOT_PEM"),
    ("certificate is base64 letters", lambda m: "server", "NOT_PEM"),
    ("certificate is prose", lambda m: "see the vault, please", "NOT_PEM"),
    ("certificate without dashes", lambda m: m.certificate.replace("-----", ""), "NOT_PEM"),
    ("certificate base64 of base64", lambda m: base64(base64(der(m.certificate))), "DOUBLE_BASE64"),
    ("certificate base64 of base64 of PEM", lambda m: base64(base64(m.certificate)), "DOUBLE_BASE64"),
    ("certificate cut off", lambda m: m.certificate[:300], "TRUNCATED"),
    ("certificate without its last line", lambda m: without_line(m.certificate, -1), "TRUNCATED"),
    ("certificate without its last content", lambda m: without_line(m.certificate, -2), "TRUNCATED"),
    ("second certificate cut off", lambda m: m.certificate + m.certificate[:300], "TRUNCATED"),
    ("two beginnings", lambda m: m.certificate[:300] + m.certificate, "TRUNCATED"),
    ("other end", lambda m: m.certificate.replace("END CERT", "END X509 CERT"), "TRUNCATED"),
    ("certificate DER cut off", lambda m: base64(der(m.certificate)[:-5]), "TRUNCATED"),
    ("certificate without its first line", lambda m: without_line(m.certificate, 0), "BROKEN_BLOCK"),
    ("certificate with a broken line", lambda m: broken_inside(m.certificate), "BROKEN_BLOCK"),
    ("certificate quoted as in mail", lambda m: m.certificate.replace("\n", "\n> "), "BROKEN_BLOCK"),
    ("certificate block empty", lambda m: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", "BROKEN_BLOCK"),
    ("certificate damaged inside", lambda m: damaged_content(m.certificate), "MALFORMED_CERTIFICATE"),
    ("key in certificate", lambda m: m.certificate + m.key, "PRIVATE_KEY_IN_CERTIFICATE"),
    ("key before certificate", lambda m: m.key + m.certificate, "PRIVATE_KEY_IN_CERTIFICATE"),
    ("encrypted key in certificate", lambda m: m.certificate + m.encrypted_key, "PRIVATE_KEY_IN_CERTIFICATE"),
    ("broken key in certificate", lambda m: m.certificate + broken_inside(m.key), "PRIVATE_KEY_IN_CERTIFICATE"),
    ("DER key as certificate", lambda m: base64(key_der(m.server)), "PRIVATE_KEY_IN_CERTIFICATE"),
    ("encrypted DER key as certificate", lambda m: base64(key_der(m.server, PASSWORD)), "PRIVATE_KEY_IN_CERTIFICATE"),
    ("list as certificate", lambda m: m.crl, "NOT_A_CERTIFICATE"),
    ("list beside certificate", lambda m: m.certificate + m.crl, "NOT_A_CERTIFICATE"),
    ("DER list as certificate", lambda m: base64(crl_der(m.crl)), "NOT_A_CERTIFICATE"),
    ("public key as certificate", lambda m: public_key(m), "NOT_A_CERTIFICATE"),
    ("request as certificate", lambda m: request(m), "NOT_A_CERTIFICATE"),
    ("PKCS12 as certificate", lambda m: base64(m.server.to_pkcs12()), "NOT_A_CERTIFICATE"),
    ("PKCS7 as certificate", lambda m: "-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----", "NOT_A_CERTIFICATE"),
    (
        "parameters as certificate",
        lambda m: "-----BEGIN DH PARAMETERS-----\nMAA=\n-----END DH PARAMETERS-----",
        "NOT_A_CERTIFICATE",
    ),
    ("unknown label", lambda m: "-----BEGIN PGP MESSAGE-----\nMAA=\n-----END PGP MESSAGE-----", "NOT_A_CERTIFICATE"),
    ("PKCS12 in PEM as certificate", lambda m: labelled("PKCS12", m.server.to_pkcs12()), "NOT_A_CERTIFICATE"),
    ("key in base64 of base64 as certificate", lambda m: base64(base64(m.key)), "DOUBLE_BASE64"),
    ("broken first line", lambda m: m.certificate.replace("BEGIN CERT", "BEGIN\\nCERT"), "BROKEN_BLOCK"),
    ("only a broken line", lambda m: "-----BEGIN CERTI\\nFICATE-----", "BROKEN_BLOCK"),
    ("too large", lambda m: " " * (1024 * 1024 + 1), "TOO_LARGE"),
    ("too many blocks", lambda m: m.certificate * 257, "TOO_MANY_BLOCKS"),
]

LISTS: list[Case] = [
    ("list empty", lambda m: "\n", "EMPTY"),
    ("list base64 of base64", lambda m: base64(base64(crl_der(m.crl))), "DOUBLE_BASE64"),
    ("list with a broken line", lambda m: broken_inside(m.crl), "BROKEN_BLOCK"),
    ("list is only a broken line", lambda m: "-----BEGIN X509\\nCRL-----", "BROKEN_BLOCK"),
    ("list DER cut off", lambda m: base64(crl_der(m.crl)[:-5]), "TRUNCATED"),
    ("list too large", lambda m: m.crl + " " * 1024 * 1024, "TOO_LARGE"),
    ("too many lists", lambda m: m.crl * 257, "TOO_MANY_BLOCKS"),
    ("PKCS12 as list", lambda m: base64(m.server.to_pkcs12()), "NOT_A_REVOCATION_LIST"),
    ("DER certificate as list", lambda m: base64(der(m.certificate)), "NOT_A_REVOCATION_LIST"),
    ("DER key as list", lambda m: base64(key_der(m.server)), "PRIVATE_KEY_IN_REVOCATION_LIST"),
    ("certificate as list", lambda m: m.certificate, "NOT_A_REVOCATION_LIST"),
    ("certificate beside list", lambda m: m.crl + m.certificate, "NOT_A_REVOCATION_LIST"),
    ("key beside list", lambda m: m.crl + m.key, "PRIVATE_KEY_IN_REVOCATION_LIST"),
    ("list cut off", lambda m: m.crl[:200], "TRUNCATED"),
    ("second list cut off", lambda m: m.crl + m.crl[:200], "TRUNCATED"),
    (
        "list is a certificate inside",
        lambda m: m.certificate.replace("CERTIFICATE", "X509 CRL"),
        "MALFORMED_REVOCATION_LIST",
    ),
]

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
        "encrypted key cut off, though its passphrase is right",
        lambda m: {"private_key": m.encrypted_key[:200], "private_key_passphrase": PASSWORD},
        "TRUNCATED",
        "private_key",
    ),
    (
        "key encrypted in a way that nobody reads",
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
    ("PKCS12 is a DER list", lambda m: (crl_der(m.crl), None), "NOT_PKCS12", "pkcs12"),
    ("PKCS12 in a text far too large", lambda m: (" " * (1024 * 1024 + 1), None), "TOO_LARGE", "pkcs12"),
    (
        "PKCS12 in PEM, and not base64",
        lambda m: (labelled("PKCS12", m.server.to_pkcs12()).replace("M", "M*", 1), None),
        "BROKEN_BLOCK",
        "pkcs12",
    ),
    ("PKCS12 in PEM, cut off", lambda m: (labelled("PKCS12", m.server.to_pkcs12()[:-9]), None), "TRUNCATED", "pkcs12"),
    (
        "PKCS12 in PEM is something else",
        lambda m: (labelled("PKCS12", der(m.certificate)), None),
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
        "PKCS12, password though it has none",
        lambda m: (m.server.to_pkcs12(), WRONG),
        "PASSWORD_WRONG",
        "pkcs12_password",
    ),
    (
        "PKCS12 without key",
        lambda m: (p12_of(None, m.server.certificate, *m.server.chain), None),
        "KEY_MISSING",
        "pkcs12",
    ),
    ("PKCS12 without certificate", lambda m: (p12_of(m.server.private_key), None), "CERTIFICATE_MISSING", "pkcs12"),
    (
        "PKCS12 with another's key",
        lambda m: (p12_of(m.server.private_key, m.other.certificate), None),
        "KEY_MISMATCH",
        "pkcs12",
    ),
    (
        "PKCS12 with Ed25519",
        lambda m: (p12_of(ed25519.Ed25519PrivateKey.generate(), m.other.certificate), None),
        "UNSUPPORTED_KEY",
        "pkcs12",
    ),
]


@pytest.mark.parametrize("text, code", [case[1:] for case in CERTIFICATES], ids=[case[0] for case in CERTIFICATES])
def test_certificates(material: Material, text: Callable[[Material], str], code: str) -> None:
    given = text(material)
    expect_refusal(material, lambda: certificates(given), code, "certificate")


@pytest.mark.parametrize("text, code", [case[1:] for case in LISTS], ids=[case[0] for case in LISTS])
def test_revocation_lists(material: Material, text: Callable[[Material], str], code: str) -> None:
    given = text(material)
    expect_refusal(material, lambda: lists(given), code, "crl")


@pytest.mark.parametrize("changes, code, property", [case[1:] for case in PEM], ids=[case[0] for case in PEM])
def test_pem_identities(
    material: Material, changes: Callable[[Material], dict[str, str]], code: str, property: str
) -> None:
    arguments = {"certificate": material.certificate, "private_key": material.key} | changes(material)
    expect_refusal(material, lambda: identity_from_pem(**arguments), code, property)


@pytest.mark.parametrize("given, code, property", [case[1:] for case in PKCS12], ids=[case[0] for case in PKCS12])
def test_pkcs12_identities(
    material: Material, given: Callable[[Material], tuple[bytes | str, str | None]], code: str, property: str
) -> None:
    content, password = given(material)
    expect_refusal(material, lambda: p12(content, password), code, property)


def expect_refusal(material: Material, read: Callable[[], object], code: str, property: str) -> None:
    """`read` is refused with one finding, in one line, and no form of the error shows a key or a password."""
    with pytest.raises(MaterialError) as caught:
        read()

    error = caught.value
    assert [(finding.code, finding.severity, finding.property) for finding in error.findings] == [
        (code, "error", property)
    ]
    assert error.finding.sentence.endswith(".") and error.finding.remedy.endswith(".")
    assert str(error) == f"{error.finding.sentence} {error.finding.remedy}"
    assert "\n" not in str(error) and len(str(error)) < 400

    shown = shown_by(error)
    key_content = "".join(material.key.splitlines()[1:-1])
    for secret in (PASSWORD, WRONG, key_content[40:70], key_content[100:130]):
        assert secret not in shown


def shown_by(error: BaseException) -> str:
    """Everything that a log could show of an error: its text, and the form of each error behind it."""
    texts = ["".join(traceback.format_exception(error))]
    behind: BaseException | None = error
    while behind is not None:
        texts += [str(behind), repr(behind), repr(behind.args)]
        behind = behind.__cause__ or behind.__context__
    return "\n".join(texts)


def test_all_that_is_wrong_is_said_at_once(material: Material) -> None:
    with pytest.raises(MaterialError) as caught:
        identity_from_pem(certificate="", certificate_chain=material.crl, private_key=material.encrypted_key)

    assert [(finding.code, finding.property) for finding in caught.value.findings] == [
        ("EMPTY", "certificate"),
        ("NOT_A_CERTIFICATE", "certificate_chain"),
        ("PASSPHRASE_MISSING", "private_key_passphrase"),
    ]
    assert "\n" not in str(caught.value)


def test_line_end_in_a_password_is_pointed_out(material: Material) -> None:
    with pytest.raises(MaterialError, match="begins or ends with white space"):
        p12(material.server.to_pkcs12(PASSWORD), PASSWORD + "\n")


def test_a_path_is_told_from_nonsense(material: Material) -> None:
    with pytest.raises(MaterialError, match="certificate is a file's path, not its content"):
        certificates("certs/server.pem")


def test_many_beginnings_take_no_time(material: Material) -> None:
    with pytest.raises(MaterialError) as caught:
        certificates("-----BEGIN CERTIFICATE-----\n" * 35_000)
    assert caught.value.finding.code == "TRUNCATED"
