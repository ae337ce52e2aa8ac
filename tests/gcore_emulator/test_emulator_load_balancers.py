"""Load balancers: create with nested objects, update, resize, list, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.gcore_emulator.emulated_api import (
    UNKNOWN_ID,
    Api,
    mtls,
)


class TestLoadBalancer:
    def test_new_load_balancer_is_readable_at_once_and_active_when_its_task_finishes(self, api: Api) -> None:
        task_id = api.start_task("POST", "/v1/loadbalancers/@", {"name": "web"})
        (created,) = api.get("/v1/loadbalancers/@")["results"]
        assert (created["provisioning_status"], created["operating_status"]) == ("PENDING_CREATE", "OFFLINE")
        assert created["task_id"] == created["creator_task_id"] == task_id
        assert api.finish(task_id) == {"loadbalancers": [created["id"]]}
        ready = api.get(f"/v1/loadbalancers/@/{created['id']}")
        assert (ready["provisioning_status"], ready["operating_status"]) == ("ACTIVE", "ONLINE")
        assert (ready["task_id"], ready["creator_task_id"]) == (None, task_id)
        assert ready["flavor"]["flavor_name"] == "lb1-1-2"

    def test_nested_objects_are_created_with_the_load_balancer(self, api: Api) -> None:
        created = api.do("POST", "/v1/loadbalancers/@", mtls(api))
        assert {kind: len(ids) for kind, ids in created.items()} == {
            "loadbalancers": 1,
            "listeners": 1,
            "pools": 1,
            "members": 2,
            "healthmonitors": 1,
        }
        balancer = api.get(f"/v1/loadbalancers/@/{created['loadbalancers'][0]}")
        listener = api.get(f"/v1/lblisteners/@/{created['listeners'][0]}")
        pool = api.get(f"/v1/lbpools/@/{created['pools'][0]}")
        assert balancer["listeners"] == [{"id": listener["id"]}]
        assert balancer["tags_v2"] == [{"key": "owner", "value": "tests", "read_only": False}]
        assert listener["load_balancer_id"] == balancer["id"]
        assert listener["pool_count"] == 1
        assert listener["connection_limit"] == 100_000
        assert listener["insert_headers"]["X-Forwarded-For"] == "true"
        assert pool["listeners"] == [{"id": listener["id"]}]
        assert pool["loadbalancers"] == [{"id": balancer["id"]}]
        assert sorted(member["id"] for member in pool["members"]) == sorted(created["members"])
        assert pool["healthmonitor"]["id"] == created["healthmonitors"][0]
        objects = [balancer, listener, pool, *pool["members"], pool["healthmonitor"]]
        assert {one["provisioning_status"] for one in objects} == {"ACTIVE"}

    def test_deleting_a_load_balancer_deletes_its_listeners_and_pools(self, api: Api) -> None:
        created = api.do("POST", "/v1/loadbalancers/@", mtls(api))
        balancer_id = created["loadbalancers"][0]
        api.pool(load_balancer_id=balancer_id, name="unattached")
        task_id = api.start_task("DELETE", f"/v1/loadbalancers/@/{balancer_id}")
        going = api.state()
        for kind in ("load_balancers", "listeners", "pools"):
            assert {one["provisioning_status"] for one in going[kind].values()} == {"PENDING_DELETE"}
        api.finish(task_id)
        gone = api.state()
        assert (gone["load_balancers"], gone["listeners"], gone["pools"]) == ({}, {}, {})
        assert len(gone["secrets"]) == 4
        api.rejected("GET", f"/v1/loadbalancers/@/{balancer_id}", 404, "NotFoundError")

    @pytest.mark.parametrize(
        ("tags", "expected"),
        [
            ({"b": "2"}, {"a": "1", "b": "2", "c": "3"}),
            ({"a": "9"}, {"a": "9", "c": "3"}),
            ({"a": None}, {"c": "3"}),
            ({"z": None}, {"a": "1", "c": "3"}),
            ({}, {"a": "1", "c": "3"}),
            (None, {}),
        ],
    )
    @pytest.mark.parametrize("version", ["v1", "v2"])
    def test_tags_are_merged(
        self, api: Api, version: str, tags: dict[str, str | None] | None, expected: dict[str, str]
    ) -> None:
        balancer_id = api.load_balancer(tags={"a": "1", "c": "3"})
        path = f"/{version}/loadbalancers/@/{balancer_id}"
        if version == "v1":
            changed = api.call("PATCH", path, json={"tags": tags}).json()
        else:
            api.do("PATCH", path, {"tags": tags})
            changed = api.get(f"/v1/loadbalancers/@/{balancer_id}")
        assert {tag["key"]: tag["value"] for tag in changed["tags_v2"]} == expected

    def test_v2_update_returns_a_task_and_v1_update_returns_the_object(self, api: Api) -> None:
        balancer_id = api.load_balancer()
        logging = {"enabled": True, "topic_name": "lb", "destination_region_id": 1, "retention_policy": {"period": 7}}
        api.do("PATCH", f"/v2/loadbalancers/@/{balancer_id}", {"name": "other", "admin_state_up": False})
        changed = api.get(f"/v1/loadbalancers/@/{balancer_id}")
        assert (changed["name"], changed["admin_state_up"], changed["operating_status"]) == ("other", False, "OFFLINE")
        assert changed["updated_at"] is not None
        response = api.call("PATCH", f"/v1/loadbalancers/@/{balancer_id}", json={"name": "third", "logging": logging})
        assert (response.json()["name"], response.json()["logging"]) == ("third", logging)

    def test_resize_changes_the_flavor(self, api: Api) -> None:
        balancer_id = api.load_balancer()
        api.do("POST", f"/v1/loadbalancers/@/{balancer_id}/resize", {"flavor": "lb2-8-16"})
        assert api.get(f"/v1/loadbalancers/@/{balancer_id}")["flavor"]["flavor_name"] == "lb2-8-16"

    def test_load_balancer_in_error_can_only_be_failed_over_or_deleted(self, start: Callable[..., Api]) -> None:
        api = start(failed_task="leave-error-object")
        balancer_id = api.load_balancer()
        path = f"/v1/loadbalancers/@/{balancer_id}"
        api.add_fault(action="fail_task", method="PATCH")
        api.fail("PATCH", f"/v2/loadbalancers/@/{balancer_id}", {"name": "other"})
        assert (api.get(path)["provisioning_status"], api.get(path)["operating_status"]) == ("ERROR", "ERROR")
        api.rejected("POST", f"{path}/resize", 409, "ConflictError", json={"flavor": "lb1-2-4"})
        assert api.do("POST", f"{path}/failover", {"force": True}) == {}
        assert api.get(path)["provisioning_status"] == "ACTIVE"

    def test_addresses_depend_on_network_port_and_ip_family(self, api: Api) -> None:
        port, subnet, network = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "abc")
        public = api.get(f"/v1/loadbalancers/@/{api.load_balancer()}")
        assert public["vip_address"].startswith(("192.0.2.", "198.51.100.", "203.0.113."))
        private = api.get(f"/v1/loadbalancers/@/{api.load_balancer(vip_network_id=network, vip_subnet_id=subnet)}")
        assert private["vip_address"].startswith("10.")
        assert {instance["subnet_id"] for instance in private["vrrp_ips"]} == {subnet}
        assert {instance["role"] for instance in private["vrrp_ips"]} == {"MASTER", "BACKUP"}
        six = api.get(f"/v1/loadbalancers/@/{api.load_balancer(vip_ip_family='ipv6')}")
        assert six["vip_address"].startswith("2001:db8:")
        dual = api.get(f"/v1/loadbalancers/@/{api.load_balancer(vip_ip_family='dual')}")
        assert dual["additional_vips"][0]["ip_address"].startswith("2001:db8:")
        reserved_id = api.load_balancer(vip_port_id=port)
        reserved = api.get(f"/v1/loadbalancers/@/{reserved_id}")
        assert reserved["vip_port_id"] == port
        api.rejected("POST", "/v1/loadbalancers/@", 409, "ConflictError", json={"name": "web", "vip_port_id": port})
        api.do("DELETE", f"/v1/loadbalancers/@/{reserved_id}")
        again = api.get(f"/v1/loadbalancers/@/{api.load_balancer(vip_port_id=port)}")
        assert again["vip_address"] == reserved["vip_address"]

    def test_floating_ip_is_new_or_existing_and_used_once(self, api: Api) -> None:
        created = api.do("POST", "/v1/loadbalancers/@", {"name": "web", "floating_ip": {"source": "new"}})
        (floating,) = api.get(f"/v1/loadbalancers/@/{created['loadbalancers'][0]}")["floating_ips"]
        assert created["floatingips"] == [floating["id"]]
        existing = {"source": "existing", "existing_floating_id": UNKNOWN_ID}
        created = api.do("POST", "/v1/loadbalancers/@", {"name": "web", "floating_ip": existing})
        assert "floatingips" not in created
        api.rejected("POST", "/v1/loadbalancers/@", 409, json={"name": "web", "floating_ip": existing})

    def test_list_of_load_balancers_can_be_filtered_and_ordered(self, api: Api) -> None:
        first = api.load_balancer(name="alpha", tags={"team": "a", "stage": "test"})
        second = api.load_balancer(name="beta", flavor="lb1-8-16", floating_ip={"source": "new"}, tags={"team": "b"})
        third = api.load_balancer(name="gamma", logging={"enabled": True})
        api.do("PATCH", f"/v2/loadbalancers/@/{third}", {"admin_state_up": False})
        cases: list[tuple[dict[str, Any], list[str]]] = [
            ({}, [third, second, first]),
            ({"order_by": "name.asc"}, [first, second, third]),
            ({"order_by": "created_at.asc"}, [first, second, third]),
            ({"order_by": "flavor.desc"}, [second, third, first]),
            ({"order_by": "updated_at.desc", "limit": 1}, [third]),
            ({"name": "beta"}, [second]),
            ({"tag_key": "team", "order_by": "name.asc"}, [first, second]),
            ({"tag_key": ["team", "stage"]}, [first]),
            ({"tag_key_value": '{"team": "b"}'}, [second]),
            ({"assigned_floating": True}, [second]),
            ({"logging_enabled": True}, [third]),
            ({"operating_status": "OFFLINE"}, [third]),
            ({"provisioning_status": "ACTIVE", "offset": 2}, [first]),
            ({"provisioning_status": "ERROR"}, []),
        ]
        for params, expected in cases:
            listed = [row["id"] for row in api.get("/v1/loadbalancers/@", **params)["results"]]
            assert sorted(listed) == sorted(expected), params
            if "order_by" in params and params["order_by"] != "flavor.desc":
                assert listed == expected, params
        api.rejected("GET", "/v1/loadbalancers/@", 400, params={"tag_key_value": "[1]"})

    def test_status_tree_contains_all_nested_objects(self, api: Api) -> None:
        created = api.do("POST", "/v1/loadbalancers/@", mtls(api))
        tree = api.get(f"/v1/loadbalancers/@/{created['loadbalancers'][0]}/status")
        (listener,) = tree["listeners"]
        (pool,) = listener["pools"]
        assert [member["operating_status"] for member in pool["members"]] == ["ONLINE", "ONLINE"]
        assert pool["health_monitor"]["type"] == "TCP"
        assert tree["tags"][0]["key"] == "owner"
        assert api.get("/v1/loadbalancers/@/status") == {"count": 1, "results": [tree]}
