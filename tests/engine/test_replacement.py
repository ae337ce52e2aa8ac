"""Replacement of objects that must be deleted first, with the real engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from gcore_emulator import Emulator
from tests.engine.conftest import NewProgram
from tests.engine.stack import Stack

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
import gcore_tls_provider as gcore

config = pulumi.Config()
lb = gcore.LoadBalancer(
    "web", vip_port_id="0a000000-0000-4000-8000-000000000001", vip_ip_family=config.get("family"), flavor="lb1-1-2"
)
listener = gcore.Listener(
    "web", load_balancer=lb, protocol=config.get("protocol") or "TCP", protocol_port=443, name="by-hand"
)
gcore.Pool(
    "web",
    load_balancer=lb,
    listener=listener,
    protocol="TCP",
    session_persistence={"type": "SOURCE_IP", "persistence_timeout": None},
    members=[{"address": "10.0.0.11", "protocol_port": 8443, "monitor_port": None}],
)
"""
TABLES = ("load_balancers", "listeners", "pools")


def ids(emulator: Emulator) -> list[str]:
    """Return the IDs of the only load balancer, listener and pool, which must refer to each other."""
    balancer, listener, pool = (next(iter(getattr(emulator.account, each).values())) for each in TABLES)
    assert [len(getattr(emulator.account, each)) for each in TABLES] == [1, 1, 1]
    assert listener.load_balancer_id == pool.load_balancer_id == balancer.id
    assert pool.listener_ids == (listener.id,)
    return [balancer.id, listener.id, pool.id]


def creates_and_deletes(emulator: Emulator, begin: int) -> list[tuple[str, str]]:
    """Return the successful creates and deletes in their order."""
    names = {"lblisteners": "listener", "lbpools": "pool", "pools": "pool", "loadbalancers": "load balancer"}
    done = [each for each in emulator.requests[begin:] if each.method in ("POST", "DELETE") and each.status == 200]
    parts = [(each.method, str(each.route).replace("/{project_id}/{region_id}", "").split("/")) for each in done]
    return [(method, next(names[each] for each in reversed(route) if each in names)) for method, route in parts]


def replace_with_gap(
    stack: Stack, emulator: Emulator, setting: dict[str, str], kinds: Sequence[str], warnings: Sequence[str]
) -> None:
    """Change a setting that replaces these kinds. Assert the order of requests and the warnings of the preview."""
    stack.configure(setting)
    preview = stack.preview().expect_success()
    assert preview.counts()["to replace"] == len(kinds)
    diagnostics = "\n".join(preview.diagnostics)
    assert all(each in diagnostics for each in warnings), diagnostics
    begin = len(emulator.requests)
    stack.up().expect_success()
    deleted, created = [("DELETE", each) for each in kinds], [("POST", each) for each in reversed(kinds)]
    assert creates_and_deletes(emulator, begin) == [*deleted, *created]


def test_the_old_object_is_deleted_first_and_the_preview_warns_about_the_gap(
    new_program: NewProgram, emulator: Emulator
) -> None:
    stack = new_program(PROGRAM)
    stack.up().expect_success()
    stack.preview().expect_no_changes()
    balancer, listener, pool = ids(emulator)

    replace_with_gap(
        stack,
        emulator,
        {"protocol": "HTTPS"},
        ["pool", "listener"],
        [
            "protocol of a listener cannot be changed in place: it is replaced. Two listeners of a load balancer",
            "the old listener is deleted first, and its traffic stops until the new one and its pool are there",
        ],
    )
    current = ids(emulator)
    assert current[0] == balancer and current[1] != listener and current[2] != pool

    replace_with_gap(
        stack,
        emulator,
        {"family": "dual"},
        ["pool", "listener", "load balancer"],
        [
            "vip_ip_family of a load balancer cannot be changed in place: it is replaced. VIP port",
            "the old one is deleted first, and traffic stops until the new one, its listeners and its pools are",
        ],
    )

    # Another tool deleted the listener and kept its pool: one run replaces both.
    deleted, detached = ids(emulator)[1:]
    emulator.account.listeners.pop(deleted)
    emulator.account.put(replace(emulator.account.pools[detached], listener_ids=()))
    stack.up("--refresh").expect_success()
    assert ids(emulator)[1] != deleted and ids(emulator)[2] != detached
    stack.preview("--refresh").expect_no_changes()
