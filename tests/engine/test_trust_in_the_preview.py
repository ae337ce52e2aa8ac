"""What `pulumi preview` says about certificates: a broken graph, a rotation, an expiry, and no change at all."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gcore_emulator import Emulator
from tests.certificates.issuing import CLIENT, Issued, issue, issue_ca, issue_crl
from tests.engine.conftest import NewProgram
from tests.engine.stack import Command, Stack

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
    """The files of a program, written into its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = issue_ca("Backends CA", not_before=BEGIN, not_after=NEXT_YEAR)
        self.write("ca.pem", self.ca.pem)
        self.revocation_list(self.ca)
        self.identity("server", self.server("app.example"))
        self.identity("client", self.client())

    def server(self, name: str, ca: Issued | None = None, not_after: datetime = NEXT_YEAR) -> Issued:
        return issue(name, ca or self.ca, not_before=BEGIN, not_after=not_after)

    def client(self, not_after: datetime = NEXT_YEAR, purpose: bool = True) -> Issued:
        usage = (CLIENT,) if purpose else None
        return issue("lb.example", self.ca, not_before=BEGIN, not_after=not_after, extended_key_usage=usage)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def identity(self, name: str, issued: Issued) -> None:
        self.write(f"{name}.pem", issued.pem)
        self.write(f"{name}.key", issued.key_pem)

    def revocation_list(self, ca: Issued, *revoked: Issued, next_update: datetime = NEXT_YEAR) -> None:
        made = issue_crl(ca, revoked, this_update=BEGIN, next_update=next_update)
        self.write("crl.pem", made.public_bytes(Encoding.PEM).decode())


@pytest.fixture
def stack(new_program: NewProgram) -> Stack:
    made = new_program(PROGRAM.replace("    **OPTIONS,\n", ""))
    return made


@pytest.fixture
def files(stack: Stack) -> Files:
    return Files(stack.program)


def with_options(stack: Stack, options: str) -> None:
    (stack.program / "__main__.py").write_text(PROGRAM.replace("**OPTIONS", options))


def said(command: Command) -> dict[str, list[str]]:
    """The diagnostics by the resource that they stand at: its name, and each `severity: property CODE`."""
    found: dict[str, list[str]] = {}
    name = ""
    _, _, diagnostics = command.output.partition("\nDiagnostics:\n")
    for line in diagnostics.splitlines():
        if head := re.fullmatch(r"\s*\S+ \((.+)\):", line):
            name = head[1]
        elif text := re.fullmatch(r"\s*(error|warning): (?:.* has a problem: )?(\w+): .*\. \[([A-Z0-9_]+)\]", line):
            found.setdefault(name, []).append(f"{text[1]}: {text[2]} {text[3]}")
    return {resource: sorted(lines) for resource, lines in found.items()}


def test_a_broken_graph_is_refused_with_all_its_findings(stack: Stack, files: Files, emulator: Emulator) -> None:
    other = issue_ca("Another CA", not_before=BEGIN, not_after=NEXT_YEAR)
    files.identity("server", files.server("app.example", not_after=YESTERDAY))
    files.identity("client", files.server("lb.example"))
    files.revocation_list(other)
    files.write("backend1.pem", files.server("backend.internal").pem)
    files.write("backend2.pem", files.server("app.example", ca=other).pem)
    stack.variables["GCORE_API_KEY"] = ""

    preview = stack.preview().expect_failure()

    # What is true of the list is true of the pool that uses it, and is said once.
    assert said(preview) == {
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

    # Nothing of it gets to Gcore in a run without a preview either.
    stack.variables["GCORE_API_KEY"] = emulator.settings.api_key
    stack.up().expect_failure()
    assert {each.name.rsplit("-", 2)[0] for each in emulator.account.secrets.values()} <= {"web-ca"}
    assert not emulator.account.pools


def test_a_rotation_in_words(stack: Stack, files: Files) -> None:
    stack.up().expect_success()
    stack.preview().expect_nothing_to_do()
    was = files.folder.joinpath("server.pem").read_text()
    renewed = issue(
        "app.example",
        files.ca,
        dns_names=["app.example", "www.app.example"],
        not_before=BEGIN,
        not_after=TODAY + timedelta(days=700),
    )
    files.identity("server", renewed)

    preview = stack.preview("--diff").expect_success()

    text = preview.output
    assert re.search(r'~ fingerprint_sha256: "[0-9a-f]{64}" => "[0-9a-f]{64}"', text), text
    year, later = NEXT_YEAR.strftime("%Y-%m-%d"), (TODAY + timedelta(days=700)).strftime("%Y-%m-%d")
    assert re.search(rf'~ not_after\s*: "{year}T[0-9:]+Z" => "{later}T[0-9:]+Z"', text), text
    assert re.search(r'\+ \[1\]: "www.app.example"', text), text
    assert "-----BEGIN" not in text
    assert was.splitlines()[1] not in text
    stack.up().expect_success()
    stack.preview().expect_nothing_to_do()


def test_a_bundle_that_drops_an_authority_warns_with_the_three_steps(stack: Stack, files: Files) -> None:
    new = issue_ca("New CA", not_before=BEGIN, not_after=NEXT_YEAR)
    (files.folder / "crl.pem").unlink()
    program = (stack.program / "__main__.py").read_text()
    (stack.program / "__main__.py").write_text(program.replace('    crl=from_file("crl.pem"),\n', ""))
    stack.up().expect_success()

    files.write("ca.pem", files.ca.pem + new.pem)
    assert said(stack.up().expect_success()) == {}
    files.write("ca.pem", new.pem)
    preview = stack.preview().expect_success()

    assert said(preview) == {"web-pool": ["warning: ca CA_DROPPED"]}
    (warning,) = preview.diagnostics
    assert "'CN=Backends CA'" in warning
    assert re.search(r"add .*; issue .* again; then drop", warning), warning


def test_a_certificate_near_its_end_warns_on_every_preview(stack: Stack, files: Files) -> None:
    files.identity("server", files.server("app.example", not_after=TODAY + timedelta(days=10)))
    expected = {"web-listener-certificate": ["warning: certificate CERTIFICATE_EXPIRES_SOON"]}
    assert said(stack.up().expect_success()) == expected
    for _ in range(2):
        assert said(stack.preview().expect_nothing_to_do()) == expected
    with_options(stack, "expiry_warning_days=5")
    assert said(stack.preview().expect_nothing_to_do()) == {}


def test_an_accepted_error_is_a_warning_with_its_reason(stack: Stack, files: Files, emulator: Emulator) -> None:
    files.identity("server", files.server("app.example", not_after=YESTERDAY))
    with_options(stack, 'accept_findings={"CERTIFICATE_EXPIRED": "only robots come here"}')
    up = stack.up().expect_success()
    assert said(up) == {"web-listener-certificate": ["warning: certificate CERTIFICATE_EXPIRED"]}
    assert "Accepted: only robots come here." in up.output
    assert emulator.account.pools


def test_what_means_the_same_is_no_change(stack: Stack, files: Files) -> None:
    second = issue_ca("Second CA", not_before=BEGIN, not_after=NEXT_YEAR)
    third = issue_ca("Third CA", not_before=BEGIN, not_after=NEXT_YEAR)
    lists = [issue_crl(each, this_update=BEGIN, next_update=NEXT_YEAR) for each in (files.ca, second, third)]
    lists_pem = [each.public_bytes(Encoding.PEM).decode() for each in lists]
    files.write("ca.pem", files.ca.pem + second.pem + third.pem)
    files.write("crl.pem", "".join(lists_pem))
    stack.up().expect_success()

    files.write("ca.pem", "# ours\r\n" + (files.ca.pem + third.pem + second.pem).replace("\n", "\r\n"))
    files.write("crl.pem", lists_pem[0] + "\n\n" + lists_pem[2] + lists_pem[1])
    server = files.folder / "server.pem"
    server.write_text("\ufeff" + server.read_text().replace("\n", "\r\n"))

    stack.preview().expect_nothing_to_do()
    stack.up().expect_nothing_to_do()


def test_a_pkcs12_file_encrypted_anew_is_no_change(stack: Stack, files: Files) -> None:
    from gcore_tls_provider.certificates import identity_from_pem

    client = files.client()
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
    stack.preview().expect_nothing_to_do()


def test_rules_rest_until_what_they_need_is_known(stack: Stack, files: Files, emulator: Emulator) -> None:
    """A certificate that is an output: nothing is said in the preview, and `up` uploads nothing that is wrong."""
    files.identity("server", files.server("app.example", not_after=YESTERDAY))
    maker = """
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
    text = text.replace("\nMTLS", maker, 1).replace(
        '"certificate": from_file("server.pem")', '"certificate": issued.pem'
    )
    (stack.program / "__main__.py").write_text(text)

    assert said(stack.preview().expect_success()) == {}
    up = stack.up().expect_failure()
    assert said(up)["web-listener-certificate"] == ["error: certificate CERTIFICATE_EXPIRED"]
    names = [each.name for each in emulator.account.secrets.values()]
    assert not any(name.startswith("web-listener-certificate") for name in names)
