"""Whatever was replaced, kept, forgotten or cut off: there is one object of each resource, and no other is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from gcore_emulator import Emulator
from gcore_emulator.faults import Respond
from gcore_tls_provider.certificates import DevelopmentCa, DevelopmentFiles
from tests.engine.conftest import NewProgram, emulated
from tests.engine.ending import end
from tests.engine.foreign import Portal
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
    """One whose pools take a while to change, so that there is time to kill who waits for them."""
    return emulated({"patch_lbpool": 4.0})


@pytest.fixture
def other_authority(tmp_path: Path, files: DevelopmentFiles) -> Path:
    """Another authority's certificate."""
    path = tmp_path / "other-ca.pem"
    path.write_text(DevelopmentCa.create("Another CA").certificate_pem)
    return path


def test_one_secret_whatever_comes(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator, other_authority: Path
) -> None:
    secrets = emulator.account.secrets
    stack = new_program(CA.format(path=files.ca, opts=""))

    def says(path: Path, opts: str = "") -> None:
        (stack.program / "__main__.py").write_text(CA.format(path=path, opts=opts))

    stack.up().expect_success()
    (first,) = secrets

    # Replaced by force: the same content, another object.
    stack.up("--target-replace", URN).expect_success()
    (second,) = secrets
    assert second != first

    # A becomes B, and A can't be deleted; then the program says A again.
    says(other_authority)
    emulator.faults.add([Respond(action="respond", method="DELETE", status=403, body={}, nth=1, times=20)])
    stack.up().expect_failure()
    assert len(secrets) == 2
    emulator.faults.counts.clear()
    says(files.ca)
    stack.up().expect_success()
    (third,) = secrets
    assert third != second
    stack.preview().expect_nothing_to_do()

    # Taken out of the state by hand: it belongs to whoever did that. The next one is another.
    stack.run("state", "delete", URN, "--yes").expect_success()
    again = stack.up().expect_success()
    assert third in secrets
    assert len(secrets) == 2
    assert not [each for each in again.diagnostics if third in each]

    # Kept on purpose, and made again.
    says(files.ca, "retain_on_delete=True")
    stack.up().expect_success()
    (kept,) = set(secrets) - {third}
    (stack.program / "__main__.py").write_text("import gcore_tls_provider\n")
    stack.up().expect_success()
    says(files.ca)
    stack.up().expect_success()
    assert set(secrets) > {third, kept}
    assert len(secrets) == 3

    # Destroyed, and made again.
    stack.destroy().expect_success()
    assert set(secrets) == {third, kept}
    stack.up().expect_success()
    assert len(secrets) == 3
    stack.destroy().expect_success()
    assert set(secrets) == {third, kept}


def test_two_stacks_of_one_name_on_two_backends(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator
) -> None:
    """Two people with a project and a stack of the same name, in one account."""
    secrets = emulator.account.secrets
    one, two = (new_program(CA.format(path=files.ca, opts="")) for _ in range(2))
    assert (one.project, one.name) == (two.project, two.name)
    one.up().expect_success()
    (of_one,) = secrets
    second = two.up().expect_success()
    assert len({each.name for each in secrets.values()}) == 2
    assert not [each for each in second.diagnostics if of_one in each]
    two.destroy().expect_success()
    assert set(secrets) == {of_one}
    one.preview().expect_nothing_to_do()
    one.destroy().expect_success()
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


def test_an_attachment_killed_between_its_update_and_the_saving_of_the_state(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator, url: str
) -> None:
    """What was there before is known to the next run all the same, and is restored in the end."""
    pool_id = Portal(url).load_balancer(files, members=["10.0.0.11"], port=8443, mutual_tls=False)["pool"]
    before = emulator.account.pools[pool_id]
    theirs = set(emulator.account.secrets)

    stack: Stack = new_program(ATTACHMENT.format(files=files, pool=pool_id))
    end(stack, "SIGKILL", lambda: any(each.method in ("PATCH", "PUT") for each in emulator.requests))
    stack.up().expect_success()
    pool = emulator.account.pools[pool_id]
    assert (pool.protocol, pool.ca_secret_id in emulator.account.secrets) == ("HTTPS", True)
    assert len(set(emulator.account.secrets) - theirs) == 2

    stack.destroy().expect_success()
    pool = emulator.account.pools[pool_id]
    assert (pool.protocol, pool.ca_secret_id, pool.secret_id) == (before.protocol, None, None)
    assert set(emulator.account.secrets) == theirs
