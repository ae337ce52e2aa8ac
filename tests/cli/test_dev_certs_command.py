"""`gcore-tls dev-certs` creates a complete set of certificates without findings in `gcore-tls check`."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.cli.check.command_runs import run


def test_created_certificates_have_no_findings_and_all_roles(tmp_path: Path) -> None:
    created = run("dev-certs", tmp_path / "certificates")
    assert created.code == 0, created.stderr
    result = run("check", "--json", tmp_path / "certificates")
    assert (result.code, result.report.findings) == (0, ())
    assert result.roles == {
        "server.pem": "listener",
        "shop.pem": "sni",
        "client.pem": "client",
        "client.p12": "client",
        "ca.pem": "ca",
        "crl.pem": "crl",
        "backend.pem": "backend",
        "server.key": "key",
        "shop.key": "key",
        "client.key": "key",
        "backend.key": "key",
        "client.p12.password": "password",
    }


def test_options_set_the_names_and_the_validity(tmp_path: Path) -> None:
    names = ["--server-name", "App.test", "--server-name", "*.app.test", "--server-name", "192.0.2.1"]
    run("dev-certs", tmp_path / "new", *names, "--sni-name", "shop.test", "--client-name", "edge", "--days", "90")
    report = run("check", "--json", tmp_path / "new").report
    files = {Path(file.file).name: file for file in report.files}
    assert files["server.pem"].certificates[0].dns_names == ("app.test", "*.app.test")
    assert files["shop.pem"].certificates[0].dns_names == ("shop.test",)
    assert files["backend.pem"].certificates[0].dns_names == ("app.test", "*.app.test", "shop.test")
    assert files["client.pem"].certificates[0].subject == "CN=edge"
    assert {
        file.certificates[0].days_left for name, file in files.items() if file.certificates and name != "ca.pem"
    } <= {
        89,
        90,
    }
    assert files["crl.pem"].crls[0].days_left in (89, 90)
    assert report.outcome != "errors", report


def test_output_describes_each_file_without_the_password(tmp_path: Path) -> None:
    result = run("dev-certs", tmp_path / "c", COLUMNS="80")
    lines = result.stdout.splitlines()
    for path in (tmp_path / "c").iterdir():
        assert any(line.startswith(f"  {path.name}  ") for line in lines), path.name
    words = " ".join(result.stdout.split())
    assert "For tests only" in words
    assert "gcore-tls check " in words
    assert (tmp_path / "c" / "client.p12.password").read_text() not in result.stdout


def test_only_the_owner_can_read_private_keys(tmp_path: Path) -> None:
    run("dev-certs", tmp_path / "c")
    folder = tmp_path / "c"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in (*folder.glob("*.key"), folder / "client.p12", folder / "client.p12.password"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_existing_files_are_replaced_only_with_force(tmp_path: Path) -> None:
    run("dev-certs", tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    assert "is not empty" in run("dev-certs", tmp_path).usage_error
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    assert run("dev-certs", tmp_path, "--force").code == 0
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] == before[name]} == {"notes.txt"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["new", "--server-name", "app test"], "is not a host name"),
        (["new", "--server-name", "app.test:443"], "without scheme and port"),
        (["new", "--sni-name", "shöp.test"], "xn--"),
        (["new", "--client-name", ""], "is not a host name"),
        (["new", "--days", "0"], "--days"),
        (["new", "--days", "1826"], "--days"),
        (["file"], "is not a directory"),
        (["file/below"], "Not a directory"),
    ],
)
def test_invalid_arguments_are_rejected_before_anything_is_created(
    arguments: list[str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    assert expected in run("dev-certs", *arguments).usage_error
    assert not (tmp_path / "new").exists()


def test_help_has_examples_and_fits_80_columns() -> None:
    result = run("dev-certs", "--help", COLUMNS="80")
    assert "Examples:" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
