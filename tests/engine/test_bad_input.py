"""Invalid input: errors in the preview, and errors of the API or the environment in `up`."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template

import httpx
import pytest

from gcore_emulator import Emulator
from gcore_tls_provider.certificates import DevelopmentFiles
from tests.engine.conftest import NewProgram
from tests.engine.stack import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.parametrize("dialect", ["openapi"], indirect=True)]

HEAD = """\
import pulumi
import gcore_tls_provider as gcore
from gcore_tls_components import MTLSLoadBalancer
from gcore_tls_provider import from_file
"""


@dataclass(frozen=True)
class InvalidProgram:
    """Program with one defect.

    Attributes:
        program: Text of the program. `$server` and similar names are paths of certificate files.
        expected: Parts of each error line, in their order: resource, property, sentence, remedy.
    """

    program: str
    expected: tuple[tuple[str, ...], ...]


IN_THE_PREVIEW = {
    "empty file": InvalidProgram(
        'open("empty.pem", "w").close()\n'
        'gcore.ListenerCertificate("web", certificate=from_file("empty.pem"), private_key=from_file("$server_key"))',
        (("'web'", "certificate: ", "is empty", "Give a certificate"),),
    ),
    "missing file": InvalidProgram(
        'gcore.CertificateAuthority("backends", certificate=from_file("nowhere.pem"))',
        (("'nowhere.pem' does not exist", "Correct the path"),),
    ),
    "another certificate's key": InvalidProgram(
        'gcore.ListenerCertificate("web", certificate=from_file("$server"), private_key=from_file("$shop_key"))',
        (
            (
                "'web'",
                "private_key: ",
                "matches none of the 2 certificates, the first of which is 'CN=app.example.com'",
                "Give the matching key",
            ),
        ),
    ),
    "a member that is a name": InvalidProgram(
        'gcore.Pool("web", load_balancer=gcore.LoadBalancer("web"),\n'
        '    members=[{"address": "backend.internal", "protocol_port": 8443}])',
        (("'web'", "members[0].address: ", "'backend.internal' is not an IP address", "not a host name"),),
    ),
    "several findings at once": InvalidProgram(
        'gcore.Pool("web", load_balancer=gcore.LoadBalancer("web"), lb_algorithm="RANDOM",\n'
        '    members=[{"address": "10.0.0.1", "protocol_port": 84430}, {"address": "10.0.0.2", "port": 1}])',
        (
            ("lb_algorithm: ", "ROUND_ROBIN"),
            ("members[0].protocol_port: ", "65535"),
            ("members[1].protocol_port: ", "required, and it is not set"),
            ("members[1].port: ", "no property of this name"),
        ),
    ),
    "a CRL without its CA": InvalidProgram(
        'crl = gcore.RevocationList("revoked", revocation_list=from_file("$crl"))\n'
        'gcore.Pool("web", load_balancer=gcore.LoadBalancer("web"), crl=crl, members=[])',
        (("'web'", "crl: ", "without its CA", "Set `ca`"),),
    ),
    "client authentication on the component": InvalidProgram(
        'MTLSLoadBalancer("web", ca=from_file("$ca"), members=[], client_authentication="MANDATORY",\n'
        '    client_certificate={"certificate": from_file("$client"), "private_key": from_file("$client_key")},\n'
        '    listener_certificate={"certificate": from_file("$server"), "private_key": from_file("$server_key")})',
        (
            ("client_authentication: ", "only between the load balancer and its backends", "Remove"),
            ("'web-pool'", "Depends on 'web-listener'"),
        ),
    ),
    "arguments of a new object for an existing one": InvalidProgram(
        'MTLSLoadBalancer("web", ca=from_file("$ca"), members=[], client_certificate={}, flavor="lb1-1-2",\n'
        '    load_balancer_id="6bf878c1-1ce4-47c3-a39b-6b5f1d79bf25")',
        (("'web'", "flavor cannot be set together with load_balancer_id", "Remove"),),
    ),
}


@pytest.mark.parametrize("case", IN_THE_PREVIEW)
def test_the_preview_reports_each_defect_of_the_program_without_requests(
    case: str, new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator
) -> None:
    invalid = IN_THE_PREVIEW[case]
    stack = new_program(HEAD + _fill(invalid.program, files))
    stack.variables["GCORE_API_KEY"] = ""

    preview = stack.preview().expect_failure()

    # The engine prints the errors in the random order of a Go map.
    matching = [
        [error for error in preview.errors if all(word in error for word in words)] for words in invalid.expected
    ]
    assert sorted(map(tuple, matching)) == sorted((error,) for error in preview.errors), preview.output
    assert "Traceback" not in preview.output
    assert "PRIVATE KEY" not in preview.output
    if case == "another certificate's key":
        _, _, message = preview.errors[0].partition(" has a problem: ")
        assert message in (ROOT / "docs" / "preview.md").read_text()
    assert emulator.requests == []


@dataclass(frozen=True)
class FailingUpdate:
    """Program whose update fails because of the API or the environment.

    Attributes:
        program: Text of the program.
        variables: Changed environment variables.
        expected: Parts of the error line.
        created: Names of the objects that exist after the failure.
    """

    program: str
    variables: dict[str, str]
    expected: tuple[str, ...]
    created: tuple[str, ...] = ()


SECOND_ON_ANOTHER_PORT = '"second", load_balancer=lb, protocol="HTTP", protocol_port=82'
ONE_LOAD_BALANCER = 'gcore.LoadBalancer("web")'

IN_UP = {
    "no API key": FailingUpdate(
        ONE_LOAD_BALANCER, {"GCORE_API_KEY": ""}, ("gcore:apiKey is not configured", "GCORE_API_KEY")
    ),
    "no project": FailingUpdate(
        ONE_LOAD_BALANCER,
        {"GCORE_CLOUD_PROJECT_ID": ""},
        ("gcore:projectId is not configured", "GCORE_CLOUD_PROJECT_ID"),
    ),
    "wrong API key": FailingUpdate(
        ONE_LOAD_BALANCER, {"GCORE_API_KEY": "1_wrong"}, ("401", "Check the API key", "GCORE_API_KEY", "request id")
    ),
    "API not reachable": FailingUpdate(
        ONE_LOAD_BALANCER,
        {"GCORE_BASE_URL": "http://127.0.0.1:9"},
        ("no response from http://127.0.0.1:9", "Connection refused", "gcore:baseUrl"),
    ),
    "an invalid base URL": FailingUpdate(
        ONE_LOAD_BALANCER, {"GCORE_BASE_URL": "gcore"}, ("gcore:baseUrl", "GCORE_BASE_URL", "cannot be used")
    ),
    "unknown flavor": FailingUpdate(
        'gcore.LoadBalancer("web", flavor="lb9-9-9")',
        {},
        ("create load balancer 'web-", "400", "lb9-9-9", "lb1-1-2", "Fix what Gcore names"),
    ),
    "two listeners on one port": FailingUpdate(
        'lb = gcore.LoadBalancer("web")\n'
        'first = gcore.Listener("first", load_balancer=lb, protocol="HTTP", protocol_port=80)\n'
        'gcore.Listener("second", load_balancer=lb, protocol="HTTP", protocol_port=80,\n'
        "    opts=pulumi.ResourceOptions(depends_on=[first]))",
        {},
        ("create listener 'second-", "409", "protocol_port 80", "run `pulumi up` again"),
        created=("web", "first"),
    ),
    "a failed task": FailingUpdate(
        'lb = gcore.LoadBalancer("web")\n'
        'gcore.Listener("failing", load_balancer=lb, protocol="HTTP", protocol_port=81)',
        {},
        ("create listener 'failing-", "ended in ERROR", "run `pulumi up` again"),
        created=("web",),
    ),
}


@pytest.mark.parametrize("case", IN_UP)
def test_up_reports_one_error_line_and_continues_after_the_fix(
    case: str, new_program: NewProgram, emulator: Emulator, url: str
) -> None:
    failing = IN_UP[case]
    stack = new_program(HEAD + failing.program)
    correct = dict(stack.variables)
    stack.variables |= failing.variables
    if case == "a failed task":
        _fail_the_next_task(url, "/cloud/v1/lblisteners/{project_id}/{region_id}")
    if case != "an invalid base URL":
        stack.preview().expect_success()
        assert emulator.requests == []

    up = stack.up().expect_failure()

    assert len(up.errors) == 1, up.output
    assert all(word in up.errors[0] for word in failing.expected), up.errors[0]
    assert "Traceback" not in up.output
    named = {each.name.rsplit("-", 2)[0] for each in emulator.account.load_balancers.values()}
    named |= {each.name.rsplit("-", 2)[0] for each in emulator.account.listeners.values()}
    assert named == set(failing.created)

    # The next run, after the fix, continues from there.
    stack.variables.clear()
    stack.variables |= correct
    program = stack.program / "__main__.py"
    fixed = program.read_text().replace("lb9-9-9", "lb1-1-2")
    fixed = fixed.replace('"second", load_balancer=lb, protocol="HTTP", protocol_port=80', SECOND_ON_ANOTHER_PORT)
    program.write_text(fixed)
    again = stack.up().expect_success()
    assert again.counts().get("unchanged", 0) >= len(failing.created)
    stack.destroy().expect_success()
    assert not emulator.account.load_balancers
    assert not emulator.account.listeners


def _fill(program: str, files: DevelopmentFiles) -> str:
    return Template(program).substitute({name: str(value) for name, value in vars(files).items()}) + "\n"


def _fail_the_next_task(url: str, route: str) -> None:
    rule = {"method": "POST", "route": route, "nth": 1, "action": "fail_task"}
    httpx.post(f"{url}/_emulator/faults", json=[rule]).raise_for_status()
