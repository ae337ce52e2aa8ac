"""Examples with the real engine, in both dialects: up, no changes, refresh, one change, destroy."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from gcore_emulator import Emulator
from gcore_emulator.settings import Dialect
from gcore_tls_provider.certificates import DevelopmentCa, DevelopmentFiles
from tests.engine.accounts import configure_eu_account
from tests.engine.conftest import NewStack
from tests.engine.other_tool import OtherTool
from tests.engine.stack import ROOT, Stack

pytestmark = pytest.mark.engine

Objects = Mapping[str, int]


@dataclass(frozen=True)
class Example:
    """Example, its configuration, and one change to it.

    Attributes:
        folder: Path from the repository's root.
        configuration: Returns the configuration with paths of certificate files.
        created: Numbers of objects in the emulator after `up`, by kind.
        change: Changes the program or its configuration.
        expected: Lines of `preview --diff` for the change.
        counts: Summary of that preview.
        dialects: Dialects of the emulator.
    """

    folder: str
    configuration: Callable[[DevelopmentFiles], dict[str, object]]
    created: Objects
    change: Callable[[Stack, DevelopmentFiles], None]
    expected: tuple[str, ...]
    counts: Mapping[str, int]
    dialects: tuple[Dialect, ...] = ("guide", "openapi")


def _listener_files(files: DevelopmentFiles) -> dict[str, object]:
    return {"certificate": str(files.server), "privateKey": str(files.server_key)}


def _client_files(files: DevelopmentFiles) -> dict[str, object]:
    return {"clientCertificate": str(files.client), "clientKey": str(files.client_key), "ca": str(files.ca)}


def _reissue_listener_certificate(stack: Stack, _: DevelopmentFiles) -> None:
    """Reissue the certificate with one more name, as `docs/preview.md` shows."""
    issued = DevelopmentCa.create("Development Server CA").issue_server(["app.example.com", "www.example.com"])
    for key, text in (("certificate", issued.full_chain_pem), ("privateKey", issued.private_key_pem)):
        path = stack.home / f"{key}.pem"
        path.write_text(text)
        stack.configure({key: path})


def _add_member(stack: Stack, _: DevelopmentFiles) -> None:
    stack.configure({"members": ["10.0.0.11", "10.0.0.12", "10.0.0.13"]})


def _remove_crl(stack: Stack, _: DevelopmentFiles) -> None:
    program = stack.program / "__main__.py"
    text = program.read_text()
    assert "    crl=crl,\n" in text
    program.write_text(text.replace("    crl=crl,\n", ""))


def _remove_sni_name(stack: Stack, files: DevelopmentFiles) -> None:
    default = {"certificate": str(files.server), "privateKey": str(files.server_key)}
    stack.configure({"certificates": {"default": default}})


def _add_crl(stack: Stack, files: DevelopmentFiles) -> None:
    stack.configure({"crl": str(files.crl)})


def _add_host_name(stack: Stack, _: DevelopmentFiles) -> None:
    stack.configure({"hostNames": ["app.example.com", "www.example.com"]})


def _issuer(stack: Stack) -> Stack:
    """Return the stack that exports certificates, in the same backend."""
    return Stack(stack.home / "issuer", stack.home, stack.variables)


def _change_certificate_of_issuer(stack: Stack, files: DevelopmentFiles) -> None:
    issuer = _issuer(stack)
    issuer.configure({"certificate": str(files.shop), "privateKey": str(files.shop_key)})
    issuer.up().expect_success()


def _add_machine(stack: Stack, _: DevelopmentFiles) -> None:
    stack.configure({"machines": 3})


def _block_of_the_preview_page(first_line: str) -> tuple[str, ...]:
    page = (ROOT / "docs" / "preview.md").read_text()
    blocks: list[str] = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    (block,) = (each for each in blocks if each.startswith(first_line))
    return tuple(" ".join(line.split()) for line in block.splitlines())


def _without_varying_parts(line: str) -> str:
    """Return a line of a preview without digests, IDs and times, which differ in each run."""
    line = re.sub(r'"[0-9a-f]{8,}(\.\.\.)?"|"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"', '"hex"', line)
    return re.sub(r"-[0-9a-f]{8}-[0-9a-f]{6}\b|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "", line)


NOTHING = {"secrets": 0, "load_balancers": 0, "listeners": 0, "pools": 0}

MEMBERS: dict[str, object] = {"members": ["10.0.0.11", "10.0.0.12"]}

EXAMPLES = {
    "root": Example(
        folder=".",
        configuration=lambda files: {
            **_listener_files(files),
            "sniCertificates": {"shop": {"certificate": str(files.shop), "privateKey": str(files.shop_key)}},
            "clientCertificate": str(files.client_pkcs12),
            "ca": str(files.ca),
            "crl": str(files.crl),
            **MEMBERS,
        },
        created={"secrets": 5, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_reissue_listener_certificate,
        expected=_block_of_the_preview_page("+-pulumi-python:dynamic/gcore:ListenerCertificate: (replace)"),
        counts={"to update": 1, "to replace": 1},
    ),
    "tls-termination": Example(
        folder="examples/tls-termination",
        configuration=lambda files: {**_listener_files(files), **MEMBERS},
        created={"secrets": 1, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_add_member,
        expected=(
            "~ pulumi-python:dynamic/gcore:Pool: (update)",
            "+ [2]: {",
            '+ address : "10.0.0.13"',
            "+ protocol_port: 8080",
        ),
        counts={"to update": 1},
    ),
    "mtls-backend": Example(
        folder="examples/mtls-backend",
        configuration=lambda files: {
            **_listener_files(files),
            **_client_files(files),
            "crl": str(files.crl),
            "hostNames": ["app.example.com"],
            "backendCertificates": [str(files.backend)],
            **MEMBERS,
        },
        created={"secrets": 4, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_remove_crl,
        expected=("~ pulumi-python:dynamic/gcore:Pool: (update)", "- crl_secret_id : "),
        counts={"to update": 1},
    ),
    "existing-load-balancer": Example(
        folder="examples/existing-load-balancer",
        configuration=lambda files: {**_listener_files(files), **_client_files(files), **MEMBERS},
        created={"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_reissue_listener_certificate,
        expected=(
            "+-pulumi-python:dynamic/gcore:ListenerCertificate: (replace)",
            "~ fingerprint_sha256: ",
            "~ secret_id : ",
        ),
        counts={"to update": 1, "to replace": 1},
    ),
    "sni": Example(
        folder="examples/sni",
        configuration=lambda files: {
            "certificates": {
                "default": {"certificate": str(files.server), "privateKey": str(files.server_key)},
                "shop": {"certificate": str(files.shop), "privateKey": str(files.shop_key)},
            },
            **MEMBERS,
        },
        created={"secrets": 2, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_remove_sni_name,
        expected=(
            "- pulumi-python:dynamic/gcore:ListenerCertificate: (delete)",
            "~ pulumi-python:dynamic/gcore:Listener: (update)",
            "~ sni_secret_id : [",
            "- [0]: ",
        ),
        counts={"to update": 1, "to delete": 1},
    ),
    "adoption": Example(
        folder="examples/adoption",
        configuration=lambda files: {**_listener_files(files), **_client_files(files), **MEMBERS},
        created={"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_add_member,
        expected=("~ pulumi-python:dynamic/gcore:Pool: (update)", '+ address : "10.0.0.13"'),
        counts={"to update": 1},
    ),
    "attachment": Example(
        folder="examples/attachment",
        configuration=_client_files,
        created={"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_add_crl,
        expected=(
            "+ pulumi-python:dynamic/gcore:RevocationList: (create)",
            "~ pulumi-python:dynamic/gcore:PoolTlsAttachment: (update)",
            "+ crl_secret_id: [unknown]",
        ),
        counts={"to create": 1, "to update": 1},
    ),
    "two-regions": Example(
        folder="examples/two-regions",
        configuration=lambda files: {**_listener_files(files), **_client_files(files), **MEMBERS},
        created={"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_add_member,
        expected=("~ pulumi-python:dynamic/gcore:Pool: (update)", '+ address : "10.0.0.13"'),
        counts={"to update": 2},
    ),
    "certificate-from-another-resource": Example(
        folder="examples/certificate-from-another-resource",
        configuration=lambda files: {"hostNames": ["app.example.com"], **MEMBERS},
        created={"secrets": 1, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_add_host_name,
        expected=(
            "+-pulumi-python:dynamic/gcore:ListenerCertificate: (replace)",
            '~ fingerprint_sha256: "',
            "~ pulumi-python:dynamic/gcore:Listener: (update)",
        ),
        counts={"to update": 1, "to replace": 2},
    ),
    "certificates-from-another-stack": Example(
        folder="examples/certificates-from-another-stack",
        configuration=lambda _: {"certificates": "organization/issuer/test", **MEMBERS},
        created={"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_change_certificate_of_issuer,
        expected=(
            "+-pulumi-python:dynamic/gcore:ListenerCertificate: (replace)",
            '~ fingerprint_sha256: "',
            "~ pulumi-python:dynamic/gcore:Listener: (update)",
        ),
        counts={"to update": 1, "to replace": 1},
        dialects=("openapi",),
    ),
    "composition": Example(
        folder="examples/composition",
        configuration=lambda _: {"hostName": "app.example.com", "machines": 2},
        created={"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1},
        change=_add_machine,
        expected=(
            "+ pulumi-python:dynamic:Resource: (create)",
            "~ pulumi-python:dynamic/gcore:Pool: (update)",
            "+ [2]: {",
            "+ address : [unknown]",
        ),
        counts={"to create": 1, "to update": 1},
        dialects=("openapi",),
    ),
}


def _create_adopted_objects(stack: Stack, files: DevelopmentFiles, url: str) -> Objects:
    """Create all objects with another tool. The stack deletes them."""
    stack.configure(
        {
            "existing": OtherTool(url).create_load_balancer(
                files, members=["10.0.0.11", "10.0.0.12"], port=8443, mutual_tls=True
            )
        }
    )
    return {}


def _create_foreign_pool(stack: Stack, files: DevelopmentFiles, url: str) -> Objects:
    ids = OtherTool(url).create_load_balancer(files, members=["10.0.0.11"], port=8443, mutual_tls=False)
    stack.configure({"poolId": ids["pool"]})
    return {"secrets": 1, "load_balancers": 1, "listeners": 1, "pools": 1}


def _deploy_issuer(stack: Stack, files: DevelopmentFiles, _url: str) -> Objects:
    """Deploy the stack that exports certificates. It creates no objects at Gcore."""
    issuer = _issuer(stack)
    shutil.copytree(stack.program / "issuer", issuer.program)
    issuer.run("stack", "init", issuer.name, "--non-interactive").expect_success()
    issuer.configure({**_listener_files(files), **_client_files(files)})
    issuer.up().expect_success()
    return {}


# Preparation before an example starts. Returns the objects of other tools that exist at the end.
PREPARATIONS: Mapping[str, Callable[[Stack, DevelopmentFiles, str], Objects]] = {
    "adoption": _create_adopted_objects,
    "attachment": _create_foreign_pool,
    "certificates-from-another-stack": _deploy_issuer,
}


@pytest.mark.parametrize(
    ("name", "dialect"),
    [(name, dialect) for name, example in EXAMPLES.items() for dialect in example.dialects],
    indirect=["dialect"],
)
def test_the_example_deploys_changes_and_destroys(
    name: str,
    new_stack: NewStack,
    files: DevelopmentFiles,
    emulator: Emulator,
    foreign_load_balancer: Callable[[], str],
    url: str,
    eu_account: tuple[Emulator, str],
) -> None:
    example = EXAMPLES[name]
    stack = new_stack(ROOT / example.folder if example.folder != "." else ROOT)
    stack.configure(example.configuration(files))
    foreign: Objects = {}
    if name == "existing-load-balancer":
        stack.configure({"loadBalancerId": foreign_load_balancer()})
        foreign = {"load_balancers": 1}
    if name in PREPARATIONS:
        foreign = PREPARATIONS[name](stack, files, url)
    if name == "two-regions":
        configure_eu_account(stack, eu_account[1])
    if name == "root":
        stack.configure_secret("clientPassword", files.client_pkcs12_password)

    stack.up().expect_success()
    assert _counts(emulator) == dict(example.created)
    assert _counts(eu_account[0]) == (dict(example.created) if name == "two-regions" else NOTHING)
    stack.preview().expect_no_changes()
    stack.refresh().expect_no_changes()
    stack.preview().expect_no_changes()

    example.change(stack, files)
    preview = stack.preview("--diff").expect_success()
    printed = [_without_varying_parts(each) for each in preview.lines()]
    missing = [
        line for line in example.expected if not any(each.startswith(_without_varying_parts(line)) for each in printed)
    ]
    assert not missing, f"{missing} in\n{preview.output}"
    assert {key: n for key, n in preview.counts().items() if key.startswith("to ")} == dict(example.counts)

    stack.up().expect_success()
    stack.preview().expect_no_changes()
    assert all(each.provisioning_status == "ACTIVE" for each in emulator.account.pools.values())

    stack.destroy().expect_success()
    assert _counts(emulator) == NOTHING | dict(foreign)
    assert _counts(eu_account[0]) == NOTHING
    assert {each.protocol for each in emulator.account.pools.values()} <= {"HTTP"}


@pytest.mark.parametrize("dialect", ["openapi"], indirect=True)
def test_the_plan_of_a_preview_with_unknown_certificates_applies(
    new_stack: NewStack, files: DevelopmentFiles, emulator: Emulator
) -> None:
    """Another resource issues the certificate, which is unknown until the update."""
    name = "certificate-from-another-resource"
    example = EXAMPLES[name]
    stack = new_stack(ROOT / example.folder)
    stack.variables["PULUMI_EXPERIMENTAL"] = "true"
    stack.configure(example.configuration(files))
    for _ in range(2):
        stack.preview("--save-plan", "plan.json").expect_success()
        stack.up("--plan", "plan.json").expect_success()
        assert _counts(emulator) == dict(example.created)
        example.change(stack, files)


def test_every_example_is_covered() -> None:
    folders = {f"examples/{each.parent.name}" for each in (ROOT / "examples").glob("*/Pulumi.yaml")}
    assert folders == {each.folder for each in EXAMPLES.values()} - {"."}


def _counts(emulator: Emulator) -> dict[str, int]:
    account = emulator.account
    return {
        "secrets": len(account.secrets),
        "load_balancers": len(account.load_balancers),
        "listeners": len(account.listeners),
        "pools": len(account.pools),
    }


def test_the_readme_shows_the_root_program() -> None:
    program = (ROOT / "__main__.py").read_text()
    assert program in (ROOT / "README.md").read_text()
    assert len(program.splitlines()) < 40


@pytest.fixture
def foreign_load_balancer(url: str) -> Callable[[], str]:
    """Return a function that creates a load balancer with Gcore's SDK."""
    from gcore import Gcore

    from tests.engine.conftest import API_KEY, PROJECT, REGION

    def create() -> str:
        client = Gcore(api_key=API_KEY, base_url=url, cloud_project_id=PROJECT, cloud_region_id=REGION)
        created = client.cloud.load_balancers.create_and_poll(name="created-elsewhere", polling_interval_seconds=1)
        return created.id

    return create
