"""Certificate findings of `pulumi preview` with the real engine."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gcore_emulator import Emulator
from tests.certificates.issuing import CLIENT, Issued, issue, issue_ca, issue_crl
from tests.engine.conftest import NewProgram
from tests.engine.stack import CommandResult, Stack

pytestmark = [pytest.mark.engine, pytest.mark.parametrize("dialect", ["openapi"], indirect=True)]

TODAY = datetime.now(timezone.utc)
YESTERDAY, NEXT_YEAR = TODAY - timedelta(days=1), TODAY + timedelta(days=365)
BEGIN = TODAY - timedelta(days=30)

PROGRAM = """\
from pathlib import Path
import pulumi
from gcore_tls_components import MTLSLoadBalancer
from gcore_tls_provider import from_file

MTLSLoadBalancer(
    "web",
    listener_certificate={"certificate": from_file("server.pem"), "private_key": from_file("server.key")},
    ca=from_file("ca.pem"),
    crl=from_file("crl.pem"),
    client_certificate={"certificate": from_file("client.pem"), "private_key": from_file("client.key")},
    members=[{"address": "10.0.0.11", "protocol_port": 8443}],
    expected_backend_certificates=[from_file(each) for each in sorted(Path().glob("backend*.pem"))],
    **OPTIONS,
)
"""


class Files:
    """Certificate files in the folder of a program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = issue_ca("Backends CA", not_before=BEGIN, not_after=NEXT_YEAR)
        self.write("ca.pem", self.ca.pem)
        self.write_crl(self.ca)
        self.write_identity("server", self.issue_server("app.example"))
        self.write_identity("client", self.issue_client())

    def issue_server(self, name: str, ca: Issued | None = None, not_after: datetime = NEXT_YEAR) -> Issued:
        return issue(name, ca or self.ca, not_before=BEGIN, not_after=not_after)

    def issue_client(self, not_after: datetime = NEXT_YEAR, purpose: bool = True) -> Issued:
        usage = (CLIENT,) if purpose else None
        return issue("lb.example", self.ca, not_before=BEGIN, not_after=not_after, extended_key_usage=usage)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def write_identity(self, name: str, issued: Issued) -> None:
        self.write(f"{name}.pem", issued.pem)
        self.write(f"{name}.key", issued.key_pem)

    def write_crl(self, ca: Issued, *revoked: Issued, next_update: datetime = NEXT_YEAR) -> None:
        crl = issue_crl(ca, revoked, this_update=BEGIN, next_update=next_update)
        self.write("crl.pem", crl.public_bytes(Encoding.PEM).decode())


@pytest.fixture
def stack(new_program: NewProgram) -> Stack:
    return new_program(PROGRAM.replace("    **OPTIONS,\n", ""))


@pytest.fixture
def files(stack: Stack) -> Files:
    return Files(stack.program)


def add_options(stack: Stack, options: str) -> None:
    (stack.program / "__main__.py").write_text(PROGRAM.replace("**OPTIONS", options))


def findings_by_resource(command: CommandResult) -> dict[str, list[str]]:
    """Return the diagnostics by resource name, each as `severity: property CODE`."""
    found: dict[str, list[str]] = {}
    name = ""
    _, _, diagnostics = command.output.partition("\nDiagnostics:\n")
    for line in diagnostics.splitlines():
        if head := re.fullmatch(r"\s*\S+ \((.+)\):", line):
            name = head[1]
        elif text := re.fullmatch(r"\s*(error|warning): (?:.* has a problem: )?(\w+): .*\. \[([A-Z0-9_]+)\]", line):
            found.setdefault(name, []).append(f"{text[1]}: {text[2]} {text[3]}")
    return {resource: sorted(lines) for resource, lines in found.items()}


def test_the_preview_reports_all_errors_of_all_certificates_once(
    stack: Stack, files: Files, emulator: Emulator
) -> None:
    other = issue_ca("Another CA", not_before=BEGIN, not_after=NEXT_YEAR)
    files.write_identity("server", files.issue_server("app.example", not_after=YESTERDAY))
    files.write_identity("client", files.issue_server("lb.example"))
    files.write_crl(other)
    files.write("backend1.pem", files.issue_server("backend.internal").pem)
    files.write("backend2.pem", files.issue_server("app.example", ca=other).pem)
    stack.variables["GCORE_API_KEY"] = ""

    preview = stack.preview().expect_failure()

    # The error of the CRL is reported once, not again on the pool that uses it.
    assert findings_by_resource(preview) == {
        "web-listener-certificate": ["error: certificate CERTIFICATE_EXPIRED"],
        "web-client-certificate": ["error: certificate CLIENT_AUTH_MISSING"],
        "web-crl": ["error: revocation_list CRL_OF_ANOTHER_CA"],
        "web-pool": [
            "error: expected_backend_certificates BACKEND_NAME_NOT_COVERED",
            "error: expected_backend_certificates BACKEND_NOT_TRUSTED",
            "error: inputs DEPENDENCY_HAS_ERRORS",
        ],
    }
    assert "Traceback" not in preview.output
    assert "-----BEGIN" not in preview.output

    # A run without a preview uploads none of these certificates either.
    stack.variables["GCORE_API_KEY"] = emulator.settings.api_key
    stack.up().expect_failure()
    assert {each.name.rsplit("-", 2)[0] for each in emulator.account.secrets.values()} <= {"web-ca"}
    assert not emulator.account.pools


def test_the_preview_shows_the_changed_fields_of_a_rotated_certificate(stack: Stack, files: Files) -> None:
    stack.up().expect_success()
    stack.preview().expect_no_changes()
    previous = files.folder.joinpath("server.pem").read_text()
    renewed = issue(
        "app.example",
        files.ca,
        dns_names=["app.example", "www.app.example"],
        not_before=BEGIN,
        not_after=TODAY + timedelta(days=700),
    )
    files.write_identity("server", renewed)

    preview = stack.preview("--diff").expect_success()

    text = preview.output
    assert re.search(r'~ fingerprint_sha256: "[0-9a-f]{64}" => "[0-9a-f]{64}"', text), text
    year, later = NEXT_YEAR.strftime("%Y-%m-%d"), (TODAY + timedelta(days=700)).strftime("%Y-%m-%d")
    assert re.search(rf'~ not_after\s*: "{year}T[0-9:]+Z" => "{later}T[0-9:]+Z"', text), text
    assert re.search(r'\+ \[1\]: "www.app.example"', text), text
    assert "-----BEGIN" not in text
    assert previous.splitlines()[1] not in text
    stack.up().expect_success()
    stack.preview().expect_no_changes()


def test_a_ca_bundle_without_the_previous_ca_warns_with_the_rotation_steps(stack: Stack, files: Files) -> None:
    new = issue_ca("New CA", not_before=BEGIN, not_after=NEXT_YEAR)
    (files.folder / "crl.pem").unlink()
    program = (stack.program / "__main__.py").read_text()
    (stack.program / "__main__.py").write_text(program.replace('    crl=from_file("crl.pem"),\n', ""))
    stack.up().expect_success()

    files.write("ca.pem", files.ca.pem + new.pem)
    assert findings_by_resource(stack.up().expect_success()) == {}
    files.write("ca.pem", new.pem)
    preview = stack.preview().expect_success()

    assert findings_by_resource(preview) == {"web-pool": ["warning: ca CA_DROPPED"]}
    (warning,) = preview.diagnostics
    assert "'CN=Backends CA'" in warning
    assert re.search(r"add .*; issue .* again; then drop", warning), warning


def test_every_preview_warns_about_a_certificate_that_expires_soon(stack: Stack, files: Files) -> None:
    files.write_identity("server", files.issue_server("app.example", not_after=TODAY + timedelta(days=10)))
    expected = {"web-listener-certificate": ["warning: certificate CERTIFICATE_EXPIRES_SOON"]}
    assert findings_by_resource(stack.up().expect_success()) == expected
    for _ in range(2):
        assert findings_by_resource(stack.preview().expect_no_changes()) == expected
    add_options(stack, "expiry_warning_days=5")
    assert findings_by_resource(stack.preview().expect_no_changes()) == {}


def test_an_accepted_error_becomes_a_warning_with_its_reason(stack: Stack, files: Files, emulator: Emulator) -> None:
    files.write_identity("server", files.issue_server("app.example", not_after=YESTERDAY))
    add_options(stack, 'accept_findings={"CERTIFICATE_EXPIRED": "internal clients ignore the expiry"}')
    up = stack.up().expect_success()
    assert findings_by_resource(up) == {"web-listener-certificate": ["warning: certificate CERTIFICATE_EXPIRED"]}
    assert "Accepted: internal clients ignore the expiry." in up.output
    assert emulator.account.pools


def test_another_format_of_the_same_certificates_is_no_change(stack: Stack, files: Files) -> None:
    second = issue_ca("Second CA", not_before=BEGIN, not_after=NEXT_YEAR)
    third = issue_ca("Third CA", not_before=BEGIN, not_after=NEXT_YEAR)
    crls = [issue_crl(each, this_update=BEGIN, next_update=NEXT_YEAR) for each in (files.ca, second, third)]
    crls_pem = [each.public_bytes(Encoding.PEM).decode() for each in crls]
    files.write("ca.pem", files.ca.pem + second.pem + third.pem)
    files.write("crl.pem", "".join(crls_pem))
    stack.up().expect_success()

    files.write("ca.pem", "# ours\r\n" + (files.ca.pem + third.pem + second.pem).replace("\n", "\r\n"))
    files.write("crl.pem", crls_pem[0] + "\n\n" + crls_pem[2] + crls_pem[1])
    server = files.folder / "server.pem"
    server.write_text("\ufeff" + server.read_text().replace("\n", "\r\n"))

    stack.preview().expect_no_changes()
    stack.up().expect_no_changes()


def test_a_pkcs12_file_with_a_new_password_is_no_change(stack: Stack, files: Files) -> None:
    from gcore_tls_provider.certificates import identity_from_pem

    client = files.issue_client()
    identity = identity_from_pem(certificate=client.pem, private_key=client.key_pem)
    text = (stack.program / "__main__.py").read_text()
    before = '{"certificate": from_file("client.pem"), "private_key": from_file("client.key")}'
    after = '{"pkcs12": from_file("client.p12"), "pkcs12_password": open("password").read()}'
    (stack.program / "__main__.py").write_text(text.replace(before, after))
    for password in ("one", "two"):
        (files.folder / "client.p12").write_bytes(identity.to_pkcs12(password))
        files.write("password", password)
        if password == "one":
            stack.up().expect_success()
    stack.preview().expect_no_changes()


def test_rules_for_unknown_values_are_skipped_in_the_preview_and_run_in_up(
    stack: Stack, files: Files, emulator: Emulator
) -> None:
    """The certificate is an output: the preview reports no finding, and `up` does not upload an expired one."""
    files.write_identity("server", files.issue_server("app.example", not_after=YESTERDAY))
    issuer = """
from pulumi import dynamic

class Issuer(dynamic.ResourceProvider):
    def create(self, props):
        return dynamic.CreateResult("issued", {"pem": open("server.pem").read()})

class Issued(dynamic.Resource):
    pem: pulumi.Output[str]
    def __init__(self, name):
        super().__init__(Issuer(), name, {"pem": None})

issued = Issued("acme")
MTLS"""
    text = (stack.program / "__main__.py").read_text()
    text = text.replace("\nMTLS", issuer, 1).replace(
        '"certificate": from_file("server.pem")', '"certificate": issued.pem'
    )
    (stack.program / "__main__.py").write_text(text)

    assert findings_by_resource(stack.preview().expect_success()) == {}
    up = stack.up().expect_failure()
    assert findings_by_resource(up)["web-listener-certificate"] == ["error: certificate CERTIFICATE_EXPIRED"]
    names = [each.name for each in emulator.account.secrets.values()]
    assert not any(name.startswith("web-listener-certificate") for name in names)
