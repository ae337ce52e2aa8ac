"""Untidy text and files are parsed to the same certificates and CRLs, and are written in canonical form."""

from __future__ import annotations

import os
import socket
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gcore_tls_provider.certificates import (
    CaBundle,
    CrlBundle,
    DevelopmentCa,
    Identity,
    MaterialError,
    as_material,
    from_file,
    parse_certificates,
    parse_crls,
)
from gcore_tls_provider.certificates import material as material_module

UNTIDY: dict[str, Callable[[str], str]] = {
    "unchanged": lambda pem: pem,
    "CRLF": lambda pem: pem.replace("\n", "\r\n"),
    "CR": lambda pem: pem.replace("\n", "\r"),
    "byte order mark": lambda pem: "\ufeff" + pem,
    "text before, between and after": lambda pem: (
        "Subject: CN=app\n" + pem.replace("-----BEGIN", "Bag Attributes: <none>\n-----BEGIN") + "\nthe end"
    ),
    "indented": lambda pem: "\n".join("    " + line for line in pem.splitlines()),
    "empty lines": lambda pem: pem.replace("\n", "\n\n"),
    "no final line end": lambda pem: pem.rstrip("\n"),
    "one line": lambda pem: pem.replace("\n", " "),
    "line ends as two characters": lambda pem: pem.replace("\n", "\\n"),
    "no line end between blocks": lambda pem: pem.replace("-----\n-----", "----------"),
    "with parameters": lambda pem: (
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + pem
    ),
    "X509 CERTIFICATE": lambda pem: pem.replace("CERTIFICATE", "X509 CERTIFICATE"),
    "base64 of PEM": lambda pem: b64encode(pem.encode()).decode(),
    "base64 of PEM in lines": lambda pem: "\n".join(
        b64encode(pem[at : at + 57].encode()).decode() for at in range(0, len(pem), 57)
    ),
}


@pytest.mark.parametrize("untidy", UNTIDY.values(), ids=UNTIDY)
def test_untidy_certificates_are_parsed(server: Identity, untidy: Callable[[str], str]) -> None:
    expected = (server.certificate, *server.chain)
    material = untidy(server.full_chain_pem)

    assert parse_certificates(material, property="certificate") == expected
    assert parse_certificates(as_material(material.encode()), property="certificate") == expected
    assert CaBundle.parse(material).to_pem() == server.full_chain_pem


@pytest.mark.parametrize(
    "untidy", [change for name, change in UNTIDY.items() if "X509" not in name and "parameters" not in name]
)
def test_untidy_crls_are_parsed(root: DevelopmentCa, intermediate: DevelopmentCa, untidy: Callable[[str], str]) -> None:
    text = root.issue_crl() + intermediate.issue_crl()

    assert CrlBundle.parse(untidy(text)).to_pem() == text
    assert len(parse_crls(untidy(text), property="crl")) == 2


def test_der_of_one_certificate_is_parsed(server: Identity) -> None:
    der = server.certificate.public_bytes(Encoding.DER)

    for content in (der, der + b"\n", b64encode(der), b64encode(der) + b"\r\n"):
        assert parse_certificates(as_material(content), property="certificate") == (server.certificate,)


def test_der_of_one_crl_is_parsed(crl: str) -> None:
    der = x509.load_pem_x509_crl(crl.encode()).public_bytes(Encoding.DER)

    assert CrlBundle.parse(as_material(der)).to_pem() == crl


def test_trust_settings_of_openssl_are_dropped(server: Identity, openssl: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "plain.pem").write_text(server.certificate_pem)
    trusted = openssl("x509", "-in", tmp_path / "plain.pem", "-trustout", "-addtrust", "serverAuth")

    assert "TRUSTED CERTIFICATE" in trusted
    assert parse_certificates(trusted, property="certificate") == (server.certificate,)


def test_utf_16_with_a_byte_order_mark_is_parsed(server: Identity) -> None:
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        content = server.certificate_pem.encode(encoding)
        marked = content if encoding == "utf-16" else "\ufeff".encode(encoding) + content
        assert parse_certificates(as_material(marked), property="certificate") == (server.certificate,)


def test_parser_keeps_duplicates_and_ca_bundle_drops_them(server: Identity, other: Identity) -> None:
    text = other.certificate_pem + server.certificate_pem + other.certificate_pem

    assert parse_certificates(text, property="ca") == (other.certificate, server.certificate, other.certificate)
    assert CaBundle.parse(text).certificates == (other.certificate, server.certificate)


def test_text_with_256_blocks_is_parsed(server: Identity) -> None:
    assert len(parse_certificates(server.certificate_pem * 256, property="ca")) == 256


def test_crl_of_a_ca_can_be_put_first(root: DevelopmentCa, intermediate: DevelopmentCa) -> None:
    of_root, of_intermediate = root.issue_crl(), intermediate.issue_crl()
    bundle = CrlBundle.parse(of_intermediate + of_root)

    assert bundle.starting_with(root.certificate).to_pem() == of_root + of_intermediate
    assert bundle.starting_with(intermediate.certificate).to_pem() == of_intermediate + of_root


def test_crl_of_a_ca_with_the_same_name_and_another_key_is_not_put_first(root: DevelopmentCa) -> None:
    namesake = DevelopmentCa.create("Test Root CA")
    bundle = CrlBundle.parse(namesake.issue_crl() + root.issue_crl())

    assert bundle.starting_with(root.certificate).crls == bundle.crls[::-1]


def test_from_file_returns_text_or_base64(server: Identity, crl: str, tmp_path: Path) -> None:
    pem, der, p12, relative = (tmp_path / name for name in ("a.pem", "a.cer", "a.p12", "with blank.pem"))
    pem.write_text(server.full_chain_pem)
    der.write_bytes(server.certificate.public_bytes(Encoding.DER))
    p12.write_bytes(server.to_pkcs12())
    relative.write_text(crl)

    assert from_file(pem) == from_file(str(pem)) == server.full_chain_pem
    assert parse_certificates(from_file(der), property="certificate") == (server.certificate,)
    assert from_file(p12) == b64encode(p12.read_bytes()).decode()
    assert from_file(relative) == crl


def test_unreadable_files_are_rejected(server: Identity, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("\n")
    (tmp_path / "huge.pem").write_bytes(b"x" * (1024 * 1024 + 1))
    os.symlink(tmp_path / "loop", tmp_path / "loop")
    expected = {
        "missing.pem": "FILE_NOT_FOUND",
        "missing\nline.pem": "FILE_NOT_FOUND",
        "": "FILE_UNREADABLE",  # the folder itself
        "loop": "FILE_UNREADABLE",
        "nul\0.pem": "FILE_UNREADABLE",
        "empty.pem": "EMPTY",
        "huge.pem": "TOO_LARGE",
    }
    for name, code in expected.items():
        path = f"{tmp_path}/{name}"
        with pytest.raises(MaterialError) as caught:
            from_file(path, property="certificate")
        assert (caught.value.finding.code, caught.value.finding.property) == (code, "certificate")
        assert repr(path) in str(caught.value)
        assert str(caught.value).isprintable()


SPECIAL_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe without a writer": (os.mkfifo, "it is a named pipe"),
    "a link to a pipe": (lambda path: link_to_pipe(path), "it is a named pipe"),
    "a device without an end": (lambda path: path.symlink_to("/dev/zero"), "it is a device"),
    "a terminal": (lambda path: path.symlink_to("/dev/ptmx"), "it is a device"),
    "a folder": (Path.mkdir, "it is a folder"),
    "a socket": (lambda path: listen(path), "it is a socket"),
}


def link_to_pipe(path: Path) -> None:
    os.mkfifo(f"{path}.pipe")
    path.symlink_to(f"{path}.pipe")


def listen(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", SPECIAL_FILES)
def test_a_file_that_is_no_regular_file_is_rejected_at_once(kind: str, tmp_path: Path) -> None:
    create, reason = SPECIAL_FILES[kind]
    path = tmp_path / "f.pem"
    create(path)
    with pytest.raises(MaterialError) as caught:
        from_file(path, property="certificate")
    assert caught.value.finding.code == "FILE_UNREADABLE"
    assert f"'{path}' cannot be read: {reason}. Give a regular file" in str(caught.value)


@pytest.mark.timeout(10)
def test_a_file_that_becomes_a_pipe_before_it_is_opened_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f.pem"
    path.write_text("text")
    check = material_module._require_regular

    def check_and_replace(status: os.stat_result) -> None:
        check(status)
        path.unlink()
        os.mkfifo(path)

    monkeypatch.setattr(material_module, "_require_regular", check_and_replace)
    with pytest.raises(MaterialError, match="it is a named pipe"):
        from_file(path)


def test_error_for_a_key_in_place_of_a_path_does_not_contain_the_key(server: Identity) -> None:
    der = b64encode(server.private_key_pem.encode()).decode()
    for given in (server.private_key_pem, der, "".join(server.private_key_pem.splitlines()[1:-1])):
        with pytest.raises(MaterialError) as caught:
            from_file(given)
        assert caught.value.finding.code == "MATERIAL_AS_PATH"
        assert given[40:60] not in repr(caught.value) + str(caught.value)
