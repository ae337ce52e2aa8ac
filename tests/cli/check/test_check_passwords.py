"""Passwords of files: their sources, and that neither a password nor a private key is ever printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from gcore_tls_provider.certificates import MaterialError
from gcore_tls_provider.certificates.findings.report import material_error
from gcore_tls_provider.cli.check.passwords import Passwords
from tests.cli.check.command_runs import CommandRun, run, write_files
from tests.cli.conftest import Pki

PASSWORD = "canary-Pässword-4711"
OTHER = "canary-other-0815"


@pytest.fixture(params=["PKCS12", "private key"])
def encrypted(request: pytest.FixtureRequest, pki: Pki, tmp_path: Path) -> Path:
    """Return a folder with a certificate whose private key only `PASSWORD` opens."""
    if request.param == "PKCS12":
        return write_files(tmp_path, client_p12=pki.client.to_pkcs12(PASSWORD))
    encryption = BestAvailableEncryption(PASSWORD.encode())
    key = pki.client.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return write_files(tmp_path, client_pem=pki.client.full_chain_pem, client_key=key)


def is_opened(result: CommandRun) -> bool:
    assert PASSWORD not in result.stdout + result.stderr and OTHER not in result.stdout + result.stderr
    client = next((file for file in result.report.files if file.role == "client"), None)
    return client is not None and client.private_key_file is not None and result.code == 0


def test_password_comes_from_the_environment(encrypted: Path) -> None:
    assert is_opened(run("check", "--json", encrypted, GCORE_TLS_PASSWORD=PASSWORD))


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_password_comes_from_a_file(end: str, encrypted: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("password") / "secret"
    file.write_bytes(PASSWORD.encode() + end.encode())
    assert is_opened(run("check", "--json", encrypted, "--password-file", file))


def test_password_comes_from_a_file_in_the_same_folder(encrypted: Path) -> None:
    write_files(encrypted, client_p12_password=f"{PASSWORD}\n")
    assert is_opened(run("check", "--json", encrypted))


def test_each_password_is_tried(encrypted: Path) -> None:
    write_files(encrypted, a_password=OTHER, b_password=PASSWORD)
    assert is_opened(run("check", "--json", encrypted, GCORE_TLS_PASSWORD="canary-third"))


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({}, {"PASSWORD_MISSING", "PASSPHRASE_MISSING"}),
        ({"GCORE_TLS_PASSWORD": ""}, {"PASSWORD_MISSING", "PASSPHRASE_MISSING"}),
        ({"GCORE_TLS_PASSWORD": OTHER}, {"PASSWORD_WRONG", "PASSPHRASE_WRONG"}),
    ],
)
def test_missing_or_wrong_password_is_an_error(environ: dict[str, str], code: set[str], encrypted: Path) -> None:
    result = run("check", "--json", encrypted, **environ)
    assert not is_opened(result)
    assert result.code == 1
    (finding,) = result.report.findings
    assert finding.code in code
    assert finding.files[0] in finding.sentence


@pytest.mark.parametrize("form", ["--json", "--strict"])
@pytest.mark.parametrize("environ", [{}, {"GCORE_TLS_PASSWORD": PASSWORD}, {"GCORE_TLS_PASSWORD": OTHER}])
def test_no_output_contains_a_secret(form: str, environ: dict[str, str], encrypted: Path, pki: Pki) -> None:
    write_files(encrypted, server_pem=pki.server.to_pem_bundle(), other_key=pki.backend.private_key_pem)
    write_files(encrypted, broken_pem=pki.shop.private_key_pem[:-40], z_password=f"{OTHER}-2")
    result = run("check", form, encrypted, **environ)
    printed = result.stdout + result.stderr
    for identity in (pki.client, pki.server, pki.backend, pki.shop):
        body = "".join(identity.private_key_pem.splitlines()[1:-1])
        assert not any(body[at : at + 12] in printed for at in range(24, len(body) - 24, 12))
        assert identity.private_key_pem not in printed
    for secret in (PASSWORD, OTHER, "PRIVATE KEY-"):
        assert secret not in printed
    assert not re.search(r"Traceback", printed)


def test_help_does_not_show_a_password_from_the_environment() -> None:
    assert PASSWORD not in run("check", "--help", GCORE_TLS_PASSWORD=PASSWORD).stdout


def read(password: str | None) -> str:
    """Parse a file that only `PASSWORD` opens."""
    if password == PASSWORD:
        return "open"
    code = "PASSWORD_WRONG" if password else "PASSWORD_MISSING"
    raise material_error(code, "p12", message="argument", pkcs12_property="p12")


def test_terminal_prompts_once_for_a_password_that_opens_several_files() -> None:
    prompts: list[str] = []

    def prompt(name: str) -> str:
        prompts.append(name)
        return PASSWORD

    passwords = Passwords([OTHER], prompt)
    assert [passwords.open(name, read) for name in ("a.p12", "b.p12")] == ["open", "open"]
    assert prompts == ["a.p12"]


@pytest.mark.parametrize(("password", "code"), [("", "PASSWORD_MISSING"), (OTHER, "PASSWORD_WRONG")])
def test_empty_or_wrong_password_in_the_terminal_is_an_error(password: str, code: str) -> None:
    with pytest.raises(MaterialError) as raised:
        Passwords([], lambda _: password).open("a.p12", read)
    assert raised.value.finding.code == code
    assert OTHER not in str(raised.value)


def test_error_that_is_not_about_passwords_is_raised_unchanged() -> None:
    def broken(password: str | None) -> str:
        raise material_error("MALFORMED_PKCS12", "p12", message="damaged")

    with pytest.raises(MaterialError, match="damaged"):
        Passwords([PASSWORD], lambda _: PASSWORD).open("a.p12", broken)
