"""Listeners, pools, members and health monitors: create, update field by field, list, delete."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gcore_emulator.emulated_api import (
    TASK_SECONDS,
    Api,
    member_body,
    monitor_body,
    pool_body,
)


class TestListener:
    def test_deleting_a_listener_detaches_or_deletes_its_default_pool(self, api: Api) -> None:
        balancer_id = api.load_balancer()
        for goes in (False, True):
            listener_id = api.listener(balancer_id)
            pool_id = api.pool(listener_id=listener_id)
            api.do("DELETE", f"/v1/lblisteners/@/{listener_id}", delete_default_pool=goes)
            pools = {row["id"]: row["listeners"] for row in api.get("/v1/lbpools/@")["results"]}
            assert pools.get(pool_id) == (None if goes else [])

    def test_default_pool_id_shares_a_pool_between_listeners(self, api: Api) -> None:
        balancer_id, pool_id = api.pool_on_new_load_balancer()
        first = api.listener(balancer_id, default_pool_id=pool_id)
        second = api.listener(balancer_id, default_pool_id=pool_id, protocol_port=8080)
        assert api.get(f"/v1/lbpools/@/{pool_id}")["listeners"] == [{"id": first}, {"id": second}]
        assert api.get(f"/v1/lblisteners/@/{second}")["pool_count"] == 1
        assert [row["id"] for row in api.get("/v1/lbpools/@", listener_id=second)["results"]] == [pool_id]

    def test_each_field_of_a_listener_can_be_updated(self, api: Api) -> None:
        secret, sni = api.server_secret(), api.secret(api.material.server_payload)
        listener_id = api.listener(api.load_balancer(), protocol="TERMINATED_HTTPS", secret_id=secret)
        changes: dict[str, Any] = {
            "name": "other",
            "admin_state_up": False,
            "allowed_cidrs": ["10.0.0.0/8", "192.0.2.1/32"],
            "connection_limit": 5,
            "secret_id": None,
            "sni_secret_id": [sni],
            "timeout_client_data": 1,
            "timeout_member_connect": 2,
            "timeout_member_data": 3,
            "user_list": [{"username": "tester", "encrypted_password": "$5$salt$hash"}],
        }
        api.do("PATCH", f"/v2/lblisteners/@/{listener_id}", changes)
        changed = api.get(f"/v1/lblisteners/@/{listener_id}")
        assert {name: changed[name] for name in changes} == changes
        api.do("PATCH", f"/v2/lblisteners/@/{listener_id}", {"connection_limit": -1, "user_list": None})
        changed = api.get(f"/v1/lblisteners/@/{listener_id}")
        assert (changed["connection_limit"], changed["user_list"]) == (100_000, [])
        renamed = api.call("PATCH", f"/v1/lblisteners/@/{listener_id}", json={"name": "third"}).json()
        assert renamed["name"] == "third"

    def test_list_of_listeners_can_be_filtered(self, api: Api) -> None:
        first, second = api.load_balancer(), api.load_balancer()
        one, two = api.listener(first), api.listener(second, name="second")
        assert [row["id"] for row in api.get("/v1/lblisteners/@", load_balancer_id=first)["results"]] == [one]
        assert [row["id"] for row in api.get("/v1/lblisteners/@", name="second")["results"]] == [two]
        assert api.get("/v1/lblisteners/@", limit=1) == {
            "count": 2,
            "results": [api.get(f"/v1/lblisteners/@/{one}")],
        }
        assert api.get(f"/v1/lblisteners/@/{one}", show_stats=True)["stats"]["bytes_in"] == 0


class TestPool:
    def test_pool_gets_its_load_balancer_from_the_listener(self, api: Api) -> None:
        balancer_id = api.load_balancer()
        pool = api.get(f"/v1/lbpools/@/{api.pool(listener_id=api.listener(balancer_id))}")
        assert pool["loadbalancers"] == [{"id": balancer_id}]

    def test_guide_route_creates_pools_with_and_without_a_listener(self, api: Api) -> None:
        balancer_id = api.load_balancer()
        listener_id = api.listener(balancer_id)
        path = f"/v1/loadbalancers/@/{balancer_id}/pools"
        attached = api.do("POST", path, pool_body(listener_id=listener_id))["pools"][0]
        unattached = api.do("POST", path, pool_body())["pools"][0]
        assert api.get(f"/v1/lbpools/@/{attached}")["listeners"] == [{"id": listener_id}]
        assert api.get(f"/v1/lbpools/@/{unattached}")["listeners"] == []

    @pytest.mark.parametrize(("method", "version"), [("PATCH", "v1"), ("PATCH", "v2"), ("PUT", "v1")])
    def test_update_of_a_pool_changes_only_the_fields_sent(self, api: Api, method: str, version: str) -> None:
        _, pool_id = api.pool_on_new_load_balancer(members=[member_body()], timeout_member_data=7)
        changes: dict[str, Any] = {
            "name": "other",
            "protocol": "HTTPS",
            "lb_algorithm": "LEAST_CONNECTIONS",
            "admin_state_up": False,
            "ca_secret_id": api.ca_secret(),
            "crl_secret_id": api.crl_secret(),
            "secret_id": api.client_secret(),
            "timeout_client_data": 1,
            "timeout_member_connect": 2,
        }
        path = f"/{version}/lbpools/@/{pool_id}"
        api.do(method, path, {**changes, "session_persistence": {"type": "HTTP_COOKIE"}})
        changed = api.get(f"/v1/lbpools/@/{pool_id}")
        assert {name: changed[name] for name in changes} == changes
        assert changed["session_persistence"]["type"] == "HTTP_COOKIE"
        assert changed["timeout_member_data"] == 7
        assert [member["operating_status"] for member in changed["members"]] == ["OFFLINE"]
        unset = dict.fromkeys(("ca_secret_id", "crl_secret_id", "secret_id", "session_persistence"))
        api.do(method, path, unset)
        changed = api.get(f"/v1/lbpools/@/{pool_id}")
        assert {name: changed[name] for name in unset} == unset

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"name": "backends"},
            {"protocol": "HTTP", "ca_secret_id": None, "admin_state_up": True},
            {"members": [member_body("10.0.0.2"), member_body()]},
            {"members": None},
            {"healthmonitor": {"delay": 10, "timeout": 5, "max_retries": 3}},
            {"session_persistence": {"type": "SOURCE_IP"}},
        ],
    )
    def test_update_without_changes_creates_no_task(self, api: Api, fields: dict[str, Any]) -> None:
        _, pool_id = api.pool_on_new_load_balancer(
            members=[member_body(), member_body("10.0.0.2")],
            healthmonitor=monitor_body(),
            session_persistence={"type": "SOURCE_IP"},
        )
        assert api.call("PATCH", f"/v2/lbpools/@/{pool_id}", json=fields).json() == {"tasks": []}

    def test_list_of_pools_contains_members_only_with_details(self, api: Api) -> None:
        balancer_id, pool_id = api.pool_on_new_load_balancer(members=[member_body()], healthmonitor=monitor_body())
        api.pool(load_balancer_id=balancer_id, name="second")
        detailed = api.get("/v1/lbpools/@", details=True, name="backends")["results"]
        assert detailed == [api.get(f"/v1/lbpools/@/{pool_id}")]
        (short,) = api.get("/v1/lbpools/@", name="backends", load_balancer_id=balancer_id)["results"]
        assert short["members"] == [{"id": detailed[0]["members"][0]["id"]}]
        assert short["healthmonitor"] is None


class TestMembersAndHealthMonitor:
    @pytest.fixture
    def pool_id(self, api: Api) -> str:
        return api.pool_on_new_load_balancer(members=[member_body("10.0.0.2")])[1]

    def test_single_members_can_be_created_listed_updated_and_deleted(self, api: Api, pool_id: str) -> None:
        path = f"/v1/loadbalancers/@/pools/{pool_id}/members"
        body = member_body("10.0.0.1", monitor_address="10.0.0.9", monitor_port=8443, weight=3)
        member_id = api.do("POST", path, body)["members"][0]
        created = api.get(f"{path}/{member_id}")
        assert {name: created[name] for name in body} == body
        assert created["operating_status"] == "NO_MONITOR"
        assert [row["address"] for row in api.get(path)["results"]] == ["10.0.0.1", "10.0.0.2"]
        assert [row["address"] for row in api.get(path, order_by="created_at.asc")["results"]][-1] == "10.0.0.1"
        assert [row["address"] for row in api.get(path, order_by="address.desc", limit=1)["results"]] == ["10.0.0.2"]
        api.do("PATCH", f"{path}/{member_id}", {"monitor_address": None, "weight": 256, "admin_state_up": False})
        changed = api.get(f"{path}/{member_id}")
        assert (changed["monitor_address"], changed["monitor_port"], changed["weight"]) == (None, 8443, 256)
        assert changed["operating_status"] == "OFFLINE"
        assert api.call("PATCH", f"{path}/{member_id}", json={"weight": 256}).json() == {"tasks": []}
        api.do("DELETE", f"{path}/{member_id}")
        api.rejected("GET", f"{path}/{member_id}", 404, "NotFoundError")
        api.rejected("PATCH", f"{path}/{member_id}", 404, json={"weight": 1})
        api.rejected("DELETE", f"{path}/{member_id}", 404)

    def test_deprecated_member_routes_create_and_delete(self, api: Api, pool_id: str) -> None:
        member_id = api.do("POST", f"/v1/lbpools/@/{pool_id}/member", member_body("10.0.0.3"))["members"][0]
        assert len(api.get(f"/v1/lbpools/@/{pool_id}")["members"]) == 2
        api.do("DELETE", f"/v1/lbpools/@/{pool_id}/member/{member_id}")
        assert len(api.get(f"/v1/lbpools/@/{pool_id}")["members"]) == 1

    def test_replacing_members_by_the_same_ones_creates_no_task(self, api: Api, pool_id: str) -> None:
        path = f"/v1/loadbalancers/@/pools/{pool_id}/members"
        assert api.call("PUT", path, json=[member_body("10.0.0.2")]).json() == {"tasks": []}
        api.do("PUT", path, [])
        assert api.get(path) == {"count": 0, "results": []}

    def test_health_monitor_can_be_created_updated_and_deleted(self, api: Api, pool_id: str) -> None:
        path = f"/v1/lbpools/@/{pool_id}/healthmonitor"
        api.rejected("GET", path, 404, "NotFoundError")
        assert "healthmonitors" in api.do("POST", path, monitor_body())
        api.rejected("POST", path, 409, "ConflictError", json=monitor_body())
        pool = api.get(f"/v1/lbpools/@/{pool_id}")
        assert pool["healthmonitor"] == api.get(path)
        assert (pool["healthmonitor"]["max_retries_down"], pool["healthmonitor"]["admin_state_up"]) == (3, True)
        assert [member["operating_status"] for member in pool["members"]] == ["ONLINE"]
        api.do("PATCH", path, {"delay": 60})
        assert api.call("PATCH", path, json={"delay": 60}).json() == {"tasks": []}
        assert api.get(path)["delay"] == 60
        whole = {"delay": 30, "timeout": 10, "max_retries": 2, "max_retries_down": 4}
        api.do("PATCH", f"/v2/lbpools/@/{pool_id}", {"healthmonitor": whole})
        changed = api.get(path)
        assert {name: changed[name] for name in whole} == whole
        assert changed["id"] == pool["healthmonitor"]["id"]
        assert api.call("DELETE", path).status_code == 204
        assert api.get(f"/v1/lbpools/@/{pool_id}")["healthmonitor"]["provisioning_status"] == "PENDING_DELETE"
        api.clock.advance(TASK_SECONDS)
        assert api.get(f"/v1/lbpools/@/{pool_id}")["healthmonitor"] is None
        assert "not found" in api.rejected("DELETE", path, 400)["message"]
        assert {task["task_type"] for task in api.get("/v1/tasks", limit=100)["results"]} == {
            "create_loadbalancer",
            "create_lbpool",
            "create_lbpool_health_monitor",
            "update_lbpool_health_monitor",
            "patch_lbpool",
        }

    def test_update_of_the_pool_creates_a_health_monitor(self, api: Api, pool_id: str) -> None:
        created = api.do("PATCH", f"/v2/lbpools/@/{pool_id}", {"healthmonitor": monitor_body(type="PING")})
        assert len(created["healthmonitors"]) == 1
