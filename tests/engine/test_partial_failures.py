"""Operations that fail after creating or changing an object, with the real engine."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gcore_emulator import Emulator
from gcore_emulator.faults import FailTask, HangTask, Respond
from gcore_tls_provider.certificates import DevelopmentFiles
from tests.engine.conftest import NewProgram, create_emulator
from tests.engine.stack import Stack

pytestmark = pytest.mark.engine

PROGRAM = """\
import pulumi
import gcore_tls_provider as gcore
from gcore_tls_provider import from_file

lb = gcore.LoadBalancer("web")
client = gcore.ClientCertificate(
    "client", certificate=from_file("{files.client}"), private_key=from_file("{files.client_key}"),
    opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="3s")),
)
"""
POOL = """
gcore.Pool("web", load_balancer=lb, client_certificate=client, members=[], {pool})
"""
MONITOR = """timeout_member_data=7000, health_monitor={"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3}"""


@pytest.fixture
def emulator() -> Emulator:
    """Return an emulator that keeps the objects of failed tasks."""
    return create_emulator(failed_task="leave-error-object")


def ids_in_state(stack: Stack) -> dict[str, str]:
    """Return the IDs in the state, by resource type."""
    exported = json.loads(stack.run("stack", "export").expect_success().output)
    return {each["type"].rpartition(":")[2]: each.get("id", "") for each in exported["deployment"]["resources"]}


def test_a_later_run_completes_or_removes_the_objects_of_failed_operations(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator
) -> None:
    account, faults = emulator.account, emulator.faults
    stack = new_program(PROGRAM.format(files=files))

    # The task of a load balancer fails, and the API rejects its deletion. The task of a secret does not end.
    balancers = "/cloud/v1/loadbalancers/{project_id}/{region_id}"
    faults.add([FailTask(action="fail_task", method="POST", route=balancers, error="no room")])
    faults.add([Respond(action="respond", method="DELETE", status=403, body={})])
    faults.add([HangTask(action="hang_task", method="POST", route="/cloud/v2/secrets/{project_id}/{region_id}")])
    failed = stack.up().expect_failure()
    (orphan_id,) = account.load_balancers
    assert any(
        "no room" in each and f"load balancer {orphan_id}, which could not be removed" in each
        for each in failed.lines()
    )
    assert ids_in_state(stack)["LoadBalancer"] == orphan_id
    assert ids_in_state(stack)["ClientCertificate"].startswith("unknown:client-")
    key_line = files.client_key.read_text().splitlines()[1]
    assert key_line not in stack.state_text()
    assert key_line not in failed.output

    # The task ends. The same program runs again.
    faults.counts.clear()
    for task in list(account.tasks.values()):
        if task.due_at is None:
            emulator.task_engine.put_task(replace(task, due_at=task.created_at))
    again = stack.up().expect_success()
    assert orphan_id not in account.load_balancers, again.output
    assert len(account.load_balancers) == len(account.secrets) == 1
    assert ids_in_state(stack)["LoadBalancer"] in account.load_balancers
    stack.preview().expect_no_changes()

    # The update of a pool succeeds, but that of its health monitor fails. Then the program reverts the change.
    program = stack.program / "__main__.py"
    before = PROGRAM.format(files=files) + POOL.format(pool="")
    program.write_text(before)
    stack.up().expect_success()
    program.write_text(PROGRAM.format(files=files) + POOL.format(pool=MONITOR))
    faults.add([Respond(action="respond", method="POST", status=403, body={})])
    stack.up().expect_failure()
    assert [each.timeout_member_data for each in account.pools.values()] == [7000]
    faults.counts.clear()
    program.write_text(before)
    stack.up().expect_success()
    assert [each.timeout_member_data for each in account.pools.values()] == [None]
    stack.preview().expect_no_changes()

    # A destroy right after a failure removes the orphan.
    program.write_text(before + 'gcore.LoadBalancer("other")\n')
    faults.add([FailTask(action="fail_task", method="POST", error="no room")])
    faults.add([Respond(action="respond", method="DELETE", status=403, body={})])
    stack.up().expect_failure()
    assert len(account.load_balancers) == 2
    faults.counts.clear()
    stack.destroy().expect_success()
    assert not account.load_balancers
    assert not account.secrets
    assert not account.pools
