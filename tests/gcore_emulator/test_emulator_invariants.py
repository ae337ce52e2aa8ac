"""Audit: every violation of an invariant is recorded with the request that caused it, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from gcore_emulator import Emulator, Settings, TaskSeconds, create_application, request_context
from gcore_emulator.account import ProjectRegion, RequestSummary
from gcore_emulator.invariants import InvariantViolation
from gcore_emulator.task_engine import TaskRequest
from gcore_emulator.transitions import PlannedChange, locking
from tests.gcore_emulator.conftest import Start
from tests.gcore_emulator.emulated_api import KEY, LOCATION, PROJECT, REGION, Api, blob, mtls, run_async

OWNED = "web-d64bed2c-f9a9a8"


def audit(api: Api) -> Any:
    return api.http.get("/_emulator/audit").json()


def violations(api: Api) -> list[InvariantViolation]:
    """Return the violations that the control route reports, which are those of `Emulator.audit`."""
    body = audit(api)
    found = [InvariantViolation.model_validate(each) for each in body["violations"]]
    assert body["intact"] == (not found)
    assert tuple(found) == api.emulator.audit().violations
    return found


def only(api: Api) -> InvariantViolation:
    (found,) = violations(api)
    return found


def test_normal_use_violates_no_invariant(api: Api) -> None:
    balancer = api.do("POST", "/v1/loadbalancers/@", mtls(api))["loadbalancers"][0]
    (pool,) = api.state()["pools"]
    other = api.secret(api.material.ca_payload, "other")
    api.do("PATCH", f"/v2/lbpools/@/{pool}", {"ca_secret_id": other, "crl_secret_id": None})
    api.start_task("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "new"})
    api.rejected("DELETE", f"/v1/loadbalancers/@/{balancer}", 409)
    api.rejected("DELETE", f"/v1/secrets/@/{other}", 400)
    api.http.headers.pop("Authorization")
    api.rejected("DELETE", f"/v1/loadbalancers/@/{balancer}", 401)
    api.http.headers["Authorization"] = f"APIKey {KEY}"
    api.clock.advance(100)
    api.do("DELETE", f"/v1/loadbalancers/@/{balancer}")
    for secret in api.state()["secrets"]:
        api.do("DELETE", f"/v1/secrets/@/{secret}")
    body = audit(api)
    assert (body["intact"], body["violations"]) == (True, [])
    assert body["checks"] > len(api.state()["tasks"]) * 2


class TestSecretInUse:
    """The audit reports the deletion of a secret in use even if a behavior option allows it."""

    @pytest.fixture
    def permissive(self, start: Start) -> Api:
        return start(secret_in_use="allow")

    def test_deleting_the_secret_of_a_pool_is_a_violation(self, permissive: Api) -> None:
        _, pool_id = permissive.pool_on_new_load_balancer()
        one, two = (permissive.secret(permissive.material.ca_payload, name) for name in ("1", "2"))
        permissive.do("PATCH", f"/v2/lbpools/@/{pool_id}", {"ca_secret_id": one})
        permissive.do("PATCH", f"/v2/lbpools/@/{pool_id}", {"ca_secret_id": two})
        permissive.do("DELETE", f"/v1/secrets/@/{one}")
        assert violations(permissive) == []
        task = permissive.start_task("DELETE", f"/v1/secrets/@/{two}")
        accepted = only(permissive)
        assert accepted.invariant == "secret-deleted-in-use"
        assert accepted.description == f"The API accepted the deletion of Secret {two}, which Pool {pool_id} uses"
        assert (accepted.object_ids, accepted.task_id, accepted.at) == ((two, pool_id), task, permissive.clock.now())
        assert accepted.cause is not None
        assert (accepted.cause.method, accepted.cause.path) == ("DELETE", f"/cloud/v1/secrets/{LOCATION}/{two}")
        assert permissive.task(task)["request_id"] == accepted.cause.request_id
        permissive.finish(task)
        _, dangling = violations(permissive)
        assert dangling.invariant == "dangling-reference"
        assert dangling.description == f"Pool {pool_id} refers to Secret {two}, which does not exist"
        assert (dangling.cause, dangling.task_id) == (accepted.cause, task)

    def test_deleting_a_secret_released_by_an_update_in_progress_is_a_violation(self, permissive: Api) -> None:
        """Until the pool's update has ended, it uses what it used before. Afterwards only the audit shows it."""
        _, pool_id = permissive.pool_on_new_load_balancer()
        secret_id = permissive.ca_secret()
        permissive.do("PATCH", f"/v2/lbpools/@/{pool_id}", {"ca_secret_id": secret_id})
        permissive.start_task("PATCH", f"/v2/lbpools/@/{pool_id}", {"ca_secret_id": None})
        permissive.start_task("DELETE", f"/v1/secrets/@/{secret_id}")
        permissive.clock.advance(100)
        assert only(permissive).object_ids == (secret_id, pool_id)

    def test_deleting_the_secret_of_an_update_in_progress_is_a_violation(self, permissive: Api) -> None:
        _, pool_id = permissive.pool_on_new_load_balancer()
        secret_id = permissive.ca_secret()
        permissive.start_task("PATCH", f"/v2/lbpools/@/{pool_id}", {"ca_secret_id": secret_id})
        permissive.start_task("DELETE", f"/v1/secrets/@/{secret_id}")
        assert only(permissive).object_ids == (secret_id, pool_id)

    @pytest.mark.parametrize("field", ["secret_id", "sni_secret_id"])
    def test_deleting_the_secret_of_a_listener_is_a_violation(self, permissive: Api, field: str) -> None:
        secret_id = permissive.server_secret()
        value = secret_id if field == "secret_id" else [secret_id]
        listener_id = permissive.listener(permissive.load_balancer(), protocol="TERMINATED_HTTPS", **{field: value})
        assert violations(permissive) == []
        permissive.do("DELETE", f"/v1/secrets/@/{secret_id}")
        assert {each.object_ids for each in violations(permissive)} == {
            (secret_id, listener_id),
            (listener_id, secret_id),
        }


class TestDirectChanges:
    """The audit reports violations that a test causes by changing the account directly."""

    def test_missing_listener_of_a_pool_is_a_violation(self, api: Api) -> None:
        listener = api.listener(api.load_balancer())
        pool = api.pool(listener_id=listener)
        del api.emulator.account.listeners[listener]
        found = only(api)
        assert found.invariant == "dangling-reference"
        assert (found.object_ids, found.cause, found.task_id) == ((pool, listener), None, None)

    def test_missing_load_balancer_of_its_children_is_a_violation(self, api: Api) -> None:
        balancer = api.load_balancer()
        children = {api.listener(balancer), api.pool(load_balancer_id=balancer)}
        del api.emulator.account.load_balancers[balancer]
        found = violations(api)
        assert {each.object_ids for each in found} == {(child, balancer) for child in children}
        for each in found:
            assert each.invariant == "child-of-deleted-parent"

    def test_secret_of_another_region_is_a_violation(self, api: Api) -> None:
        balancer, secret = api.load_balancer(), api.server_secret()
        listener = api.listener(balancer, protocol="TERMINATED_HTTPS", secret_id=secret)
        api.emulator.account.put(
            replace(api.emulator.account.secrets[secret], location=ProjectRegion(PROJECT, REGION + 1))
        )
        assert only(api).object_ids == (listener, secret)

    def test_persistent_violation_is_recorded_once_at_the_next_write(self, api: Api) -> None:
        listener = api.listener(api.load_balancer())
        api.pool(listener_id=listener)
        listener_object = api.emulator.account.listeners.pop(listener)
        api.secret(api.material.ca_payload)
        first = only(api)
        assert first.cause is not None
        assert first.cause.method == "POST"
        api.secret(api.material.ca_payload, "other")
        assert only(api) == first
        api.emulator.account.put(listener_object)
        assert only(api) == first
        del api.emulator.account.listeners[listener]
        assert len(violations(api)) == 2


class TestNames:
    def test_two_objects_with_one_owners_name_are_a_violation(self, api: Api) -> None:
        first = api.secret(api.material.ca_payload, OWNED)
        api.load_balancer(name=OWNED)
        assert violations(api) == []
        api.start_task("POST", "/v1/secrets/@", blob(OWNED, api.material.ca_payload))
        found = only(api)
        assert found.invariant == "duplicate-of-owner"
        assert found.object_ids[1] == first
        assert OWNED in found.description

    def test_two_objects_with_another_name_are_a_separate_violation(self, api: Api) -> None:
        api.load_balancer()
        api.load_balancer()
        found = only(api)
        assert found.invariant == "duplicate-name"

    def test_name_of_an_object_being_deleted_can_be_reused(self, api: Api) -> None:
        first = api.secret(api.material.ca_payload, OWNED)
        api.start_task("DELETE", f"/v1/secrets/@/{first}")
        api.secret(api.material.ca_payload, OWNED)
        assert violations(api) == []

    def test_name_of_an_object_whose_deletion_fails_cannot_be_reused(self, api: Api) -> None:
        first = api.secret(api.material.ca_payload, OWNED)
        api.add_fault(action="fail_task", method="DELETE")
        api.start_task("DELETE", f"/v1/secrets/@/{first}")
        api.secret(api.material.ca_payload, OWNED)
        assert only(api).invariant == "duplicate-of-owner"

    def test_renaming_to_a_name_in_use_is_a_violation(self, api: Api) -> None:
        api.load_balancer(name=OWNED)
        other = api.load_balancer()
        api.call("PATCH", f"/v1/loadbalancers/@/{other}", json={"name": OWNED})
        found = only(api)
        assert found.cause is not None
        assert found.cause.method == "PATCH"

    def test_same_name_in_another_region_is_no_violation(self, api: Api) -> None:
        secret = api.emulator.account.secrets[api.secret(api.material.ca_payload, OWNED)]
        api.emulator.account.put(replace(secret, id="elsewhere", location=ProjectRegion(PROJECT, REGION + 1)))
        assert violations(api) == []


class TestLocked:
    def test_task_on_a_locked_load_balancer_is_a_violation(self, api: Api) -> None:
        balancer = api.load_balancer()
        api.start_task("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "new"})
        summary = RequestSummary("request", "PATCH", "/cloud/somewhere")
        request = TaskRequest(ProjectRegion(PROJECT, REGION), summary, "patch_lbpool")
        present = api.emulator.account.load_balancers[balancer]
        tasks = api.emulator.task_engine.submit(request, lambda: PlannedChange(locking(present)))
        found = only(api)
        assert found.invariant == "write-on-locked"
        assert (found.object_ids, [found.task_id]) == ((balancer,), tasks.tasks)
        assert found.cause is not None
        assert found.cause.request_id == "request"

    def test_immediate_change_on_a_locked_load_balancer_is_a_violation(self, api: Api) -> None:
        listener = api.listener(api.load_balancer())
        api.start_task("PATCH", f"/v2/lblisteners/@/{listener}", {"name": "new"})
        present = api.emulator.account.listeners[listener]
        summary = RequestSummary("request", "PATCH", "/cloud/somewhere")
        api.emulator.task_engine.change_immediately(summary, present, replace(present, name="newer"))
        assert only(api).invariant == "write-on-locked"

    @pytest.mark.parametrize("choice", ["queue", "task-error"])
    def test_queued_and_failing_writes_are_no_violation(self, start: Start, choice: str) -> None:
        api = start(locked_load_balancer=choice)
        balancer = api.load_balancer()
        for name in ("new", "newer"):
            api.start_task("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": name})
        api.clock.advance(100)
        assert violations(api) == []


class TestUnauthenticated:
    @pytest.fixture
    def unauthenticated(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
        monkeypatch.setattr(request_context, "compare_digest", lambda *_: True)
        api.http.headers["Authorization"] = "APIKey 1_wrong"
        return api

    def test_accepted_write_without_the_key_is_a_violation(self, unauthenticated: Api) -> None:
        unauthenticated.secret(unauthenticated.material.ca_payload)
        found = only(unauthenticated)
        assert found.invariant == "unauthenticated-write"
        assert found.cause is not None
        assert (found.cause.method, found.object_ids) == ("POST", ())
        assert "1_wrong" not in found.model_dump_json()

    def test_unauthenticated_write_with_a_dropped_response_is_a_violation(self, unauthenticated: Api) -> None:
        unauthenticated.add_fault(action="drop_after", method="POST")
        with pytest.raises(httpx.TransportError):
            unauthenticated.call("POST", "/v1/secrets/@", json=blob("ca", unauthenticated.material.ca_payload))
        assert only(unauthenticated).invariant == "unauthenticated-write"

    def test_unauthenticated_reads_and_rejected_writes_are_no_violation(self, unauthenticated: Api) -> None:
        unauthenticated.get("/v1/secrets/@")
        unauthenticated.rejected("POST", "/v1/secrets/@", 400, json={})
        unauthenticated.add_fault(action="respond", status=200, method="POST")
        unauthenticated.call("POST", "/v1/secrets/@", json=blob("ca", unauthenticated.material.ca_payload))
        assert violations(unauthenticated) == []


def test_reset_clears_the_violations(api: Api) -> None:
    api.load_balancer()
    api.load_balancer()
    assert violations(api)
    api.http.post("/_emulator/reset")
    assert violations(api) == []


def test_audit_is_also_a_method_of_the_emulator(api: Api) -> None:
    emulator = Emulator(Settings(api_key=KEY, task_seconds=TaskSeconds(0)))
    body = blob(OWNED, api.material.ca_payload)

    async def run() -> None:
        transport = httpx.ASGITransport(create_application(emulator))
        headers = {"Authorization": f"APIKey {KEY}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
            await client.post("/cloud/v1/secrets/1/1", json=body)
            assert emulator.audit().intact
            await client.post("/cloud/v1/secrets/1/1", json=body)

    run_async(run())
    assert [each.invariant for each in emulator.audit().violations] == ["duplicate-of-owner"]
