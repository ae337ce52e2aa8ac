"""Examples with the real engine, in both dialects: up, no changes, refresh, one change, destroy."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping

import pytest

from gcore_emulator import Emulator
from gcore_tls_provider.certificates import DevelopmentFiles
from tests.engine.accounts import configure_eu_account
from tests.engine.conftest import NewStack
from tests.engine.examples import EXAMPLES, Objects, client_files, issuer_of, listener_files
from tests.engine.other_tool import OtherTool
from tests.engine.stack import ROOT, Stack

pytestmark = pytest.mark.engine

NOTHING = {"secrets": 0, "load_balancers": 0, "listeners": 0, "pools": 0}


def _without_varying_parts(line: str) -> str:
    """Return a line of a preview without digests, IDs and times, which differ in each run."""
    line = re.sub(r'"[0-9a-f]{8,}(\.\.\.)?"|"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"', '"hex"', line)
    return re.sub(r"-[0-9a-f]{8}-[0-9a-f]{6}\b|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "", line)


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
    issuer = issuer_of(stack)
    shutil.copytree(stack.program / "issuer", issuer.program)
    issuer.run("stack", "init", issuer.name, "--non-interactive").expect_success()
    issuer.configure({**listener_files(files), **client_files(files)})
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
