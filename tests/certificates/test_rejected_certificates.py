"""One named case for each way in which the text of a certificate or a CRL is unusable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gcore_tls_provider.certificates import MaterialError
from tests.certificates.rejected import (
    PASSWORD,
    Case,
    ValidCertificates,
    base64,
    broken_inside,
    certificate_request,
    crl_der,
    damaged_content,
    der,
    expect_rejection,
    key_der,
    labeled,
    parse_certificate_text,
    parse_crl_text,
    public_key,
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
    ("two BEGIN lines", lambda m: m.certificate[:300] + m.certificate, "TRUNCATED"),
    ("other END line", lambda m: m.certificate.replace("END CERT", "END X509 CERT"), "TRUNCATED"),
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
    ("CRL as certificate", lambda m: m.crl, "NOT_A_CERTIFICATE"),
    ("CRL next to certificate", lambda m: m.certificate + m.crl, "NOT_A_CERTIFICATE"),
    ("DER CRL as certificate", lambda m: base64(crl_der(m.crl)), "NOT_A_CERTIFICATE"),
    ("public key as certificate", lambda m: public_key(m), "NOT_A_CERTIFICATE"),
    ("request as certificate", lambda m: certificate_request(m), "NOT_A_CERTIFICATE"),
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

CRLS: list[Case] = [
    ("CRL empty", lambda m: "\n", "EMPTY"),
    ("CRL base64 of base64", lambda m: base64(base64(crl_der(m.crl))), "DOUBLE_BASE64"),
    ("CRL with a broken line", lambda m: broken_inside(m.crl), "BROKEN_BLOCK"),
    ("CRL is only a broken line", lambda m: "-----BEGIN X509\\nCRL-----", "BROKEN_BLOCK"),
    ("CRL DER cut off", lambda m: base64(crl_der(m.crl)[:-5]), "TRUNCATED"),
    ("CRL too large", lambda m: m.crl + " " * 1024 * 1024, "TOO_LARGE"),
    ("too many CRLs", lambda m: m.crl * 257, "TOO_MANY_BLOCKS"),
    ("PKCS12 as CRL", lambda m: base64(m.server.to_pkcs12()), "NOT_A_REVOCATION_LIST"),
    ("DER certificate as CRL", lambda m: base64(der(m.certificate)), "NOT_A_REVOCATION_LIST"),
    ("DER key as CRL", lambda m: base64(key_der(m.server)), "PRIVATE_KEY_IN_REVOCATION_LIST"),
    ("certificate as CRL", lambda m: m.certificate, "NOT_A_REVOCATION_LIST"),
    ("certificate next to CRL", lambda m: m.crl + m.certificate, "NOT_A_REVOCATION_LIST"),
    ("key next to CRL", lambda m: m.crl + m.key, "PRIVATE_KEY_IN_REVOCATION_LIST"),
    ("CRL cut off", lambda m: m.crl[:200], "TRUNCATED"),
    ("second CRL cut off", lambda m: m.crl + m.crl[:200], "TRUNCATED"),
    (
        "CRL is a certificate inside",
        lambda m: m.certificate.replace("CERTIFICATE", "X509 CRL"),
        "MALFORMED_REVOCATION_LIST",
    ),
]


@pytest.mark.parametrize("text, code", [case[1:] for case in CERTIFICATES], ids=[case[0] for case in CERTIFICATES])
def test_certificate_text_is_rejected_with_one_finding(
    material: ValidCertificates, text: Callable[[ValidCertificates], str], code: str
) -> None:
    given = text(material)
    expect_rejection(material, lambda: parse_certificate_text(given), code, "certificate")


@pytest.mark.parametrize("text, code", [case[1:] for case in CRLS], ids=[case[0] for case in CRLS])
def test_crl_text_is_rejected_with_one_finding(
    material: ValidCertificates, text: Callable[[ValidCertificates], str], code: str
) -> None:
    given = text(material)
    expect_rejection(material, lambda: parse_crl_text(given), code, "crl")


def test_path_in_place_of_content_is_reported_as_a_path(material: ValidCertificates) -> None:
    with pytest.raises(MaterialError, match="certificate is the path of a file, not its content"):
        parse_certificate_text("certs/server.pem")


def test_thousands_of_begin_lines_are_rejected_quickly(material: ValidCertificates) -> None:
    with pytest.raises(MaterialError) as caught:
        parse_certificate_text("-----BEGIN CERTIFICATE-----\n" * 35_000)
    assert caught.value.finding.code == "TRUNCATED"
