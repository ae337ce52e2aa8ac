"""Faults on demand: each action does what it says, and is counted."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from gcore_emulator import Emulator, Settings, TaskSeconds
from gcore_emulator.application import create_application
from tests.gcore_emulator.conftest import Start
from tests.gcore_emulator.emulated_api import KEY, TASK_SECONDS, Api, blob, member_body

SECRETS = "/cloud/v1/secrets/{project_id}/{region_id}"
POOLS = "/cloud/v1/lbpools/{project_id}/{region_id}"


def make_secret(api: Api) -> httpx.Response:
    return api.call("POST", "/v1/secrets/@", json=blob("ca", api.material.ca_payload))


def secrets(api: Api) -> int:
    api.clock.advance(TASK_SECONDS)
    return len(api.state()["secrets"])


class TestWhichCalls:
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
    def test_a_rule_fires_on_the_calls_that_it_names(
        self, api: Api, rule: dict[str, object], statuses: list[int]
    ) -> None:
        api.add_fault(action="respond", status=500, **rule)
        for call in (make_secret, lambda api: api.call("GET", "/v1/secrets/@"), make_secret):
            call(api)
        api.call("GET", "/v1/tasks")
        assert api.statuses() == statuses
        assert api.fired() == [statuses.count(500)]

    def test_matches_are_counted_apart(self, api: Api) -> None:
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

    def test_rules_add_up(self, api: Api) -> None:
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
    def test_a_senseless_rule_is_refused(self, api: Api, rule: dict[str, object]) -> None:
        assert api.http.post("/_emulator/faults", json=[rule]).status_code == 400
        assert api.http.get("/_emulator/faults").json() == []


class TestAnswer:
    @pytest.mark.parametrize("after", [False, True])
    def test_before_or_after_the_work(self, api: Api, after: bool) -> None:
        api.add_fault(action="respond", status=503, body={"message": "no"}, headers={"Retry-After": "3"}, after=after)
        answer = make_secret(api)
        assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, {"message": "no"}, "3")
        assert api.fired() == [1]
        assert secrets(api) == (1 if after else 0)

    def test_a_body_can_be_malformed_or_missing(self, api: Api) -> None:
        api.add_fault(
            action="respond", status=200, body='{"tasks": [', headers={"content-type": "application/json"}, nth=1
        )
        api.add_fault(action="respond", status=502, nth=2)
        malformed = make_secret(api)
        assert (malformed.text, malformed.headers["content-type"]) == ('{"tasks": [', "application/json")
        assert make_secret(api).content == b""


class TestDrop:
    @pytest.mark.parametrize(("action", "made"), [("drop_before", 0), ("drop_after", 1)])
    def test_the_connection_closes_without_an_answer(self, api: Api, action: str, made: int) -> None:
        api.add_fault(action=action, method="POST")
        with pytest.raises(httpx.TransportError):
            make_secret(api)
        assert (api.fired(), api.statuses()) == ([1], [None])
        assert secrets(api) == made
        assert api.get("/v1/secrets/@")["count"] == made

    @pytest.mark.parametrize(("action", "made"), [("drop_before", 0), ("drop_after", 1)])
    def test_so_it_looks_to_a_client_in_the_same_process(self, api: Api, action: str, made: int) -> None:
        emulator = Emulator(Settings(api_key=KEY, task_seconds=TaskSeconds(0)))
        body = blob("ca", api.material.ca_payload)

        async def run() -> int:
            transport = httpx.ASGITransport(create_application(emulator))
            headers = {"Authorization": f"APIKey {KEY}"}
            async with httpx.AsyncClient(transport=transport, base_url="http://emulator", headers=headers) as client:
                await client.post("/_emulator/faults", json=[{"action": action, "nth": 1}])
                with pytest.raises(httpx.TransportError):
                    await client.post("/cloud/v1/secrets/1/1", json=body)
                return int((await client.get("/cloud/v1/secrets/1/1")).json()["count"])

        assert asyncio.run(run()) == made
        assert [count.fired for count in emulator.faults.counts] == [1]


def test_delay_lets_a_client_give_up_while_the_work_goes_on(api: Api) -> None:
    api.add_fault(action="delay", seconds=0.3, nth=1)
    with pytest.raises(httpx.ReadTimeout):
        api.call("POST", "/v1/secrets/@", json=blob("ca", api.material.ca_payload), timeout=0.05)
    deadline = time.monotonic() + 10
    while not api.emulator.account.tasks:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert secrets(api) == 1
    assert api.fired() == [1]


def test_fail_task_ends_badly_and_leaves_things_as_they_were(api: Api) -> None:
    balancer = api.load_balancer()
    api.add_fault(action="fail_task", method="PATCH", error="No valid host was found.")
    assert api.fail("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "new"}) == "No valid host was found."
    after = api.get(f"/v1/loadbalancers/@/{balancer}")
    assert (after["name"], after["provisioning_status"], after["task_id"]) == ("web", "ACTIVE", None)
    assert api.fired() == [1]
    api.do("DELETE", f"/v1/loadbalancers/@/{balancer}")


def test_hang_task_never_ends_and_holds_its_lock(api: Api) -> None:
    balancer = api.load_balancer()
    api.add_fault(action="hang_task", method="PATCH")
    task = api.begin("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "new"})
    api.clock.advance(10**6)
    assert api.task(task)["state"] == "RUNNING"
    assert api.get("/v1/tasks/@/active")["count"] == 1
    api.refused("DELETE", f"/v1/loadbalancers/@/{balancer}", 409, "ConflictError")
    assert api.fired() == [1]


@pytest.mark.parametrize("action", ["fail_task", "hang_task"])
def test_what_decides_about_a_task_fires_only_if_there_is_one(api: Api, action: str) -> None:
    balancer = api.load_balancer()
    api.add_fault(action=action)
    api.add_fault(action="lock", nth=2)
    api.get("/v1/secrets/@")
    api.refused("PATCH", f"/v2/loadbalancers/@/{balancer}", 409, json={"name": "new"})
    assert api.fired() == [0, 1]
    make_secret(api)
    assert api.fired() == [1, 1]


def test_an_answer_after_the_work_fires_only_if_the_work_was_done(start: Start) -> None:
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
    def test_it_is_found_by_path_body_listener_and_pool(self, api: Api) -> None:
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
            api.refused(method, path, 409, "ConflictError", json=body)
            api.clock.advance(5)
        assert api.fired() == [6]
        state = api.state()["load_balancers"][balancer]
        assert (state["provisioning_status"], state["task_id"]) == ("ACTIVE", None)

    def test_it_lasts_as_long_as_it_is_told(self, api: Api) -> None:
        balancer, other = api.load_balancer(), api.load_balancer()
        api.add_fault(action="lock", seconds=30, nth=1, load_balancer_id=balancer)
        api.get("/v1/tasks")
        path = f"/v2/loadbalancers/@/{balancer}"
        api.do("PATCH", f"/v2/loadbalancers/@/{other}", {"name": "new"})
        api.refused("PATCH", path, 409, json={"name": "new"})
        assert api.get(f"/v1/loadbalancers/@/{balancer}")["provisioning_status"] == "PENDING_UPDATE"
        assert api.get("/v1/tasks", task_type="lock")["count"] == 0
        api.clock.advance(20)
        api.do("PATCH", path, {"name": "new"})

    def test_one_that_is_busy_or_not_there_is_not_counted(self, api: Api) -> None:
        balancer = api.load_balancer()
        task = api.begin("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "new"})
        api.add_fault(action="lock", seconds=1000)
        api.refused("PATCH", f"/v2/loadbalancers/@/{balancer}", 409, json={"name": "newer"})
        make_secret(api)
        assert api.fired() == [0]
        api.finish(task)
        assert api.state()["load_balancers"][balancer]["provisioning_status"] == "ACTIVE"


def test_faults_of_several_kinds_meet_in_one_call(api: Api) -> None:
    api.add_fault(action="delay", seconds=0, nth=1)
    api.add_fault(action="fail_task", method="POST")
    api.add_fault(action="respond", status=500, after=True, route=SECRETS, nth=1)
    assert make_secret(api).status_code == 500
    assert api.fired() == [1, 1, 1]
    api.clock.advance(TASK_SECONDS)
    assert [task["state"] for task in api.get("/v1/tasks")["results"]] == ["ERROR"]
