"""The audit: what must never happen is noticed when it happens, with the call that did it, and nothing else is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from gcore_emulator import Emulator, Settings, TaskSeconds, create_application
from gcore_emulator import request_context as call
from gcore_emulator.account import ProjectRegion, RequestSummary
from gcore_emulator.invariants import InvariantViolation
from gcore_emulator.task_engine import TaskRequest
from gcore_emulator.transitions import PlannedChange, locking
from tests.gcore_emulator.conftest import Start
from tests.gcore_emulator.emulated_api import KEY, PROJECT, REGION, SCOPE, Api, blob, mtls

OWNED = "web-d64bed2c-f9a9a8"


def audit(api: Api) -> Any:
    return api.http.get("/_emulator/audit").json()


def breaches(api: Api) -> list[InvariantViolation]:
    """What the endpoint says, which is what the emulator's own method says."""
    body = audit(api)
    found = [InvariantViolation.model_validate(each) for each in body["violations"]]
    assert body["intact"] == (not found)
    assert tuple(found) == api.emulator.audit().violations
    return found


def only(api: Api) -> InvariantViolation:
    (found,) = breaches(api)
    return found


def test_a_whole_life_breaks_nothing(api: Api) -> None:
    balancer = api.do("POST", "/v1/loadbalancers/@", mtls(api))["loadbalancers"][0]
    (pool,) = api.state()["pools"]
    other = api.secret(api.material.ca_payload, "other")
    api.do("PATCH", f"/v2/lbpools/@/{pool}", {"ca_secret_id": other, "crl_secret_id": None})
    api.begin("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "new"})
    api.refused("DELETE", f"/v1/loadbalancers/@/{balancer}", 409)
    api.refused("DELETE", f"/v1/secrets/@/{other}", 400)
    api.http.headers.pop("Authorization")
    api.refused("DELETE", f"/v1/loadbalancers/@/{balancer}", 401)
    api.http.headers["Authorization"] = f"APIKey {KEY}"
    api.clock.advance(100)
    api.do("DELETE", f"/v1/loadbalancers/@/{balancer}")
    for secret in api.state()["secrets"]:
        api.do("DELETE", f"/v1/secrets/@/{secret}")
    body = audit(api)
    assert (body["intact"], body["violations"]) == (True, [])
    assert body["checks"] > len(api.state()["tasks"]) * 2


class TestSecretInUse:
    """Where deleting a secret in use is allowed, the emulator still knows that somebody used it."""

    @pytest.fixture
    def careless(self, start: Start) -> Api:
        return start(secret_in_use="allow")

    def test_one_that_a_pool_uses(self, careless: Api) -> None:
        _, pool_id = careless.pool_on_new_load_balancer()
        one, two = (careless.secret(careless.material.ca_payload, name) for name in ("1", "2"))
        careless.do("PATCH", f"/v2/lbpools/@/{pool_id}", {"ca_secret_id": one})
        careless.do("PATCH", f"/v2/lbpools/@/{pool_id}", {"ca_secret_id": two})
        careless.do("DELETE", f"/v1/secrets/@/{one}")
        assert breaches(careless) == []
        task = careless.begin("DELETE", f"/v1/secrets/@/{two}")
        accepted = only(careless)
        assert accepted.invariant == "secret-deleted-in-use"
        assert accepted.description == f"The API accepted the deletion of Secret {two}, which Pool {pool_id} uses"
        assert (accepted.object_ids, accepted.task_id, accepted.at) == ((two, pool_id), task, careless.clock.now())
        assert accepted.cause is not None
        assert (accepted.cause.method, accepted.cause.path) == ("DELETE", f"/cloud/v1/secrets/{SCOPE}/{two}")
        assert careless.task(task)["request_id"] == accepted.cause.request_id
        careless.finish(task)
        _, dangling = breaches(careless)
        assert dangling.invariant == "dangling-reference"
        assert dangling.description == f"Pool {pool_id} refers to Secret {two}, which does not exist"
        assert (dangling.cause, dangling.task_id) == (accepted.cause, task)

    def test_one_that_is_let_go_of_meanwhile(self, careless: Api) -> None:
        """Until the pool's update has ended, it uses what it used before. Afterwards nothing shows it but the audit."""
        _, pool_id = careless.pool_on_new_load_balancer()
        secret_id = careless.ca_secret()
        careless.do("PATCH", f"/v2/lbpools/@/{pool_id}", {"ca_secret_id": secret_id})
        careless.begin("PATCH", f"/v2/lbpools/@/{pool_id}", {"ca_secret_id": None})
        careless.begin("DELETE", f"/v1/secrets/@/{secret_id}")
        careless.clock.advance(100)
        assert only(careless).object_ids == (secret_id, pool_id)

    def test_one_that_comes_into_use(self, careless: Api) -> None:
        _, pool_id = careless.pool_on_new_load_balancer()
        secret_id = careless.ca_secret()
        careless.begin("PATCH", f"/v2/lbpools/@/{pool_id}", {"ca_secret_id": secret_id})
        careless.begin("DELETE", f"/v1/secrets/@/{secret_id}")
        assert only(careless).object_ids == (secret_id, pool_id)

    @pytest.mark.parametrize("field", ["secret_id", "sni_secret_id"])
    def test_one_that_a_listener_uses(self, careless: Api, field: str) -> None:
        secret_id = careless.server_secret()
        value = secret_id if field == "secret_id" else [secret_id]
        listener_id = careless.listener(careless.load_balancer(), protocol="TERMINATED_HTTPS", **{field: value})
        assert breaches(careless) == []
        careless.do("DELETE", f"/v1/secrets/@/{secret_id}")
        assert {each.object_ids for each in breaches(careless)} == {(secret_id, listener_id), (listener_id, secret_id)}


class TestReachingIntoTheAccount:
    """Nothing in the API does these: they are noticed whoever did them, at the next look."""

    def test_a_listener_that_a_pool_names(self, api: Api) -> None:
        listener = api.listener(api.load_balancer())
        pool = api.pool(listener_id=listener)
        del api.emulator.account.listeners[listener]
        found = only(api)
        assert found.invariant == "dangling-reference"
        assert (found.object_ids, found.cause, found.task_id) == ((pool, listener), None, None)

    def test_a_load_balancer_whose_children_stay(self, api: Api) -> None:
        balancer = api.load_balancer()
        children = {api.listener(balancer), api.pool(load_balancer_id=balancer)}
        del api.emulator.account.load_balancers[balancer]
        found = breaches(api)
        assert {each.object_ids for each in found} == {(child, balancer) for child in children}
        for each in found:
            assert each.invariant == "child-of-deleted-parent"

    def test_another_regions_secret(self, api: Api) -> None:
        balancer, secret = api.load_balancer(), api.server_secret()
        listener = api.listener(balancer, protocol="TERMINATED_HTTPS", secret_id=secret)
        api.emulator.account.put(replace(api.emulator.account.secrets[secret], location=ProjectRegion(PROJECT, REGION + 1)))
        assert only(api).object_ids == (listener, secret)

    def test_it_is_known_by_the_next_write_and_only_once_for_as_long_as_it_lasts(self, api: Api) -> None:
        listener = api.listener(api.load_balancer())
        api.pool(listener_id=listener)
        gone = api.emulator.account.listeners.pop(listener)
        api.secret(api.material.ca_payload)
        first = only(api)
        assert first.cause is not None
        assert first.cause.method == "POST"
        api.secret(api.material.ca_payload, "other")
        assert only(api) == first
        api.emulator.account.put(gone)
        assert only(api) == first
        del api.emulator.account.listeners[listener]
        assert len(breaches(api)) == 2


class TestNames:
    def test_two_objects_of_one_owners_name(self, api: Api) -> None:
        first = api.secret(api.material.ca_payload, OWNED)
        api.load_balancer(name=OWNED)
        assert breaches(api) == []
        api.begin("POST", "/v1/secrets/@", blob(OWNED, api.material.ca_payload))
        found = only(api)
        assert found.invariant == "duplicate-of-owner"
        assert found.object_ids[1] == first
        assert OWNED in found.description

    def test_any_other_name_is_told_apart(self, api: Api) -> None:
        api.load_balancer()
        api.load_balancer()
        found = only(api)
        assert found.invariant == "duplicate-name"

    def test_a_name_is_free_again_once_its_object_is_going(self, api: Api) -> None:
        first = api.secret(api.material.ca_payload, OWNED)
        api.begin("DELETE", f"/v1/secrets/@/{first}")
        api.secret(api.material.ca_payload, OWNED)
        assert breaches(api) == []

    def test_but_not_if_it_stays_after_all(self, api: Api) -> None:
        first = api.secret(api.material.ca_payload, OWNED)
        api.add_fault(action="fail_task", method="DELETE")
        api.begin("DELETE", f"/v1/secrets/@/{first}")
        api.secret(api.material.ca_payload, OWNED)
        assert only(api).invariant == "duplicate-of-owner"

    def test_by_renaming(self, api: Api) -> None:
        api.load_balancer(name=OWNED)
        other = api.load_balancer()
        api.call("PATCH", f"/v1/loadbalancers/@/{other}", json={"name": OWNED})
        found = only(api)
        assert found.cause is not None
        assert found.cause.method == "PATCH"

    def test_elsewhere_it_may_be_used_again(self, api: Api) -> None:
        secret = api.emulator.account.secrets[api.secret(api.material.ca_payload, OWNED)]
        api.emulator.account.put(replace(secret, id="elsewhere", location=ProjectRegion(PROJECT, REGION + 1)))
        assert breaches(api) == []


class TestLocked:
    def test_work_that_forgets_the_lock(self, api: Api) -> None:
        balancer = api.load_balancer()
        api.begin("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "new"})
        asked = RequestSummary("request", "PATCH", "/cloud/somewhere")
        order = TaskRequest(ProjectRegion(PROJECT, REGION), asked, "patch_lbpool")
        present = api.emulator.account.load_balancers[balancer]
        tasks = api.emulator.task_engine.submit(order, lambda: PlannedChange(locking(present)))
        found = only(api)
        assert found.invariant == "write-on-locked"
        assert (found.object_ids, [found.task_id]) == ((balancer,), tasks.tasks)
        assert found.cause is not None
        assert found.cause.request_id == "request"

    def test_a_change_at_once_that_forgets_it(self, api: Api) -> None:
        listener = api.listener(api.load_balancer())
        api.begin("PATCH", f"/v2/lblisteners/@/{listener}", {"name": "new"})
        present = api.emulator.account.listeners[listener]
        asked = RequestSummary("request", "PATCH", "/cloud/somewhere")
        api.emulator.task_engine.change_immediately(asked, present, replace(present, name="newer"))
        assert only(api).invariant == "write-on-locked"

    @pytest.mark.parametrize("choice", ["queue", "task-error"])
    def test_waiting_for_the_lock_and_failing_for_it_are_no_such_write(self, start: Start, choice: str) -> None:
        api = start(locked_load_balancer=choice)
        balancer = api.load_balancer()
        for name in ("new", "newer"):
            api.begin("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": name})
        api.clock.advance(100)
        assert breaches(api) == []


class TestUnauthenticated:
    @pytest.fixture
    def open_door(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
        monkeypatch.setattr(call, "compare_digest", lambda *_: True)
        api.http.headers["Authorization"] = "APIKey 1_wrong"
        return api

    def test_a_write_that_is_let_in(self, open_door: Api) -> None:
        open_door.secret(open_door.material.ca_payload)
        found = only(open_door)
        assert found.invariant == "unauthenticated-write"
        assert found.cause is not None
        assert (found.cause.method, found.object_ids) == ("POST", ())
        assert "1_wrong" not in found.model_dump_json()

    def test_even_if_nobody_hears_the_answer(self, open_door: Api) -> None:
        open_door.add_fault(action="drop_after", method="POST")
        with pytest.raises(httpx.TransportError):
            open_door.call("POST", "/v1/secrets/@", json=blob("ca", open_door.material.ca_payload))
        assert only(open_door).invariant == "unauthenticated-write"

    def test_reading_is_no_write_and_a_refusal_changes_nothing(self, open_door: Api) -> None:
        open_door.get("/v1/secrets/@")
        open_door.refused("POST", "/v1/secrets/@", 400, json={})
        open_door.add_fault(action="respond", status=200, method="POST")
        open_door.call("POST", "/v1/secrets/@", json=blob("ca", open_door.material.ca_payload))
        assert breaches(open_door) == []


def test_a_reset_forgets_it(api: Api) -> None:
    api.load_balancer()
    api.load_balancer()
    assert breaches(api)
    api.http.post("/_emulator/reset")
    assert breaches(api) == []


def test_a_client_in_the_same_process_has_it_as_a_method(api: Api) -> None:
    emulator = Emulator(Settings(api_key=KEY, task_seconds=TaskSeconds(0)))
    body = blob(OWNED, api.material.ca_payload)

    async def run() -> None:
        transport = httpx.ASGITransport(create_application(emulator))
        headers = {"Authorization": f"APIKey {KEY}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://emulator", headers=headers) as client:
            await client.post("/cloud/v1/secrets/1/1", json=body)
            assert emulator.audit().intact
            await client.post("/cloud/v1/secrets/1/1", json=body)

    asyncio.run(run())
    assert [each.invariant for each in emulator.audit().violations] == ["duplicate-of-owner"]
