"""One object for each resource after replacements, failures and interrupted runs, and no change to other objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from gcore_emulator import Emulator
from gcore_emulator.faults import Respond
from gcore_tls_provider.certificates import DevelopmentCa, DevelopmentFiles
from tests.engine.conftest import NewProgram, create_emulator
from tests.engine.interrupted_runs import interrupt_up
from tests.engine.other_tool import OtherTool
from tests.engine.stack import Stack

pytestmark = pytest.mark.engine

CA = """\
import gcore_tls_provider as gcore
import pulumi
from gcore_tls_provider import from_file

gcore.CertificateAuthority("ca", certificate=from_file("{path}"), opts=pulumi.ResourceOptions({opts}))
"""
URN = "urn:pulumi:test::program::pulumi-python:dynamic/gcore:CertificateAuthority::ca"


@pytest.fixture
def emulator() -> Emulator:
    """Return an emulator with slow updates of pools, which leave time to kill the run."""
    return create_emulator({"patch_lbpool": 4.0})


@pytest.fixture
def other_ca(tmp_path: Path, files: DevelopmentFiles) -> Path:
    """Return the path of another CA certificate."""
    path = tmp_path / "other-ca.pem"
    path.write_text(DevelopmentCa.create("Another CA").certificate_pem)
    return path


def test_each_resource_has_its_own_secret_after_replacement_failure_and_state_removal(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator, other_ca: Path
) -> None:
    secrets = emulator.account.secrets
    stack = new_program(CA.format(path=files.ca, opts=""))

    def rewrite(path: Path, opts: str = "") -> None:
        (stack.program / "__main__.py").write_text(CA.format(path=path, opts=opts))

    stack.up().expect_success()
    (first,) = secrets

    # Forced replacement: the same content in a new object.
    stack.up("--target-replace", URN).expect_success()
    (second,) = secrets
    assert second != first

    # Change CA A to B while the API rejects the deletion of A. Then change it back to A.
    rewrite(other_ca)
    emulator.faults.add([Respond(action="respond", method="DELETE", status=403, body={}, nth=1, times=20)])
    stack.up().expect_failure()
    assert len(secrets) == 2
    emulator.faults.counts.clear()
    rewrite(files.ca)
    stack.up().expect_success()
    (third,) = secrets
    assert third != second
    stack.preview().expect_no_changes()

    # Remove the resource from the state: the object stays, and the next `up` creates another.
    stack.run("state", "delete", URN, "--yes").expect_success()
    again = stack.up().expect_success()
    assert third in secrets
    assert len(secrets) == 2
    assert not [each for each in again.diagnostics if third in each]

    # Keep an object with `retain_on_delete`, and create the resource again.
    rewrite(files.ca, "retain_on_delete=True")
    stack.up().expect_success()
    (kept,) = set(secrets) - {third}
    (stack.program / "__main__.py").write_text("import gcore_tls_provider\n")
    stack.up().expect_success()
    rewrite(files.ca)
    stack.up().expect_success()
    assert set(secrets) > {third, kept}
    assert len(secrets) == 3

    # Destroy the stack, and create it again.
    stack.destroy().expect_success()
    assert set(secrets) == {third, kept}
    stack.up().expect_success()
    assert len(secrets) == 3
    stack.destroy().expect_success()
    assert set(secrets) == {third, kept}


def test_stacks_of_the_same_name_on_two_backends_do_not_share_objects(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator
) -> None:
    """Two users have a project and a stack of the same name in one account."""
    secrets = emulator.account.secrets
    first, second = (new_program(CA.format(path=files.ca, opts="")) for _ in range(2))
    assert (first.project, first.name) == (second.project, second.name)
    first.up().expect_success()
    (first_id,) = secrets
    done = second.up().expect_success()
    assert len({each.name for each in secrets.values()}) == 2
    assert not [each for each in done.diagnostics if first_id in each]
    second.destroy().expect_success()
    assert set(secrets) == {first_id}
    first.preview().expect_no_changes()
    first.destroy().expect_success()
    assert not secrets


ATTACHMENT = """\
import gcore_tls_provider as gcore
from gcore_tls_provider import from_file

ca = gcore.CertificateAuthority("backends", certificate=from_file("{files.ca}"))
client = gcore.ClientCertificate(
    "to-backends", certificate=from_file("{files.client}"), private_key=from_file("{files.client_key}")
)
gcore.PoolTlsAttachment("tls", pool="{pool}", ca=ca, client_certificate=client)
"""


def test_an_attachment_killed_before_the_state_is_saved_is_completed_and_restored_later(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator, url: str
) -> None:
    """The next run has the previous TLS settings, and the destroy restores them."""
    pool_id = OtherTool(url).create_load_balancer(files, members=["10.0.0.11"], port=8443, mutual_tls=False)["pool"]
    before = emulator.account.pools[pool_id]
    theirs = set(emulator.account.secrets)

    stack: Stack = new_program(ATTACHMENT.format(files=files, pool=pool_id))
    interrupt_up(stack, "SIGKILL", lambda: any(each.method in ("PATCH", "PUT") for each in emulator.requests))
    stack.up().expect_success()
    pool = emulator.account.pools[pool_id]
    assert (pool.protocol, pool.ca_secret_id in emulator.account.secrets) == ("HTTPS", True)
    assert len(set(emulator.account.secrets) - theirs) == 2

    stack.destroy().expect_success()
    pool = emulator.account.pools[pool_id]
    assert (pool.protocol, pool.ca_secret_id, pool.secret_id) == (before.protocol, None, None)
    assert set(emulator.account.secrets) == theirs
