"""One named case for each way in which a certificate or a revocation list can be wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gcore_tls_provider.certificates import (
    MaterialError,
)
from tests.certificates.refused import (
    PASSWORD,
    Case,
    Material,
    base64,
    broken_inside,
    certificates,
    crl_der,
    damaged_content,
    der,
    expect_refusal,
    key_der,
    labeled,
    lists,
    public_key,
    request,
    without_line,
)

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
    ("PKCS12 in PEM as certificate", lambda m: labeled("PKCS12", m.server.to_pkcs12()), "NOT_A_CERTIFICATE"),
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


@pytest.mark.parametrize("text, code", [case[1:] for case in CERTIFICATES], ids=[case[0] for case in CERTIFICATES])
def test_certificates(material: Material, text: Callable[[Material], str], code: str) -> None:
    given = text(material)
    expect_refusal(material, lambda: certificates(given), code, "certificate")


@pytest.mark.parametrize("text, code", [case[1:] for case in LISTS], ids=[case[0] for case in LISTS])
def test_revocation_lists(material: Material, text: Callable[[Material], str], code: str) -> None:
    given = text(material)
    expect_refusal(material, lambda: lists(given), code, "crl")


def test_a_path_is_told_from_nonsense(material: Material) -> None:
    with pytest.raises(MaterialError, match="certificate is a file's path, not its content"):
        certificates("certs/server.pem")


def test_many_beginnings_take_no_time(material: Material) -> None:
    with pytest.raises(MaterialError) as caught:
        certificates("-----BEGIN CERTIFICATE-----\n" * 35_000)
    assert caught.value.finding.code == "TRUNCATED"
