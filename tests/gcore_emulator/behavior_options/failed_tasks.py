"""Failed tasks, read lag, quotas."""

from __future__ import annotations

from typing import Any

from tests.gcore_emulator.behavior_options.registry import checks_value
from tests.gcore_emulator.emulated_api import Api, blob, member_body, pool_body


def failed_tasks(api: Api) -> dict[str, Any]:
    """Fail a create, an update and a delete, and return the remaining objects."""
    balancer = api.load_balancer()
    kept, going = api.pool(load_balancer_id=balancer), api.pool(load_balancer_id=balancer)
    api.add_fault(action="fail_task")
    api.fail("POST", "/v1/secrets/@", blob("ca", api.material.ca_payload))
    api.fail("POST", "/v1/lbpools/@", pool_body(load_balancer_id=balancer, name="created"))
    api.fail("PATCH", f"/v2/lbpools/@/{kept}", {"name": "changed"})
    api.fail("DELETE", f"/v1/lbpools/@/{going}")
    api.fail("POST", "/v1/loadbalancers/@", {"name": "second"})
    state = api.state()
    assert state["secrets"] == {}
    assert state["load_balancers"][balancer]["provisioning_status"] == "ACTIVE"
    return {
        "pools": sorted((one["name"], one["provisioning_status"]) for one in state["pools"].values()),
        "others": [one["provisioning_status"] for id_, one in state["load_balancers"].items() if id_ != balancer],
    }


@checks_value("failed-task", "leave-nothing")
def a_failed_task_leaves_nothing(api: Api) -> None:
    assert failed_tasks(api) == {"pools": [("backends", "ACTIVE"), ("backends", "ACTIVE")], "others": []}


@checks_value("failed-task", "leave-error-object")
def a_failed_task_leaves_objects_in_error(api: Api) -> None:
    pools = [("backends", "ERROR"), ("backends", "ERROR"), ("created", "ERROR")]
    assert failed_tasks(api) == {"pools": pools, "others": ["ERROR"]}
    api.emulator.faults.counts.clear()
    for pool in api.get("/v1/lbpools/@")["results"]:
        api.rejected("PATCH", f"/v2/lbpools/@/{pool['id']}", 409, json={"name": "again"})
        api.do("DELETE", f"/v1/lbpools/@/{pool['id']}")


@checks_value("read-lag", "N", "2")
def reads_show_the_old_state_until_the_lag_ends(api: Api) -> None:
    task = api.start_task("POST", "/v1/secrets/@", blob("ca", api.material.ca_payload))
    created = api.finish(task)["secrets"][0]
    statuses = [api.call("GET", f"/v1/secrets/@/{created}").status_code for _ in range(3)]
    assert statuses == [404, 404, 200]
    balancer = api.load_balancer()
    shown = [api.get(f"/v1/loadbalancers/@/{balancer}")["provisioning_status"] for _ in range(3)]
    assert shown == ["PENDING_CREATE", "PENDING_CREATE", "ACTIVE"]
    api.do("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "second"})
    listed = [api.get("/v1/loadbalancers/@")["results"][0]["name"] for _ in range(3)]
    assert listed == ["web", "web", "second"]
    api.do("DELETE", f"/v1/loadbalancers/@/{balancer}")
    assert [api.get("/v1/loadbalancers/@")["count"] for _ in range(3)] == [1, 1, 0]


@checks_value("quota", "none")
def objects_are_not_limited(api: Api) -> None:
    for _ in range(5):
        api.ca_secret()


@checks_value("quota", "KIND=N,...", "secrets=1,load_balancers=2,listeners=1,pools=1,members=2")
def creates_above_a_quota_are_rejected(api: Api) -> None:
    api.ca_secret()
    rejected = api.rejected("POST", "/v1/secrets/@", 403, "QuotaLimitExceed", json=blob("x", api.material.ca_payload))
    assert rejected["info"] == {
        "attribute": "secrets_count_limit",
        "limit": 1,
        "current_usage": 1,
        "requested_usage": 1,
    }
    balancer, pool = api.pool_on_new_load_balancer(members=[member_body()])
    api.rejected("POST", "/v1/lbpools/@", 403, json=pool_body(load_balancer_id=balancer))
    nested = [{"name": "abc", "protocol": "HTTP", "protocol_port": port} for port in (1, 2)]
    api.rejected("POST", "/v1/loadbalancers/@", 403, json={"name": "web", "listeners": nested})
    members = f"/v1/loadbalancers/@/pools/{pool}/members"
    api.do("POST", members, member_body("10.0.0.2"))
    api.rejected("POST", members, 403, "QuotaLimitExceed", json=member_body("10.0.0.3"))
    api.do("PUT", members, [member_body("10.0.0.3"), member_body("10.0.0.4")])
    api.do("PATCH", f"/v2/lbpools/@/{pool}", {"members": []})
    api.load_balancer()
    api.rejected("POST", "/v1/loadbalancers/@", 403, json={"name": "web"})


@checks_value("quota-status", "400")
@checks_value("quota-status", "403")
@checks_value("quota-status", "409")
@checks_value("quota-status", "422")
def quota_status_has_no_effect_without_a_quota(api: Api) -> None:
    api.ca_secret()
