"""`gcore-tls check`: its rules, its output and its exit codes."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console

from gcore_tls_provider.certificates import CrlBundle, DevelopmentCa
from gcore_tls_provider.cli.check.evaluate import CertificateSet
from gcore_tls_provider.cli.check.files import FileContents
from gcore_tls_provider.cli.check.report import build_report
from gcore_tls_provider.cli.check.role_guessing import assign_roles
from gcore_tls_provider.cli.check.terminal import show_report
from tests.certificates.issuing import issue
from tests.cli.check.command_runs import CommandRun, days_from_now, run, write_files
from tests.cli.conftest import Pki

Check = Callable[[Path, Pki], CommandRun]


def valid(folder: Path, pki: Pki) -> CommandRun:
    return run("check", "--json", write_files(folder, server_pem=pki.server.to_pem_bundle()))


def expires_soon(folder: Path, pki: Pki, *options: str) -> CommandRun:
    soon = pki.servers.issue_server(["app.example.com"], valid_days=10)
    return run("check", "--json", write_files(folder, server_pem=soon.to_pem_bundle()), *options)


def expired(folder: Path, pki: Pki, *options: str) -> CommandRun:
    old = pki.servers.issue_server(["app.example.com"], now=days_from_now(-20), valid_days=10)
    return run("check", "--json", write_files(folder, server_pem=old.to_pem_bundle()), *options)


def uncovered(folder: Path, pki: Pki, *options: str) -> CommandRun:
    names = ["--host-name", "app.example.com", "--host-name", "other.example.com"]
    return run("check", "--json", write_files(folder, server_pem=pki.server.to_pem_bundle()), *names, *options)


def garbage(folder: Path, pki: Pki, *options: str) -> CommandRun:
    return run("check", "--json", write_files(folder, server_pem="hello\n"), *options)


OUTCOMES: dict[str, tuple[Check, int, str, set[str]]] = {
    "no findings": (valid, 0, "ok", set()),
    "a warning": (expires_soon, 0, "warnings", {"CERTIFICATE_EXPIRES_SOON"}),
    "a warning, strict": (lambda *a: expires_soon(*a, "--strict"), 1, "warnings", {"CERTIFICATE_EXPIRES_SOON"}),
    "a warning, strict and accepted": (
        lambda *a: expires_soon(*a, "--strict", "--accept", "CERTIFICATE_EXPIRES_SOON=replaced in May"),
        0,
        "ok",
        {"CERTIFICATE_EXPIRES_SOON"},
    ),
    "no findings with fewer warning days": (lambda *a: expires_soon(*a, "--expiry-warning-days", "5"), 0, "ok", set()),
    "an error": (expired, 1, "errors", {"CERTIFICATE_EXPIRED"}),
    "an error, accepted": (
        lambda *a: expired(*a, "--accept", "CERTIFICATE_EXPIRED=a test"),
        0,
        "ok",
        {"CERTIFICATE_EXPIRED"},
    ),
    "a name that is not covered": (uncovered, 1, "errors", {"HOST_NAME_NOT_COVERED"}),
    "unreadable content": (garbage, 1, "errors", {"NOT_PEM"}),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_exit_code_follows_the_severity(case: str, pki: Pki, tmp_path: Path) -> None:
    check, code, outcome, codes = OUTCOMES[case]
    result = check(tmp_path, pki)
    assert (result.code, result.report.outcome, set(result.codes)) == (code, outcome, codes)
    assert result.stderr == ""


def test_accepted_finding_shows_its_reason(pki: Pki, tmp_path: Path) -> None:
    (finding,) = expired(tmp_path, pki, "--accept", "CERTIFICATE_EXPIRED=it is for a test").report.findings
    assert (finding.severity, finding.accepted) == ("warning", True)
    assert "it is for a test" in finding.remedy


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["server.pem", "nowhere.pem", "gone.pem"], "'nowhere.pem' does not exist"),
        (["server.pem", "nowhere.pem", "gone.pem"], "'gone.pem' does not exist"),
        (["empty"], "the folder 'empty' contains no file with one of the suffixes"),
        (["--strict"], "give at least one file"),
        (["--password-file", "nowhere", "server.pem"], "'nowhere' does not exist"),
        (["--accept", "CERTIFICATE_EXPIRED", "server.pem"], "accepted without a reason"),
        (["--accept", "CERTIFICATE_EXPIRED= ", "server.pem"], "accepted without a reason"),
        (["--accept", "EXPIRED=so", "server.pem"], "no finding with the code EXPIRED"),
        (["--accept", "KEY_MISMATCH=so", "server.pem"], "KEY_MISMATCH cannot be accepted"),
        (["--host-name", "https://app.example.com", "server.pem"], "without scheme and port"),
        (["--host-name", "192.0.2.1", "server.pem"], "is an IP address"),
        (["--host-name", "bücher.example", "server.pem"], "xn--"),
        (["--expiry-warning-days", "-1", "server.pem"], "expiry-warning-days"),
        (["--password", "1234_canary", "server.pem"], "No such option"),
        (["--role", "listener", "server.pem"], "No such option"),
    ],
)
def test_invalid_command_line_is_an_error(
    arguments: list[str], message: str, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, server_pem=pki.server.to_pem_bundle())
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    error = run("check", *arguments).usage_error
    assert message in error
    assert "1234_canary" not in error


def test_option_for_a_role_rejects_a_folder(tmp_path: Path) -> None:
    assert "cannot be read: it is a folder" in run("check", "--ca", tmp_path).usage_error


RELATED_FILES: dict[str, tuple[Callable[[Pki], dict[str, str | bytes]], str, set[str]]] = {
    "a CRL of another CA": (
        lambda pki: {"ca_pem": pki.private.certificate_pem, "crl_pem": pki.public.issue_crl()},
        "error",
        {"ca.pem", "crl.pem"},
    ),
    "a backend of another CA": (
        lambda pki: {
            "ca_pem": pki.private.certificate_pem,
            "backend_pem": pki.public.issue_server(["a.b"]).full_chain_pem,
        },
        "error",
        {"backend.pem"},
    ),
    "a backend that is revoked": (
        lambda pki: {
            "ca_pem": pki.private.certificate_pem,
            "crl_pem": pki.private.issue_crl([pki.backend]),
            "backend_pem": pki.backend.full_chain_pem,
        },
        "error",
        {"backend.pem"},
    ),
    "a backend without a name that clients use": (
        lambda pki: {
            "ca_pem": pki.private.certificate_pem,
            "backend_pem": pki.private.issue_server(["backend.internal"]).full_chain_pem,
            "server_pem": pki.server.to_pem_bundle(),
        },
        "error",
        {"backend.pem"},
    ),
    "two certificates with one name": (
        lambda pki: {
            "a_pem": pki.server.to_pem_bundle(),
            "b_pem": pki.servers.issue_server(["app.example.com", "b.example"]).to_pem_bundle(),
        },
        "warning",
        {"b.pem"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", RELATED_FILES)
def test_finding_across_files_names_all_of_them(case: str, pki: Pki, tmp_path: Path) -> None:
    files, severity, concerned_files = RELATED_FILES[case]
    findings = run("check", "--json", write_files(tmp_path, **files(pki))).report.findings
    assert any(
        finding.severity == severity and {Path(file).name for file in finding.files} == concerned_files
        for finding in findings
    ), findings


def test_shared_key_of_client_and_listener_certificate_is_a_warning(tmp_path: Path) -> None:
    end = days_from_now(300)
    server = issue("app.example.com", not_after=end)
    both = issue("load-balancer.example", key=server.key, not_after=end)
    write_files(tmp_path, server_pem=server.pem, client_pem=both.pem)
    findings = run("check", "--json", tmp_path / "server.pem", "--client", tmp_path / "client.pem").report.findings
    assert [
        (finding.severity, {Path(file).name for file in finding.files})
        for finding in findings
        if finding.code == "SHARED_KEY"
    ] == [("warning", {"server.pem", "client.pem"})]


def test_several_ca_files_make_one_bundle(pki: Pki, tmp_path: Path) -> None:
    """Check an intermediate whose root is in another file."""
    intermediate = pki.private.issue_ca("Private Backend CA")
    backend = intermediate.issue_server(["app.example.com"])
    crls = [pki.private.issue_crl(), intermediate.issue_crl()]
    write_files(
        tmp_path,
        root_pem=pki.private.certificate_pem,
        issuing_pem=intermediate.certificate_pem,
        backend_pem=backend.certificate_pem,
        a_crl=crls[1],
        b_crl=CrlBundle.parse(crls[0]).crls[0].public_bytes(Encoding.DER),
    )
    options: list[str | Path] = ["--ca", tmp_path / "root.pem", "--ca", tmp_path / "issuing.pem"]
    result = run("check", "--json", tmp_path, *options, "--host-name", "app.example.com")
    assert result.roles["a.crl"] == result.roles["b.crl"] == "crl"
    assert result.report.outcome != "errors", result.stdout


def test_finding_of_two_files_is_reported_once(pki: Pki, tmp_path: Path) -> None:
    old = pki.private.issue_client("edge", now=days_from_now(-20), valid_days=10)
    write_files(tmp_path, edge_pem=old.to_pem_bundle(), edge_p12=old.to_pkcs12())
    (finding,) = run("check", "--json", tmp_path).report.findings
    assert {Path(file).name for file in finding.files} == {"edge.pem", "edge.p12"}


def test_crl_of_another_ca_is_reported_once(pki: Pki, tmp_path: Path) -> None:
    write_files(tmp_path, ca_pem=pki.private.certificate_pem, crl_pem=pki.public.issue_crl())
    codes = run("check", "--json", tmp_path).codes
    assert len(codes) == len(set(codes))


def test_errors_are_listed_before_warnings(pki: Pki, tmp_path: Path) -> None:
    soon = pki.servers.issue_server(["app.example.com"], valid_days=10)
    old = pki.private.issue_client("edge", now=days_from_now(-20), valid_days=10)
    result = run("check", "--json", write_files(tmp_path, a_pem=soon.to_pem_bundle(), b_pem=old.to_pem_bundle()))
    assert [finding.severity for finding in result.report.findings] == ["error", "warning"]


def test_file_in_two_arguments_counts_once(development: Path) -> None:
    backend = development / "backend.pem"
    result = run("check", "--json", development, development / "backend.pem", "--backend", os.path.relpath(backend))
    assert len(result.report.files) == len(list(development.iterdir()))


def test_only_files_with_known_suffixes_are_read_from_a_folder(pki: Pki, tmp_path: Path) -> None:
    write_files(tmp_path, server_pem=pki.server.to_pem_bundle(), README_md="# Certificates")
    (tmp_path / "below.pem").mkdir()
    assert run("check", "--json", tmp_path).roles == {"server.pem": "listener"}


NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)

GOLDEN = """\
server.pem
  role      listener certificate (guessed)
  subject   CN=app.example.com
  issuer    CN=Server CA
  names     app.example.com, a-rather-long-name-of-a-service.example.com,
            another-rather-long-name.example.com
  valid     2026-06-01 to 2026-06-11, 10 days left
  key       EC P-256
  key file  server.key
  SHA-256   0000000000000000000000000000000000000000000000000000000000000000
  chain     CN=Server CA, 2026-06-01 to 2031-05-31, 1825 days left

ca.pem
  role     CA (guessed)
  subject  CN=Root CA
  issuer   CN=Root CA
  valid    2026-06-01 to 2036-05-29, 3650 days left
  key      EC P-256
  SHA-256  0000000000000000000000000000000000000000000000000000000000000000

  subject  CN=Old CA
  issuer   CN=Old CA
  valid    2026-05-02 to 2026-05-22: expired
  key      EC P-256
  SHA-256  0000000000000000000000000000000000000000000000000000000000000000

crl.pem
  role     CRL (guessed)
  issuer   CN=Root CA
  valid    2026-06-01 to 2026-07-01, 30 days left
  revoked  1
  number   7
  SHA-256  0000000000000000000000000000000000000000000000000000000000000000

server.key
  role     private key (guessed)
  matches  server.pem

"""


def example_files() -> CertificateSet:
    """Return files with everything that the report can show."""
    root = DevelopmentCa.create("Root CA", now=NOW)
    old = DevelopmentCa.create("Old CA", now=datetime(2026, 5, 2, 12, tzinfo=timezone.utc), valid_days=20)
    servers = root.issue_ca("Server CA", now=NOW)
    names = ["a-rather-long-name-of-a-service.example.com", "another-rather-long-name.example.com"]
    server = servers.issue_server(["app.example.com", *names], now=NOW, valid_days=10)
    crls = CrlBundle.parse(root.issue_crl([server], now=NOW, number=7)).crls
    files = [
        FileContents("server.pem", (server.certificate, *server.chain)),
        FileContents("ca.pem", (root.certificate, old.certificate)),
        FileContents("crl.pem", crls=crls),
        FileContents("server.key", private_key=server.private_key),
    ]
    return CertificateSet(assign_roles([(each, None) for each in files]), (), None, NOW)


def render_report(width: int, *, terminal: bool = False) -> str:
    files = example_files()
    console = Console(
        file=io.StringIO(), width=width, force_terminal=terminal, color_system="standard" if terminal else None
    )
    show_report(build_report(files, files.evaluate({})), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_text_report_at_80_columns_matches_the_golden_text() -> None:
    text = re.sub(r"\b[0-9a-f]{64}\b", "0" * 64, render_report(80))
    facts, findings = text[: len(GOLDEN)], text[len(GOLDEN) :]
    assert facts == GOLDEN
    assert (
        "warning  CERTIFICATE_EXPIRES_SOON  server.pem\n  The certificate 'CN=app.example.com' expires in 10"
        in findings
    )
    assert re.search(r"\n4 files checked, \d+ errors?, \d+ warnings?\.\n$", findings)


@pytest.mark.parametrize("width", [30, 40, 80, 200])
def test_text_report_is_wrapped_and_never_cut_off(width: int) -> None:
    text = render_report(width)
    assert max(map(len, text.splitlines())) <= width
    assert not any(line != line.rstrip() for line in text.splitlines())
    without_white_space = re.sub(r"\s", "", text)
    for whole in ("CN=app.example.com", "another-rather-long-name.example.com", "CERTIFICATE_EXPIRES_SOON"):
        assert whole in without_white_space
    assert re.search(r"[0-9a-f]{64}", without_white_space)


def test_only_terminals_get_colors() -> None:
    assert "\x1b" not in render_report(80)
    assert "\x1b[33mwarning" in render_report(80, terminal=True)


def test_names_cannot_control_the_terminal(pki: Pki, tmp_path: Path) -> None:
    odd = pki.servers.issue_server(["a\x1b]0;owned\x07.example", "b[bold].example", "c:smile:.example"])
    path = tmp_path / "odd\x1b[31m.pem"
    path.write_text(odd.to_pem_bundle())
    for result in (run("check", path), run("check", "--json", path)):
        assert "\x1b" not in result.stdout + result.stderr and "\x07" not in result.stdout
        assert "b[bold].example" in result.stdout and "c:smile:.example" in result.stdout


def test_help_has_options_examples_and_exit_codes_in_80_columns() -> None:
    result = run("check", "--help", COLUMNS="80")
    assert result.code == 0
    words = " ".join(result.stdout.split())
    for expected in (
        "--listener FILE",
        "GCORE_TLS_PASSWORD",
        "Examples:",
        "Exit code:",
        "gcore-tls check server.pem server.key",
    ):
        assert expected in words
    assert max(map(len, result.stdout.splitlines())) <= 80
