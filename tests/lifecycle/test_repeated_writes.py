"""Updates and deletes with lost responses."""

from __future__ import annotations

from typing import Any

import pytest

from gcore_tls_provider.errors import Unreachable
from tests.fake_engine.stack import MONITOR, FakeStack, member
from tests.lifecycle.create_cases import BALANCER, LISTENER, POOL, SECRET_V1

A, B = "10.0.0.1", "10.0.0.2"
MEMBERS = "/cloud/v1/loadbalancers/{project_id}/{region_id}/pools/{pool_id}/members"
MONITORS = POOL + "/{pool_id}/healthmonitor"

# Method and route of each write of an update or a delete that is sent again if its response is lost.
REPEATED = {
    "update pool": ("PATCH", POOL.replace("v1", "v2") + "/{pool_id}"),
    "update member": ("PATCH", MEMBERS + "/{member_id}"),
    "delete member": ("DELETE", MEMBERS + "/{member_id}"),
    "delete health monitor": ("DELETE", MONITORS),
    "delete pool": ("DELETE", POOL + "/{pool_id}"),
    "delete listener": ("DELETE", LISTENER + "/{listener_id}"),
    "update listener": ("PATCH", LISTENER.replace("v1", "v2") + "/{listener_id}"),
    "update load balancer": ("PATCH", BALANCER.replace("v1", "v2") + "/{load_balancer_id}"),
    "delete load balancer": ("DELETE", BALANCER + "/{load_balancer_id}"),
    "delete secret": ("DELETE", SECRET_V1 + "/{secret_id}"),
}


def create_update_and_delete(stack: FakeStack) -> None:
    """Send every kind of write."""
    ca, balancer = stack.ca(), stack.load_balancer()
    listener = stack.listener(balancer)
    parents = {"load_balancer_id": balancer.id, "listener_id": listener.id}
    pool = stack.create("Pool", "pool", **parents, members=[member(A), member(B)], health_monitor=MONITOR)
    pool.update(
        **parents, members=[member(B, weight=2)], health_monitor={**MONITOR, "type": "PING"}, lb_algorithm="SOURCE_IP"
    )
    assert not pool.saved_diff().changes
    listener.update(load_balancer_id=balancer.id, protocol="HTTP", protocol_port=80, connection_limit=5)
    balancer.update(tags={"a": "1"})
    for each in (pool, listener, balancer, ca):
        each.delete()


@pytest.mark.parametrize("name", REPEATED)
@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_an_update_or_delete_with_a_lost_response_is_sent_again(name: str, fault: str, stack: FakeStack) -> None:
    method, route = REPEATED[name]
    stack.inject_fault(action=fault, method=method, route=route, nth=1)
    create_update_and_delete(stack)
    assert stack.fault_counts == [1]
    # The second delete request gets a 404 and counts as done, but the first one can still be in progress.
    stack.clock.advance(10)
    for table in ("secrets", "load_balancers", "listeners", "pools"):
        assert stack.objects(table) == []


# A POST of an update is not sent again if its response is lost: the next run reads the outcome.
@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
@pytest.mark.parametrize("route", [MEMBERS, MONITORS, BALANCER + "/{load_balancer_id}/resize"])
def test_the_next_run_completes_an_update_with_a_lost_post(fault: str, route: str, stack: FakeStack) -> None:
    balancer = stack.load_balancer(flavor="lb1-1-2")
    pool = stack.pool(balancer)
    stack.inject_fault(action=fault, method="POST", route=route, nth=1)
    program: dict[str, Any] = {"load_balancer_id": balancer.id, "members": [member()], "health_monitor": MONITOR}

    def run() -> None:
        if pool.diff(**program).changes:
            pool.update(**program)
        if balancer.diff(flavor="lb1-2-4").changes:
            balancer.update(flavor="lb1-2-4")

    with pytest.raises(Unreachable):
        run()
    stack.clock.advance(60)
    run()
    assert stack.fault_counts == [1]
    assert balancer.live_properties()["flavor"] == "lb1-2-4"
    assert pool.live_properties()["members"] == [member()]
    assert pool.live_properties()["health_monitor"] == MONITOR
