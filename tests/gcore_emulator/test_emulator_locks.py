"""A write locks the load balancer and the objects between it and the changed object."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gcore_emulator.emulated_api import (
    TASK_SECONDS,
    Api,
    member_body,
    mtls,
    pool_body,
)


class TestLock:
    """A write locks the load balancer and the objects between it and the changed object."""

    @pytest.fixture
    def ids(self, api: Api) -> dict[str, str]:
        created = api.do("POST", "/v1/loadbalancers/@", mtls(api))
        return {
            "lb": created["loadbalancers"][0],
            "listener": created["listeners"][0],
            "pool": created["pools"][0],
            "member": created["members"][0],
            "secret": api.secret(api.material.server_payload),
        }

    WRITES = (
        ("PATCH", "/v2/loadbalancers/@/{lb}", {"name": "new"}),
        ("POST", "/v1/loadbalancers/@/{lb}/resize", {"flavor": "lb1-8-16"}),
        ("POST", "/v1/loadbalancers/@/{lb}/failover", None),
        (
            "POST",
            "/v1/lblisteners/@",
            {"name": "http", "protocol": "HTTP", "protocol_port": 80, "load_balancer_id": "{lb}"},
        ),
        ("PATCH", "/v2/lblisteners/@/{listener}", {"name": "new"}),
        ("DELETE", "/v1/lblisteners/@/{listener}", None),
        ("POST", "/v1/lbpools/@", {**pool_body(), "load_balancer_id": "{lb}"}),
        ("POST", "/v1/loadbalancers/@/{lb}/pools", pool_body()),
        ("PATCH", "/v1/lbpools/@/{pool}", {"name": "new"}),
        ("PATCH", "/v2/lbpools/@/{pool}", {"name": "new"}),
        ("PUT", "/v1/lbpools/@/{pool}", {"name": "new"}),
        ("DELETE", "/v1/lbpools/@/{pool}", None),
        ("POST", "/v1/loadbalancers/@/pools/{pool}/members", member_body("10.0.0.9")),
        ("PUT", "/v1/loadbalancers/@/pools/{pool}/members", [member_body("10.0.0.9")]),
        ("PATCH", "/v1/loadbalancers/@/pools/{pool}/members/{member}", {"weight": 9}),
        ("DELETE", "/v1/loadbalancers/@/pools/{pool}/members/{member}", None),
        ("POST", "/v1/lbpools/@/{pool}/member", member_body("10.0.0.9")),
        ("DELETE", "/v1/lbpools/@/{pool}/member/{member}", None),
        ("PATCH", "/v1/lbpools/@/{pool}/healthmonitor", {"delay": 99}),
        ("DELETE", "/v1/lbpools/@/{pool}/healthmonitor", None),
        ("DELETE", "/v1/loadbalancers/@/{lb}", None),
    )

    @pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=lambda value: value if "/" in str(value) else "")
    def test_each_write_locks_the_load_balancer_and_is_rejected_while_it_is_locked(
        self, api: Api, ids: dict[str, str], method: str, path: str, body: Any
    ) -> None:
        path = path.format(**ids)
        if isinstance(body, dict) and "load_balancer_id" in body:
            body = {**body, "load_balancer_id": ids["lb"]}
        response = api.call(method, path, json=body)
        assert response.status_code == (204 if "healthmonitor" in path and method == "DELETE" else 200)
        task_id = response.json()["tasks"][0] if response.status_code == 200 else None
        balancer = api.get(f"/v1/loadbalancers/@/{ids['lb']}")
        status = "PENDING_DELETE" if path == f"/v1/loadbalancers/@/{ids['lb']}" else "PENDING_UPDATE"
        assert (balancer["provisioning_status"], balancer["task_id"]) == (status, task_id)
        for other_method, other_path, other_body in self.WRITES:
            if isinstance(other_body, dict) and "load_balancer_id" in other_body:
                other_body = {**other_body, "load_balancer_id": ids["lb"]}
            api.rejected(other_method, other_path.format(**ids), 409, "ConflictError", json=other_body)
        api.clock.advance(TASK_SECONDS)
        left = api.get("/v1/loadbalancers/@")["results"]
        assert [(one["provisioning_status"], one["task_id"]) for one in left] == (
            [] if status == "PENDING_DELETE" else [("ACTIVE", None)]
        )

    def test_deprecated_updates_are_rejected_while_locked(self, api: Api, ids: dict[str, str]) -> None:
        api.start_task("PATCH", f"/v2/lblisteners/@/{ids['listener']}", {"name": "new"})
        api.rejected("PATCH", f"/v1/loadbalancers/@/{ids['lb']}", 409, json={"name": "new"})
        api.rejected("PATCH", f"/v1/lblisteners/@/{ids['listener']}", 409, json={"name": "new"})

    def test_a_pool_change_locks_its_listener(self, api: Api, ids: dict[str, str]) -> None:
        task_id = api.start_task("PATCH", f"/v2/lbpools/@/{ids['pool']}", {"name": "new"})
        for path in (f"/v1/lblisteners/@/{ids['listener']}", f"/v1/lbpools/@/{ids['pool']}"):
            locked = api.get(path)
            assert (locked["provisioning_status"], locked["task_id"]) == ("PENDING_UPDATE", task_id)
        assert api.get(f"/v1/lbpools/@/{ids['pool']}")["name"] == "backends"
        api.finish(task_id)
        assert api.get(f"/v1/lblisteners/@/{ids['listener']}")["provisioning_status"] == "ACTIVE"
        assert api.get(f"/v1/lbpools/@/{ids['pool']}")["name"] == "new"

    def test_created_updated_and_deleted_members_are_pending(self, api: Api, ids: dict[str, str]) -> None:
        members = [member_body("10.0.0.2", weight=99), member_body("10.0.0.3")]
        task_id = api.start_task("PUT", f"/v1/loadbalancers/@/pools/{ids['pool']}/members", members)
        pool = api.get(f"/v1/lbpools/@/{ids['pool']}")
        assert {one["address"]: one["provisioning_status"] for one in pool["members"]} == {
            "10.0.0.1": "PENDING_DELETE",
            "10.0.0.2": "PENDING_UPDATE",
            "10.0.0.3": "PENDING_CREATE",
        }
        created = api.finish(task_id)
        after = api.get(f"/v1/lbpools/@/{ids['pool']}")["members"]
        assert [(one["address"], one["weight"], one["provisioning_status"]) for one in after] == [
            ("10.0.0.2", 99, "ACTIVE"),
            ("10.0.0.3", 1, "ACTIVE"),
        ]
        assert after[0]["id"] == pool["members"][1]["id"]
        assert created["members"] == [after[1]["id"]]

    def test_other_load_balancers_stay_unlocked(self, api: Api, ids: dict[str, str]) -> None:
        api.start_task("PATCH", f"/v2/loadbalancers/@/{ids['lb']}", {"name": "new"})
        task_id = api.start_task("POST", "/v1/loadbalancers/@", {"name": "second"})
        api.finish(task_id)

    def test_reads_and_secrets_need_no_lock(self, api: Api, ids: dict[str, str]) -> None:
        api.start_task("PATCH", f"/v2/loadbalancers/@/{ids['lb']}", {"name": "new"})
        assert api.get("/v1/lbpools/@")["count"] == 1
        api.do("DELETE", f"/v1/secrets/@/{ids['secret']}")
