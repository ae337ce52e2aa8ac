"""What can't exist twice, on the real engine: the old one goes first, and the preview says what stops."""

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
    """The load balancer, its listener and its pool: one of each, and attached to each other."""
    balancer, listener, pool = (next(iter(getattr(emulator.account, each).values())) for each in TABLES)
    assert [len(getattr(emulator.account, each)) for each in TABLES] == [1, 1, 1]
    assert listener.load_balancer_id == pool.load_balancer_id == balancer.id
    assert pool.listener_ids == (listener.id,)
    return [balancer.id, listener.id, pool.id]


def order(emulator: Emulator, begin: int) -> list[tuple[str, str]]:
    """What was made and deleted, and in which order."""
    names = {"lblisteners": "listener", "lbpools": "pool", "pools": "pool", "loadbalancers": "load balancer"}
    done = [each for each in emulator.requests[begin:] if each.method in ("POST", "DELETE") and each.status == 200]
    parts = [(each.method, str(each.route).replace("/{project_id}/{region_id}", "").split("/")) for each in done]
    return [(method, next(names[each] for each in reversed(route) if each in names)) for method, route in parts]


def replaced(
    stack: Stack, emulator: Emulator, setting: dict[str, str], kinds: Sequence[str], said: Sequence[str]
) -> None:
    """Changes what these kinds can only be made anew for: old ones go, then new ones come, and the preview says so."""
    stack.configure(setting)
    preview = stack.preview().expect_success()
    assert preview.counts()["to replace"] == len(kinds)
    diagnostics = "\n".join(preview.diagnostics)
    assert all(each in diagnostics for each in said), diagnostics
    begin = len(emulator.requests)
    stack.up().expect_success()
    deleted, made = [("DELETE", each) for each in kinds], [("POST", each) for each in reversed(kinds)]
    assert order(emulator, begin) == [*deleted, *made]


def test_the_old_one_goes_first_and_that_is_said(new_program: NewProgram, emulator: Emulator) -> None:
    stack = new_program(PROGRAM)
    stack.up().expect_success()
    stack.preview().expect_nothing_to_do()
    balancer, listener, pool = ids(emulator)

    replaced(
        stack,
        emulator,
        {"protocol": "HTTPS"},
        ["pool", "listener"],
        [
            "protocol of a listener cannot be changed in place: it is replaced. Port 443 of the load balancer",
            "the old listener is deleted first, and traffic on it stops until the new one and its pool are there",
        ],
    )
    now = ids(emulator)
    assert now[0] == balancer and now[1] != listener and now[2] != pool

    replaced(
        stack,
        emulator,
        {"family": "dual"},
        ["pool", "listener", "load balancer"],
        [
            "vip_ip_family of a load balancer cannot be changed in place: it is replaced. VIP port",
            "the old one is deleted first, and traffic stops until the new one, its listeners and its pools are",
        ],
    )

    # A listener that somebody has deleted, with its pool left behind: both are as they were after one run.
    gone, orphan = ids(emulator)[1:]
    emulator.account.listeners.pop(gone)
    emulator.account.put(replace(emulator.account.pools[orphan], listener_ids=()))
    stack.up("--refresh").expect_success()
    assert ids(emulator)[1] != gone and ids(emulator)[2] != orphan
    stack.preview("--refresh").expect_nothing_to_do()
