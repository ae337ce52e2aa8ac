"""`gcore-tls check --json`: a report for programs, with a stable schema."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel

from gcore_tls_provider.certificates import certificate_facts, from_file, parse_certificates
from gcore_tls_provider.cli.check.report import Report
from tests.cli.check.command_runs import run, write_files
from tests.cli.conftest import Pki

FIELDS = {
    "Report": {"version", "checked_at", "outcome", "host_names", "files", "findings", "omitted_files"},
    "ReportedFile": {
        "file", "role", "role_guessed", "private_key_file", "certificates", "crls",
    },
    "CheckedCertificate": {
        "subject", "issuer", "dns_names", "not_before", "not_after", "days_left", "serial", "key_type",
        "fingerprint_sha256",
    },
    "CheckedCrl": {
        "issuer", "this_update", "next_update", "days_left", "revoked_count", "crl_number", "fingerprint_sha256",
    },
    "ReportedFinding": {"code", "severity", "accepted", "files", "sentence", "remedy"},
}  # fmt: skip
"""Fields of version 1. Fields can be added; one that is renamed or removed needs a new version."""


def test_version_1_keeps_its_fields() -> None:
    schema = json.loads(run("check", "--json-schema").stdout)
    models = {"Report": schema, **schema["$defs"]}
    assert schema["properties"]["version"]["const"] == 1
    assert {name: set(model["properties"]) for name, model in models.items()} == FIELDS


def test_every_field_has_a_description() -> None:
    schema = json.loads(run("check", "--json-schema").stdout)
    for model in (schema, *schema["$defs"].values()):
        assert model["description"]
        assert all(field["description"] for field in model["properties"].values())
        assert model["additionalProperties"] is False


def test_report_is_unchanged_after_a_round_trip(development: Path) -> None:
    printed = run("check", "--json", development).stdout
    report = Report.model_validate_json(printed)
    assert isinstance(report, BaseModel)
    assert printed.isascii()
    assert json.loads(printed) == report.model_dump(mode="json")


def test_report_has_the_facts_of_a_certificate(development: Path) -> None:
    server = development / "server.pem"
    (file,) = run("check", "--json", server).report.files
    certificates = parse_certificates(from_file(server), property="server")
    for reported, certificate in zip(file.certificates, certificates, strict=True):
        facts = certificate_facts(certificate)
        assert reported.fingerprint_sha256 == facts.fingerprint_sha256
        assert (reported.subject, reported.issuer, reported.dns_names) == (facts.subject, facts.issuer, facts.dns_names)
        assert (reported.not_before, reported.not_after) == (facts.not_before, facts.not_after)
        assert (reported.serial, reported.key_type) == (facts.serial, facts.key_type)
    assert file.certificates[0].days_left in (363, 364, 365)


def test_report_has_the_facts_of_a_crl(development: Path) -> None:
    (file,) = run("check", "--json", development / "crl.pem").report.files
    (reported,) = file.crls
    assert (reported.issuer, reported.revoked_count) == ("CN=Development Root CA", 0)
    assert reported.days_left in (363, 364, 365)


def test_host_names_are_given_or_those_of_the_listener_certificates(development: Path) -> None:
    assert run("check", "--json", development).report.host_names == ("app.example.com", "shop.example.com")
    given = run("check", "--json", development, "--host-name", "Shop.Example.com.").report
    assert given.host_names == ("shop.example.com",)


def test_report_is_ascii(pki: Pki, tmp_path: Path) -> None:
    path = tmp_path / "zertifikät.pem"
    path.write_text(pki.server.to_pem_bundle())
    result = run("check", "--json", path)
    assert result.stdout.isascii()
    assert result.report.files[0].file == str(path)


def test_file_name_that_is_not_text_is_reported(pki: Pki, tmp_path: Path) -> None:
    path = tmp_path / "server\udcff.pem"
    path.write_text(pki.server.to_pem_bundle())
    assert run("check", "--json", tmp_path).roles == {"server\N{REPLACEMENT CHARACTER}.pem": "listener"}
    assert run("check", tmp_path).code == 0


def test_unreadable_file_is_in_the_report(tmp_path: Path) -> None:
    write_files(tmp_path, broken_pem="-----BEGIN CERTIFICATE-----\nAAAA\n")
    report = run("check", "--json", tmp_path).report
    assert [(file.role, file.certificates) for file in report.files] == [(None, ())]
    assert [finding.code for finding in report.findings] == ["TRUNCATED"]
