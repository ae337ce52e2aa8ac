"""What becomes of objects: made, locked, changed, removed; who depends on whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from emulated_api import NOWHERE, SCOPE, TASK_SECONDS, Api, blob, member_body, monitor_body, pool_body


def mtls(api: Api, protocol: str = "TERMINATED_HTTPS") -> dict[str, Any]:
    """A load balancer with everything that TLS on both sides needs, nested."""
    return {
        "name": "web",
        "flavor": "lb1-2-4",
        "tags": {"owner": "tests"},
        "listeners": [
            {
                "name": "https",
                "protocol": protocol,
                "protocol_port": 443,
                "secret_id": api.server_secret(),
                "insert_x_forwarded": True,
                "pools": [
                    pool_body(
                        protocol="HTTPS",
                        ca_secret_id=api.ca_secret(),
                        crl_secret_id=api.crl_secret(),
                        secret_id=api.client_secret(),
                        members=[member_body(), member_body("10.0.0.2", backup=True, weight=7)],
                        healthmonitor=monitor_body(),
                    )
                ],
            }
        ],
    }


class TestLoadBalancer:
    def test_it_is_there_at_once_and_active_at_the_end(self, api: Api) -> None:
        task_id = api.begin("POST", "/v1/loadbalancers/@", {"name": "web"})
        (made,) = api.get("/v1/loadbalancers/@")["results"]
        assert (made["provisioning_status"], made["operating_status"]) == ("PENDING_CREATE", "OFFLINE")
        assert made["task_id"] == made["creator_task_id"] == task_id
        assert api.finish(task_id) == {"loadbalancers": [made["id"]]}
        ready = api.get(f"/v1/loadbalancers/@/{made['id']}")
        assert (ready["provisioning_status"], ready["operating_status"]) == ("ACTIVE", "ONLINE")
        assert (ready["task_id"], ready["creator_task_id"]) == (None, task_id)
        assert ready["flavor"]["flavor_name"] == "lb1-1-2"

    def test_nested_objects_are_made_with_it(self, api: Api) -> None:
        made = api.do("POST", "/v1/loadbalancers/@", mtls(api))
        assert {kind: len(ids) for kind, ids in made.items()} == {
            "loadbalancers": 1,
            "listeners": 1,
            "pools": 1,
            "members": 2,
            "healthmonitors": 1,
        }
        balancer = api.get(f"/v1/loadbalancers/@/{made['loadbalancers'][0]}")
        listener = api.get(f"/v1/lblisteners/@/{made['listeners'][0]}")
        pool = api.get(f"/v1/lbpools/@/{made['pools'][0]}")
        assert balancer["listeners"] == [{"id": listener["id"]}]
        assert balancer["tags_v2"] == [{"key": "owner", "value": "tests", "read_only": False}]
        assert listener["load_balancer_id"] == balancer["id"]
        assert listener["pool_count"] == 1
        assert listener["connection_limit"] == 100_000
        assert listener["insert_headers"]["X-Forwarded-For"] == "true"
        assert pool["listeners"] == [{"id": listener["id"]}]
        assert pool["loadbalancers"] == [{"id": balancer["id"]}]
        assert sorted(member["id"] for member in pool["members"]) == sorted(made["members"])
        assert pool["healthmonitor"]["id"] == made["healthmonitors"][0]
        objects = [balancer, listener, pool, *pool["members"], pool["healthmonitor"]]
        assert {one["provisioning_status"] for one in objects} == {"ACTIVE"}

    def test_it_takes_everything_below_with_it(self, api: Api) -> None:
        made = api.do("POST", "/v1/loadbalancers/@", mtls(api))
        balancer_id = made["loadbalancers"][0]
        api.pool(load_balancer_id=balancer_id, name="unattached")
        task_id = api.begin("DELETE", f"/v1/loadbalancers/@/{balancer_id}")
        going = api.state()
        for kind in ("load_balancers", "listeners", "pools"):
            assert {one["provisioning_status"] for one in going[kind].values()} == {"PENDING_DELETE"}
        api.finish(task_id)
        gone = api.state()
        assert (gone["load_balancers"], gone["listeners"], gone["pools"]) == ({}, {}, {})
        assert len(gone["secrets"]) == 4
        api.refused("GET", f"/v1/loadbalancers/@/{balancer_id}", 404, "NotFoundError")

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

    def test_the_v2_update_has_a_task_and_the_v1_update_answers_with_the_object(self, api: Api) -> None:
        balancer_id = api.load_balancer()
        logging = {"enabled": True, "topic_name": "lb", "destination_region_id": 1, "retention_policy": {"period": 7}}
        api.do("PATCH", f"/v2/loadbalancers/@/{balancer_id}", {"name": "other", "admin_state_up": False})
        changed = api.get(f"/v1/loadbalancers/@/{balancer_id}")
        assert (changed["name"], changed["admin_state_up"], changed["operating_status"]) == ("other", False, "OFFLINE")
        assert changed["updated_at"] is not None
        answer = api.call("PATCH", f"/v1/loadbalancers/@/{balancer_id}", json={"name": "third", "logging": logging})
        assert (answer.json()["name"], answer.json()["logging"]) == ("third", logging)

    def test_a_flavor_is_changed_by_resizing(self, api: Api) -> None:
        balancer_id = api.load_balancer()
        api.do("POST", f"/v1/loadbalancers/@/{balancer_id}/resize", {"flavor": "lb2-8-16"})
        assert api.get(f"/v1/loadbalancers/@/{balancer_id}")["flavor"]["flavor_name"] == "lb2-8-16"

    def test_one_in_error_can_only_be_failed_over_or_deleted(self, start: Callable[..., Api]) -> None:
        api = start(failed_task="leave-error-object")
        balancer_id = api.load_balancer()
        path = f"/v1/loadbalancers/@/{balancer_id}"
        api.add_fault(action="fail_task", method="PATCH")
        api.fail("PATCH", f"/v2/loadbalancers/@/{balancer_id}", {"name": "other"})
        assert (api.get(path)["provisioning_status"], api.get(path)["operating_status"]) == ("ERROR", "ERROR")
        api.refused("POST", f"{path}/resize", 409, "ConflictError", json={"flavor": "lb1-2-4"})
        assert api.do("POST", f"{path}/failover", {"force": True}) == {}
        assert api.get(path)["provisioning_status"] == "ACTIVE"

    def test_addresses_depend_on_what_was_asked_for(self, api: Api) -> None:
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
        api.refused("POST", "/v1/loadbalancers/@", 409, "ConflictError", json={"name": "web", "vip_port_id": port})
        api.do("DELETE", f"/v1/loadbalancers/@/{reserved_id}")
        again = api.get(f"/v1/loadbalancers/@/{api.load_balancer(vip_port_id=port)}")
        assert again["vip_address"] == reserved["vip_address"]

    def test_floating_ips(self, api: Api) -> None:
        made = api.do("POST", "/v1/loadbalancers/@", {"name": "web", "floating_ip": {"source": "new"}})
        (floating,) = api.get(f"/v1/loadbalancers/@/{made['loadbalancers'][0]}")["floating_ips"]
        assert made["floatingips"] == [floating["id"]]
        existing = {"source": "existing", "existing_floating_id": NOWHERE}
        made = api.do("POST", "/v1/loadbalancers/@", {"name": "web", "floating_ip": existing})
        assert "floatingips" not in made
        api.refused("POST", "/v1/loadbalancers/@", 409, json={"name": "web", "floating_ip": existing})

    def test_the_list_can_be_filtered_and_ordered(self, api: Api) -> None:
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
        api.refused("GET", "/v1/loadbalancers/@", 400, params={"tag_key_value": "[1]"})

    def test_the_tree_of_statuses(self, api: Api) -> None:
        made = api.do("POST", "/v1/loadbalancers/@", mtls(api))
        tree = api.get(f"/v1/loadbalancers/@/{made['loadbalancers'][0]}/status")
        (listener,) = tree["listeners"]
        (pool,) = listener["pools"]
        assert [member["operating_status"] for member in pool["members"]] == ["ONLINE", "ONLINE"]
        assert pool["health_monitor"]["type"] == "TCP"
        assert tree["tags"][0]["key"] == "owner"
        assert api.get("/v1/loadbalancers/@/status") == {"count": 1, "results": [tree]}


class TestLock:
    """A write locks the load balancer and what stands between it and the object."""

    @pytest.fixture
    def ids(self, api: Api) -> dict[str, str]:
        made = api.do("POST", "/v1/loadbalancers/@", mtls(api))
        return {
            "lb": made["loadbalancers"][0],
            "listener": made["listeners"][0],
            "pool": made["pools"][0],
            "member": made["members"][0],
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
    def test_each_write_locks_and_is_locked_out(
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
            api.refused(other_method, other_path.format(**ids), 409, "ConflictError", json=other_body)
        api.clock.advance(TASK_SECONDS)
        left = api.get("/v1/loadbalancers/@")["results"]
        assert [(one["provisioning_status"], one["task_id"]) for one in left] == (
            [] if status == "PENDING_DELETE" else [("ACTIVE", None)]
        )

    def test_the_deprecated_updates_are_locked_out_too(self, api: Api, ids: dict[str, str]) -> None:
        api.begin("PATCH", f"/v2/lblisteners/@/{ids['listener']}", {"name": "new"})
        api.refused("PATCH", f"/v1/loadbalancers/@/{ids['lb']}", 409, json={"name": "new"})
        api.refused("PATCH", f"/v1/lblisteners/@/{ids['listener']}", 409, json={"name": "new"})

    def test_a_pool_change_locks_its_listener(self, api: Api, ids: dict[str, str]) -> None:
        task_id = api.begin("PATCH", f"/v2/lbpools/@/{ids['pool']}", {"name": "new"})
        for path in (f"/v1/lblisteners/@/{ids['listener']}", f"/v1/lbpools/@/{ids['pool']}"):
            locked = api.get(path)
            assert (locked["provisioning_status"], locked["task_id"]) == ("PENDING_UPDATE", task_id)
        assert api.get(f"/v1/lbpools/@/{ids['pool']}")["name"] == "backends"
        api.finish(task_id)
        assert api.get(f"/v1/lblisteners/@/{ids['listener']}")["provisioning_status"] == "ACTIVE"
        assert api.get(f"/v1/lbpools/@/{ids['pool']}")["name"] == "new"

    def test_members_that_come_change_and_go(self, api: Api, ids: dict[str, str]) -> None:
        members = [member_body("10.0.0.2", weight=99), member_body("10.0.0.3")]
        task_id = api.begin("PUT", f"/v1/loadbalancers/@/pools/{ids['pool']}/members", members)
        pool = api.get(f"/v1/lbpools/@/{ids['pool']}")
        assert {one["address"]: one["provisioning_status"] for one in pool["members"]} == {
            "10.0.0.1": "PENDING_DELETE",
            "10.0.0.2": "PENDING_UPDATE",
            "10.0.0.3": "PENDING_CREATE",
        }
        made = api.finish(task_id)
        after = api.get(f"/v1/lbpools/@/{ids['pool']}")["members"]
        assert [(one["address"], one["weight"], one["provisioning_status"]) for one in after] == [
            ("10.0.0.2", 99, "ACTIVE"),
            ("10.0.0.3", 1, "ACTIVE"),
        ]
        assert after[0]["id"] == pool["members"][1]["id"]
        assert made["members"] == [after[1]["id"]]

    def test_another_load_balancer_is_free(self, api: Api, ids: dict[str, str]) -> None:
        api.begin("PATCH", f"/v2/loadbalancers/@/{ids['lb']}", {"name": "new"})
        task_id = api.begin("POST", "/v1/loadbalancers/@", {"name": "second"})
        api.finish(task_id)

    def test_reads_and_secrets_are_free(self, api: Api, ids: dict[str, str]) -> None:
        api.begin("PATCH", f"/v2/loadbalancers/@/{ids['lb']}", {"name": "new"})
        assert api.get("/v1/lbpools/@")["count"] == 1
        api.do("DELETE", f"/v1/secrets/@/{ids['secret']}")


class TestListener:
    def test_its_default_pool_stays_unattached_or_goes_with_it(self, api: Api) -> None:
        balancer_id = api.load_balancer()
        for goes in (False, True):
            listener_id = api.listener(balancer_id)
            pool_id = api.pool(listener_id=listener_id)
            api.do("DELETE", f"/v1/lblisteners/@/{listener_id}", delete_default_pool=goes)
            pools = {row["id"]: row["listeners"] for row in api.get("/v1/lbpools/@")["results"]}
            assert pools.get(pool_id) == (None if goes else [])

    def test_a_pool_is_shared_by_default_pool_id(self, api: Api) -> None:
        balancer_id, pool_id = api.pool_on_new_load_balancer()
        first = api.listener(balancer_id, default_pool_id=pool_id)
        second = api.listener(balancer_id, default_pool_id=pool_id, protocol_port=8080)
        assert api.get(f"/v1/lbpools/@/{pool_id}")["listeners"] == [{"id": first}, {"id": second}]
        assert api.get(f"/v1/lblisteners/@/{second}")["pool_count"] == 1
        assert [row["id"] for row in api.get("/v1/lbpools/@", listener_id=second)["results"]] == [pool_id]

    def test_each_field_can_be_changed(self, api: Api) -> None:
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

    def test_the_list_can_be_filtered(self, api: Api) -> None:
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
    def test_the_load_balancer_is_known_from_the_listener(self, api: Api) -> None:
        balancer_id = api.load_balancer()
        pool = api.get(f"/v1/lbpools/@/{api.pool(listener_id=api.listener(balancer_id))}")
        assert pool["loadbalancers"] == [{"id": balancer_id}]

    def test_the_guides_route_takes_a_listener_too(self, api: Api) -> None:
        balancer_id = api.load_balancer()
        listener_id = api.listener(balancer_id)
        path = f"/v1/loadbalancers/@/{balancer_id}/pools"
        attached = api.do("POST", path, pool_body(listener_id=listener_id))["pools"][0]
        unattached = api.do("POST", path, pool_body())["pools"][0]
        assert api.get(f"/v1/lbpools/@/{attached}")["listeners"] == [{"id": listener_id}]
        assert api.get(f"/v1/lbpools/@/{unattached}")["listeners"] == []

    @pytest.mark.parametrize(("method", "version"), [("PATCH", "v1"), ("PATCH", "v2"), ("PUT", "v1")])
    def test_each_field_can_be_changed_and_only_what_was_sent(self, api: Api, method: str, version: str) -> None:
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
    def test_nothing_to_change_makes_no_task(self, api: Api, fields: dict[str, Any]) -> None:
        _, pool_id = api.pool_on_new_load_balancer(
            members=[member_body(), member_body("10.0.0.2")],
            healthmonitor=monitor_body(),
            session_persistence={"type": "SOURCE_IP"},
        )
        assert api.call("PATCH", f"/v2/lbpools/@/{pool_id}", json=fields).json() == {"tasks": []}

    def test_lists_show_members_only_if_details_are_asked_for(self, api: Api) -> None:
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

    def test_members_one_by_one(self, api: Api, pool_id: str) -> None:
        path = f"/v1/loadbalancers/@/pools/{pool_id}/members"
        body = member_body("10.0.0.1", monitor_address="10.0.0.9", monitor_port=8443, weight=3)
        member_id = api.do("POST", path, body)["members"][0]
        made = api.get(f"{path}/{member_id}")
        assert {name: made[name] for name in body} == body
        assert made["operating_status"] == "NO_MONITOR"
        assert [row["address"] for row in api.get(path)["results"]] == ["10.0.0.1", "10.0.0.2"]
        assert [row["address"] for row in api.get(path, order_by="created_at.asc")["results"]][-1] == "10.0.0.1"
        assert [row["address"] for row in api.get(path, order_by="address.desc", limit=1)["results"]] == ["10.0.0.2"]
        api.do("PATCH", f"{path}/{member_id}", {"monitor_address": None, "weight": 256, "admin_state_up": False})
        changed = api.get(f"{path}/{member_id}")
        assert (changed["monitor_address"], changed["monitor_port"], changed["weight"]) == (None, 8443, 256)
        assert changed["operating_status"] == "OFFLINE"
        assert api.call("PATCH", f"{path}/{member_id}", json={"weight": 256}).json() == {"tasks": []}
        api.do("DELETE", f"{path}/{member_id}")
        api.refused("GET", f"{path}/{member_id}", 404, "NotFoundError")
        api.refused("PATCH", f"{path}/{member_id}", 404, json={"weight": 1})
        api.refused("DELETE", f"{path}/{member_id}", 404)

    def test_the_older_member_routes(self, api: Api, pool_id: str) -> None:
        member_id = api.do("POST", f"/v1/lbpools/@/{pool_id}/member", member_body("10.0.0.3"))["members"][0]
        assert len(api.get(f"/v1/lbpools/@/{pool_id}")["members"]) == 2
        api.do("DELETE", f"/v1/lbpools/@/{pool_id}/member/{member_id}")
        assert len(api.get(f"/v1/lbpools/@/{pool_id}")["members"]) == 1

    def test_replacing_by_the_same_members_makes_no_task(self, api: Api, pool_id: str) -> None:
        path = f"/v1/loadbalancers/@/pools/{pool_id}/members"
        assert api.call("PUT", path, json=[member_body("10.0.0.2")]).json() == {"tasks": []}
        api.do("PUT", path, [])
        assert api.get(path) == {"count": 0, "results": []}

    def test_the_health_monitors_life(self, api: Api, pool_id: str) -> None:
        path = f"/v1/lbpools/@/{pool_id}/healthmonitor"
        api.refused("GET", path, 404, "NotFoundError")
        assert "healthmonitors" in api.do("POST", path, monitor_body())
        api.refused("POST", path, 409, "ConflictError", json=monitor_body())
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
        assert "not found" in api.refused("DELETE", path, 400)["message"]
        assert {task["task_type"] for task in api.get("/v1/tasks", limit=100)["results"]} == {
            "create_loadbalancer",
            "create_lbpool",
            "create_lbpool_health_monitor",
            "update_lbpool_health_monitor",
            "patch_lbpool",
        }

    def test_an_update_of_the_pool_makes_a_health_monitor(self, api: Api, pool_id: str) -> None:
        made = api.do("PATCH", f"/v2/lbpools/@/{pool_id}", {"healthmonitor": monitor_body(type="PING")})
        assert len(made["healthmonitors"]) == 1


class TestSecret:
    def test_everything_but_the_payload_is_read_back(self, api: Api) -> None:
        body = blob("ca", api.material.ca_payload, algorithm="aes", bit_length=256, mode="cbc")
        secret_id = api.do("POST", "/v1/secrets/@", {**body, "expiration": "2030-05-17T10:00:00.12345"})["secrets"][0]
        assert api.get(f"/v1/secrets/@/{secret_id}") == {
            "id": secret_id,
            "name": "ca",
            "status": "ACTIVE",
            "secret_type": "certificate",
            "algorithm": "aes",
            "bit_length": 256,
            "mode": "cbc",
            "content_types": {"default": "application/octet-stream"},
            "created": "2026-01-01T00:00:00Z",
            "expiration": "2030-05-17T10:00:00.123450Z",
        }

    def test_pem_texts_serve_a_listener(self, api: Api) -> None:
        body = {"name": "web", "payload": api.material.pem_texts, "expiration": None}
        secret_id = api.do("POST", "/v2/secrets/@", body)["secrets"][0]
        api.listener(api.load_balancer(), protocol="TERMINATED_HTTPS", secret_id=secret_id)

    def test_the_list_is_paged(self, api: Api) -> None:
        made = [api.secret(api.material.ca_payload, f"s{number}") for number in range(3)]
        listed = api.get("/v1/secrets/@", limit=2, offset=1)
        assert listed["count"] == 3
        assert [row["id"] for row in listed["results"]] == made[1:]

    def test_one_that_goes_is_read_until_it_is_gone(self, api: Api) -> None:
        secret_id = api.ca_secret()
        task_id = api.begin("DELETE", f"/v1/secrets/@/{secret_id}")
        assert api.get(f"/v1/secrets/@/{secret_id}")["status"] == "PENDING_DELETE"
        api.refused("DELETE", f"/v1/secrets/@/{secret_id}", 404)
        api.finish(task_id)
        api.refused("GET", f"/v1/secrets/@/{secret_id}", 404, "NotFoundError")

    def test_one_that_goes_can_no_longer_be_used(self, api: Api) -> None:
        balancer_id = api.load_balancer()
        secret_id = api.ca_secret()
        api.begin("DELETE", f"/v1/secrets/@/{secret_id}")
        body = pool_body(load_balancer_id=balancer_id, ca_secret_id=secret_id)
        refused = api.refused("POST", "/v1/lbpools/@", 400, "ValidationError", json=body)
        assert set(refused["invalid_fields"]) == {"ca_secret_id"}

    @pytest.mark.parametrize("field", ["secret_id", "sni_secret_id", "ca_secret_id", "crl_secret_id", "pool_secret_id"])
    def test_one_in_use_stays(self, api: Api, field: str) -> None:
        listener = {"name": "https", "protocol": "TERMINATED_HTTPS", "protocol_port": 443}
        ids = {"secret_id": api.server_secret(), "sni_secret_id": api.secret(api.material.server_payload)}
        pool_ids = {
            "ca_secret_id": api.ca_secret(),
            "crl_secret_id": api.crl_secret(),
            "pool_secret_id": api.client_secret(),
        }
        pool = pool_body(**{name.replace("pool_", ""): secret_id for name, secret_id in pool_ids.items()})
        nested = {**listener, "secret_id": ids["secret_id"], "sni_secret_id": [ids["sni_secret_id"]], "pools": [pool]}
        task_id = api.begin("POST", "/v1/loadbalancers/@", {"name": "web", "listeners": [nested]})
        secret_id = {**ids, **pool_ids}[field]
        refused = api.refused("DELETE", f"/v1/secrets/@/{secret_id}", 400, "ValidationError")
        assert "in use" in refused["message"]
        balancer_id = api.finish(task_id)["loadbalancers"][0]
        api.refused("DELETE", f"/v1/secrets/@/{secret_id}", 400, "ValidationError")
        api.do("DELETE", f"/v1/loadbalancers/@/{balancer_id}")
        api.do("DELETE", f"/v1/secrets/@/{secret_id}")

    def test_one_that_comes_into_use_stays(self, api: Api) -> None:
        _, pool_id = api.pool_on_new_load_balancer()
        secret_id = api.ca_secret()
        api.begin("PATCH", f"/v2/lbpools/@/{pool_id}", {"ca_secret_id": secret_id})
        assert api.get(f"/v1/lbpools/@/{pool_id}")["ca_secret_id"] is None
        api.refused("DELETE", f"/v1/secrets/@/{secret_id}", 400, "ValidationError")


def test_control_shows_everything_but_payloads_and_resets(api: Api) -> None:
    api.do("POST", "/v1/loadbalancers/@", mtls(api))
    text = api.http.get("/_emulator/state").text
    for payload in (api.material.server_payload, api.material.ca_payload, api.material.client.private_key_pem):
        assert payload[100:160] not in text
    calls = api.http.get("/_emulator/requests").json()
    assert calls["count"] == len(calls["calls"]) > 0
    assert calls["calls"][0] == {
        "method": "POST",
        "route": "/cloud/v1/secrets/{project_id}/{region_id}",
        "path": f"/cloud/v1/secrets/{SCOPE}",
        "status": 200,
    }
    api.add_fault(action="answer", status=500)
    assert api.http.post("/_emulator/reset").status_code == 204
    empty: dict[str, dict[str, Any]] = {"secrets": {}, "load_balancers": {}, "listeners": {}, "pools": {}, "tasks": {}}
    assert api.state() == empty
    assert api.http.get("/_emulator/requests").json() == {"count": 0, "calls": []}
    assert api.http.get("/_emulator/faults").json() == []


def test_the_api_page_needs_no_internet(api: Api) -> None:
    assert api.http.get("/").headers["location"] == "/docs"
    html = api.http.get("/docs").text
    assert "https://" not in html
    for asset in ("/static-offline-docs/swagger-ui-bundle.js", "/static-offline-docs/swagger-ui.css"):
        assert asset in html
        assert api.http.get(asset).status_code == 200
    routes = api.http.get("/openapi.json").json()["paths"]
    assert "/cloud/v1/loadbalancers/{project_id}/{region_id}" in routes
