"""Fault injection: each action has its effect, and is counted."""

from __future__ import annotations

import time

import httpx
import pytest

from gcore_emulator import Emulator, Settings, TaskSeconds
from gcore_emulator.application import create_application
from tests.gcore_emulator.conftest import Start
from tests.gcore_emulator.emulated_api import KEY, TASK_SECONDS, Api, blob, member_body, run_async

SECRETS = "/cloud/v1/secrets/{project_id}/{region_id}"
POOLS = "/cloud/v1/lbpools/{project_id}/{region_id}"


def make_secret(api: Api) -> httpx.Response:
    return api.call("POST", "/v1/secrets/@", json=blob("ca", api.material.ca_payload))


def secrets(api: Api) -> int:
    api.clock.advance(TASK_SECONDS)
    return len(api.state()["secrets"])


class TestMatching:
    @pytest.mark.parametrize(
        ("rule", "statuses"),
        [
            ({}, [500, 500, 500, 500]),
            ({"method": "POST"}, [500, 200, 500, 200]),
            ({"route": SECRETS}, [500, 500, 500, 200]),
            ({"method": "GET", "route": SECRETS}, [200, 500, 200, 200]),
            ({"method": "PUT"}, [200, 200, 200, 200]),
            ({"nth": 2}, [200, 500, 200, 200]),
            ({"nth": 2, "times": 2}, [200, 500, 500, 200]),
            ({"method": "POST", "nth": 2}, [200, 200, 500, 200]),
        ],
    )
    def test_rule_fires_on_the_requests_that_it_matches(
        self, api: Api, rule: dict[str, object], statuses: list[int]
    ) -> None:
        api.add_fault(action="respond", status=500, **rule)
        for call in (make_secret, lambda api: api.call("GET", "/v1/secrets/@"), make_secret):
            call(api)
        api.call("GET", "/v1/tasks")
        assert api.statuses() == statuses
        assert api.fired() == [statuses.count(500)]

    def test_matches_and_firings_are_counted_separately(self, api: Api) -> None:
        api.add_fault(action="respond", status=500, nth=3)
        make_secret(api)
        (count,) = api.http.get("/_emulator/faults").json()
        assert (count["matched"], count["fired"]) == (1, 0)
        assert count["rule"] == {
            "action": "respond",
            "method": None,
            "route": None,
            "nth": 3,
            "times": 1,
            "status": 500,
            "body": None,
            "headers": {},
            "after": False,
        }

    def test_several_rules_are_active_at_once(self, api: Api) -> None:
        api.add_fault(action="respond", status=500, nth=1)
        api.add_fault(action="respond", status=503, nth=2)
        assert [make_secret(api).status_code for _ in range(3)] == [500, 503, 200]
        assert api.fired() == [1, 1]

    @pytest.mark.parametrize(
        "rule",
        [
            {},
            {"action": "explode"},
            {"action": "delay"},
            {"action": "respond", "status": 9},
            {"action": "lock", "nth": 0},
        ],
    )
    def test_invalid_rule_is_rejected(self, api: Api, rule: dict[str, object]) -> None:
        assert api.http.post("/_emulator/faults", json=[rule]).status_code == 400
        assert api.http.get("/_emulator/faults").json() == []


class TestRespond:
    @pytest.mark.parametrize("after", [False, True])
    def test_fixed_response_replaces_the_request_or_only_its_response(self, api: Api, after: bool) -> None:
        api.add_fault(action="respond", status=503, body={"message": "no"}, headers={"Retry-After": "3"}, after=after)
        response = make_secret(api)
        assert (response.status_code, response.json(), response.headers["retry-after"]) == (503, {"message": "no"}, "3")
        assert api.fired() == [1]
        assert secrets(api) == (1 if after else 0)

    def test_body_can_be_malformed_or_missing(self, api: Api) -> None:
        api.add_fault(
            action="respond", status=200, body='{"tasks": [', headers={"content-type": "application/json"}, nth=1
        )
        api.add_fault(action="respond", status=502, nth=2)
        malformed = make_secret(api)
        assert (malformed.text, malformed.headers["content-type"]) == ('{"tasks": [', "application/json")
        assert make_secret(api).content == b""


class TestDrop:
    @pytest.mark.parametrize(("action", "created"), [("drop_before", 0), ("drop_after", 1)])
    def test_connection_closes_without_a_response(self, api: Api, action: str, created: int) -> None:
        api.add_fault(action=action, method="POST")
        with pytest.raises(httpx.TransportError):
            make_secret(api)
        assert (api.fired(), api.statuses()) == ([1], [None])
        assert secrets(api) == created
        assert api.get("/v1/secrets/@")["count"] == created

    @pytest.mark.parametrize(("action", "created"), [("drop_before", 0), ("drop_after", 1)])
    def test_in_process_client_gets_a_transport_error(self, api: Api, action: str, created: int) -> None:
        emulator = Emulator(Settings(api_key=KEY, task_seconds=TaskSeconds(0)))
        body = blob("ca", api.material.ca_payload)

        async def run() -> int:
            transport = httpx.ASGITransport(create_application(emulator))
            headers = {"Authorization": f"APIKey {KEY}"}
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
                await client.post("/_emulator/faults", json=[{"action": action, "nth": 1}])
                with pytest.raises(httpx.TransportError):
                    await client.post("/cloud/v1/secrets/1/1", json=body)
                return int((await client.get("/cloud/v1/secrets/1/1")).json()["count"])

        assert run_async(run()) == created
        assert [count.fired for count in emulator.faults.counts] == [1]


def test_delayed_request_is_handled_after_its_client_timed_out(api: Api) -> None:
    api.add_fault(action="delay", seconds=0.3, nth=1)
    with pytest.raises(httpx.ReadTimeout):
        api.call("POST", "/v1/secrets/@", json=blob("ca", api.material.ca_payload), timeout=0.05)
    deadline = time.monotonic() + 10
    while not api.emulator.account.tasks:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert secrets(api) == 1
    assert api.fired() == [1]


def test_fail_task_ends_in_error_and_changes_nothing(api: Api) -> None:
    balancer = api.load_balancer()
    api.add_fault(action="fail_task", method="PATCH", error="No valid host was found.")
    assert api.fail("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "new"}) == "No valid host was found."
    after = api.get(f"/v1/loadbalancers/@/{balancer}")
    assert (after["name"], after["provisioning_status"], after["task_id"]) == ("web", "ACTIVE", None)
    assert api.fired() == [1]
    api.do("DELETE", f"/v1/loadbalancers/@/{balancer}")


def test_hang_task_never_ends_and_keeps_its_lock(api: Api) -> None:
    balancer = api.load_balancer()
    api.add_fault(action="hang_task", method="PATCH")
    task = api.start_task("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "new"})
    api.clock.advance(10**6)
    assert api.task(task)["state"] == "RUNNING"
    assert api.get("/v1/tasks/@/active")["count"] == 1
    api.rejected("DELETE", f"/v1/loadbalancers/@/{balancer}", 409, "ConflictError")
    assert api.fired() == [1]


@pytest.mark.parametrize("action", ["fail_task", "hang_task"])
def test_task_rules_fire_only_if_the_request_creates_a_task(api: Api, action: str) -> None:
    balancer = api.load_balancer()
    api.add_fault(action=action)
    api.add_fault(action="lock", nth=2)
    api.get("/v1/secrets/@")
    api.rejected("PATCH", f"/v2/loadbalancers/@/{balancer}", 409, json={"name": "new"})
    assert api.fired() == [0, 1]
    make_secret(api)
    assert api.fired() == [1, 1]


def test_rules_after_the_api_fire_only_if_the_api_handled_the_request(start: Start) -> None:
    api = start(rate_limit=1)
    api.add_fault(action="respond", status=500, after=True)
    api.add_fault(action="drop_after")
    assert [make_secret(api).status_code for _ in range(2)] == [500, 429]
    assert api.fired() == [1, 0]
    api.add_fault(action="drop_before", nth=1)
    with pytest.raises(httpx.TransportError):
        make_secret(api)
    assert api.fired() == [1, 0, 1]


class TestLock:
    def test_load_balancer_is_found_by_path_body_listener_and_pool(self, api: Api) -> None:
        balancer = api.load_balancer()
        listener = api.listener(balancer)
        pool = api.pool(listener_id=listener)
        api.add_fault(action="lock", seconds=5)
        for method, path, body in (
            ("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "new"}),
            ("PATCH", f"/v2/lblisteners/@/{listener}", {"name": "new"}),
            ("PATCH", f"/v2/lbpools/@/{pool}", {"name": "new"}),
            ("POST", f"/v1/loadbalancers/@/pools/{pool}/members", member_body()),
            (
                "POST",
                "/v1/lbpools/@",
                {"name": "new", "listener_id": listener, "protocol": "HTTP", "lb_algorithm": "SOURCE_IP"},
            ),
            (
                "POST",
                "/v1/lblisteners/@",
                {"name": "new", "load_balancer_id": balancer, "protocol": "TCP", "protocol_port": 1},
            ),
        ):
            api.rejected(method, path, 409, "ConflictError", json=body)
            api.clock.advance(5)
        assert api.fired() == [6]
        state = api.state()["load_balancers"][balancer]
        assert (state["provisioning_status"], state["task_id"]) == ("ACTIVE", None)

    def test_lock_lasts_for_its_seconds(self, api: Api) -> None:
        balancer, other = api.load_balancer(), api.load_balancer()
        api.add_fault(action="lock", seconds=30, nth=1, load_balancer_id=balancer)
        api.get("/v1/tasks")
        path = f"/v2/loadbalancers/@/{balancer}"
        api.do("PATCH", f"/v2/loadbalancers/@/{other}", {"name": "new"})
        api.rejected("PATCH", path, 409, json={"name": "new"})
        assert api.get(f"/v1/loadbalancers/@/{balancer}")["provisioning_status"] == "PENDING_UPDATE"
        assert api.get("/v1/tasks", task_type="lock")["count"] == 0
        api.clock.advance(20)
        api.do("PATCH", path, {"name": "new"})

    def test_lock_on_a_locked_or_missing_load_balancer_does_not_fire(self, api: Api) -> None:
        balancer = api.load_balancer()
        task = api.start_task("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "new"})
        api.add_fault(action="lock", seconds=1000)
        api.rejected("PATCH", f"/v2/loadbalancers/@/{balancer}", 409, json={"name": "newer"})
        make_secret(api)
        assert api.fired() == [0]
        api.finish(task)
        assert api.state()["load_balancers"][balancer]["provisioning_status"] == "ACTIVE"


def test_rules_of_several_kinds_fire_on_one_request(api: Api) -> None:
    api.add_fault(action="delay", seconds=0, nth=1)
    api.add_fault(action="fail_task", method="POST")
    api.add_fault(action="respond", status=500, after=True, route=SECRETS, nth=1)
    assert make_secret(api).status_code == 500
    assert api.fired() == [1, 1, 1]
    api.clock.advance(TASK_SECONDS)
    assert [task["state"] for task in api.get("/v1/tasks")["results"]] == ["ERROR"]
