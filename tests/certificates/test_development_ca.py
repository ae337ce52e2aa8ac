"""The development CA: its certificates pass OpenSSL's strict checks, and only the owner can read its keys."""

from __future__ import annotations

import dataclasses
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import verification

from gcore_tls_provider.certificates import (
    CrlBundle,
    DevelopmentCa,
    DevelopmentFiles,
    Identity,
    certificate_facts,
    from_file,
    identity_from_pem,
    identity_from_pkcs12,
    parse_certificates,
    write_development_certificates,
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentFiles:
    return write_development_certificates(tmp_path_factory.mktemp("certificates") / "new" / "folder")


@pytest.mark.parametrize(
    "name, purpose", [("server", "sslserver"), ("shop", "sslserver"), ("backend", "sslserver"), ("client", "sslclient")]
)
def test_openssl_verifies_the_written_certificates(
    files: DevelopmentFiles, openssl: Callable[..., str], name: str, purpose: str
) -> None:
    certificate: Path = getattr(files, name)
    checks = ["-CRLfile", files.crl, "-crl_check"] if name in ("backend", "client") else []
    verified = openssl("verify", "-x509_strict", "-CAfile", files.ca, "-untrusted", certificate, "-purpose", purpose,
        *checks, certificate)  # fmt: skip
    assert verified.endswith(": OK\n")


def test_cryptography_verifies_a_server_with_its_chain(root: DevelopmentCa, server: Identity) -> None:
    builder = verification.PolicyBuilder().store(verification.Store([root.certificate]))
    for name in ("app.example.com", "www.app.example.com"):
        verifier = builder.build_server_verifier(x509.DNSName(name))
        assert verifier.verify(server.certificate, list(server.chain))[-1] == root.certificate


def test_files_contain_the_certificates_keys_and_crls_of_their_names(files: DevelopmentFiles) -> None:
    for certificate, key, names, length in (
        (files.server, files.server_key, ("app.example.com",), 1),
        (files.shop, files.shop_key, ("shop.example.com",), 1),
        (files.backend, files.backend_key, ("app.example.com", "shop.example.com"), 0),
        (files.client, files.client_key, ("load-balancer.internal",), 0),
    ):
        identity = identity_from_pem(certificate=from_file(certificate), private_key=from_file(key))
        assert certificate_facts(identity.certificate).dns_names == names
        assert len(identity.chain) == length

    password = from_file(files.client_pkcs12_password_file)
    assert password == files.client_pkcs12_password
    client = identity_from_pkcs12(pkcs12=from_file(files.client_pkcs12), password=password)
    assert client.full_chain_pem == from_file(files.client)
    (ca,) = parse_certificates(from_file(files.ca), property="ca")
    bundle = CrlBundle.parse(from_file(files.crl))
    assert bundle.crls[0].issuer == ca.subject


def test_only_the_owner_can_read_secret_files(files: DevelopmentFiles) -> None:
    assert stat.S_IMODE(files.ca.parent.stat().st_mode) == 0o700
    private = (files.server_key, files.shop_key, files.client_key, files.backend_key, files.client_pkcs12,
        files.client_pkcs12_password_file)  # fmt: skip
    for path in private:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for path in set(files.ca.parent.iterdir()) - set(private):
        assert "PRIVATE" not in path.read_text()
    assert files.client_pkcs12_password not in repr(files)


def test_writing_again_replaces_every_file(tmp_path: Path) -> None:
    (tmp_path / "server.key").touch(mode=0o644)
    first = write_development_certificates(tmp_path, server_names=["a.example", "192.0.2.1"], client_name="edge")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    second = write_development_certificates(tmp_path, server_names=["a.example", "192.0.2.1"], client_name="edge")

    assert stat.S_IMODE(first.server_key.stat().st_mode) == 0o600
    assert all(path.read_bytes() != content for path, content in before.items())
    paths = [dataclasses.replace(written, client_pkcs12_password="") for written in (first, second)]
    assert paths[0] == paths[1]


def test_openssl_rejects_a_revoked_certificate(
    root: DevelopmentCa, other: Identity, crl: str, openssl: Callable[..., str], tmp_path: Path
) -> None:
    for name, text in (("ca", root.certificate_pem), ("crl", crl), ("leaf", other.certificate_pem)):
        (tmp_path / name).write_text(text)
    with pytest.raises(AssertionError, match="certificate revoked"):
        openssl("verify", "-CAfile", tmp_path / "ca", "-CRLfile", tmp_path / "crl", "-crl_check", tmp_path / "leaf")


def test_server_certificate_has_long_names_wildcards_and_addresses(root: DevelopmentCa) -> None:
    long = ".".join(["a" * 60, "b" * 60, "example"])
    issued = root.issue_server([long, "*.example.com", "2001:db8::1"])

    names = issued.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [long, "*.example.com"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["2001:db8::1"]
