"""Roles of files, guessed from their content and from the other files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.certificates.issuing import CLIENT, SERVER, issue
from tests.cli.check.command_runs import days_from_now, run, write_files
from tests.cli.conftest import Pki

Files = dict[str, str | bytes]


def der(pem: str) -> bytes:
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)


SINGLE_FILES: dict[str, tuple[Callable[[Pki], str | bytes], str | None]] = {
    "server certificate": (lambda pki: pki.server.full_chain_pem, "listener"),
    "server certificate and its key": (lambda pki: pki.server.to_pem_bundle(), "listener"),
    "key first": (lambda pki: pki.server.private_key_pem + pki.server.full_chain_pem, "listener"),
    "server certificate as DER": (lambda pki: der(pki.server.certificate_pem), "listener"),
    "server certificate as PKCS12": (lambda pki: pki.server.to_pkcs12(), "listener"),
    "chain in wrong order": (lambda pki: pki.server.chain_pem + pki.server.certificate_pem, "listener"),
    "client certificate": (lambda pki: pki.client.full_chain_pem, "client"),
    "client certificate as PKCS12": (lambda pki: pki.client.to_pkcs12(), "client"),
    "root": (lambda pki: pki.private.certificate_pem, "ca"),
    "bundle of CAs": (lambda pki: pki.private.certificate_pem + pki.public.certificate_pem, "ca"),
    "intermediate": (lambda pki: pki.servers.certificate_pem, "ca"),
    "CA with its key": (lambda pki: pki.private.identity.to_pem_bundle(), "ca"),
    "CRL": (lambda pki: pki.crl, "crl"),
    "private key": (lambda pki: pki.client.private_key_pem, "key"),
    "unknown content": (lambda pki: "hello\n", None),
}


@pytest.mark.parametrize("content_name", SINGLE_FILES)
def test_role_of_a_single_file_is_guessed(content_name: str, pki: Pki, tmp_path: Path) -> None:
    content, role = SINGLE_FILES[content_name]
    write_files(tmp_path, file_pem=content(pki))
    assert run("check", "--json", tmp_path / "file.pem").roles == {"file.pem": role}


def listener_files(pki: Pki) -> Files:
    return {"server_pem": pki.server.full_chain_pem, "server_key": pki.server.private_key_pem}


def backend_files(pki: Pki) -> Files:
    return {"backend_pem": pki.backend.full_chain_pem, "backend_key": pki.backend.private_key_pem}


SEVERAL_FILES: dict[str, tuple[Callable[[Pki], Files], dict[str, str]]] = {
    "server certificate without a key, next to its CA: backend": (
        lambda pki: {"backend_pem": pki.backend.full_chain_pem, "ca_pem": pki.private.certificate_pem},
        {"backend.pem": "backend", "ca.pem": "ca"},
    ),
    "server certificate with its key, next to its CA: listener": (
        lambda pki: {**backend_files(pki), "ca_pem": pki.private.certificate_pem},
        {"backend.pem": "listener", "backend.key": "key", "ca.pem": "ca"},
    ),
    "server certificate with its key, next to its CA and a listener certificate: backend": (
        lambda pki: {**backend_files(pki), **listener_files(pki), "ca_pem": pki.private.certificate_pem},
        {"backend.pem": "backend", "backend.key": "key", "server.pem": "listener", "server.key": "key", "ca.pem": "ca"},
    ),
    "server certificate and its key in one file: listener": (
        lambda pki: {
            **listener_files(pki),
            "both_pem": pki.backend.to_pem_bundle(),
            "ca_pem": pki.private.certificate_pem,
        },
        {"both.pem": "listener", "server.pem": "sni", "server.key": "key", "ca.pem": "ca"},
    ),
    "second listener certificate: SNI": (
        lambda pki: {"a_pem": pki.server.to_pem_bundle(), "b_pem": pki.shop.to_pem_bundle()},
        {"a.pem": "listener", "b.pem": "sni"},
    ),
    "one certificate in two formats: one role": (
        lambda pki: {"a_p12": pki.server.to_pkcs12(), "a_pem": pki.server.full_chain_pem},
        {"a.p12": "listener", "a.pem": "listener"},
    ),
    "key of a CA: private key": (
        lambda pki: {"ca_key": pki.private.identity.private_key_pem, "ca_pem": pki.private.certificate_pem},
        {"ca.key": "key", "ca.pem": "ca"},
    ),
}


@pytest.mark.parametrize("case", SEVERAL_FILES)
def test_roles_of_several_files_are_guessed(case: str, pki: Pki, tmp_path: Path) -> None:
    files, roles = SEVERAL_FILES[case]
    result = run("check", "--json", write_files(tmp_path, **files(pki)))
    assert result.roles == roles
    assert result.report.outcome != "errors"


def test_certificate_for_both_purposes_is_a_listener_certificate(tmp_path: Path) -> None:
    both = issue("app.example.com", extended_key_usage=(SERVER, CLIENT), not_after=days_from_now(300))
    write_files(tmp_path, both_pem=both.pem + both.key_pem)
    assert run("check", "--json", tmp_path).roles == {"both.pem": "listener"}


def test_self_signed_server_certificate_is_not_a_ca(tmp_path: Path) -> None:
    """Check a certificate like those of `openssl req -x509`."""
    own = issue("app.example.com", ca=True, extended_key_usage=None, usages=None, not_after=days_from_now(300))
    write_files(tmp_path, server_pem=own.pem, server_key=own.key_pem)
    assert run("check", "--json", tmp_path).roles == {"server.pem": "listener", "server.key": "key"}
    assert run("check", "--json", tmp_path / "server.pem").roles == {"server.pem": "ca"}


def test_one_certificate_in_two_formats_counts_once(pki: Pki, tmp_path: Path) -> None:
    write_files(tmp_path, a_pem=pki.server.to_pem_bundle(), b_p12=pki.shop.to_pkcs12(), b_pem=pki.shop.to_pem_bundle())
    result = run("check", "--json", tmp_path)
    assert result.roles == {"a.pem": "listener", "b.p12": "sni", "b.pem": "sni"}
    assert result.codes == []
    with_options = run("check", "--json", "--sni", tmp_path / "b.p12", "--sni", tmp_path / "b.pem")
    assert with_options.codes == ["DUPLICATE_SNI"]


def test_option_overrides_the_guessed_role(pki: Pki, tmp_path: Path) -> None:
    write_files(tmp_path, **listener_files(pki), **backend_files(pki), ca_pem=pki.public.certificate_pem)
    result = run("check", "--json", tmp_path, "--listener", tmp_path / "backend.pem", "--sni", tmp_path / "server.pem")
    assert result.roles["backend.pem"] == "listener"
    assert result.roles["server.pem"] == "sni"
    guessed = {Path(file.file).name: file.role_guessed for file in result.report.files}
    assert guessed == {
        "backend.pem": False, "server.pem": False, "ca.pem": True, "backend.key": True, "server.key": True
    }  # fmt: skip


@pytest.mark.parametrize(
    ("option", "file", "code"),
    [
        ("--ca", "crl.pem", "NOT_A_CERTIFICATE"),
        ("--crl", "ca.pem", "NOT_A_REVOCATION_LIST"),
        ("--ca", "server.key", "PRIVATE_KEY_IN_CERTIFICATE"),
        ("--crl", "server.key", "PRIVATE_KEY_IN_REVOCATION_LIST"),
        ("--backend", "server.key", "PRIVATE_KEY_IN_CERTIFICATE"),
        ("--listener", "server.key", "CERTIFICATE_MISSING"),
        ("--key", "server.pem", "NOT_A_PRIVATE_KEY"),
        ("--sni", "crl.pem", "NOT_A_CERTIFICATE"),
    ],
)
def test_content_that_does_not_match_its_role_is_an_error(
    option: str, file: str, code: str, pki: Pki, tmp_path: Path
) -> None:
    write_files(tmp_path, **listener_files(pki), ca_pem=pki.private.certificate_pem, crl_pem=pki.crl)
    result = run("check", "--json", option, tmp_path / file)
    assert result.codes == [code]
    assert result.code == 1
    assert result.report.findings[0].files == (str(tmp_path / file),)
    assert str(tmp_path / file) in result.report.findings[0].sentence


def test_private_key_is_matched_to_its_certificate(pki: Pki, tmp_path: Path) -> None:
    write_files(tmp_path, z_key=pki.server.private_key_pem, server_pem=pki.server.full_chain_pem)
    (server, _) = run("check", "--json", tmp_path).report.files
    assert server.private_key_file == str(tmp_path / "z.key")


def test_private_key_determines_the_leaf(pki: Pki, tmp_path: Path) -> None:
    write_files(
        tmp_path, two_pem=pki.server.certificate_pem + pki.shop.certificate_pem, shop_key=pki.shop.private_key_pem
    )
    (two, _) = run("check", "--json", tmp_path).report.files
    assert two.certificates[0].subject == "CN=shop.example.com"


@pytest.mark.parametrize("in_own_file", [True, False])
def test_private_key_without_a_matching_certificate_is_an_error(in_own_file: bool, pki: Pki, tmp_path: Path) -> None:
    if in_own_file:
        write_files(tmp_path, server_pem=pki.server.full_chain_pem, other_key=pki.shop.private_key_pem)
    else:
        write_files(tmp_path, server_pem=pki.server.full_chain_pem + pki.shop.private_key_pem)
    result = run("check", "--json", tmp_path)
    assert result.code == 1
    assert "KEY_MISMATCH" in result.codes


def test_ca_with_its_key_in_one_file_is_an_error(pki: Pki, tmp_path: Path) -> None:
    write_files(tmp_path, ca_pem=pki.private.identity.to_pem_bundle())
    result = run("check", "--json", tmp_path)
    assert "PRIVATE_KEY_IN_CERTIFICATE" in result.codes
    assert result.code == 1
