"""Every choice of every open question does what its help says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import pytest

from gcore_tls_provider.emulator.data_plane.configuration import configuration
from gcore_tls_provider.emulator.questions import UnknownChoice, behaviour_from, questions
from gcore_tls_provider.emulator.settings import DIALECT_CHOICES
from tests.emulator.emulated_api import NOWHERE, TASK_SECONDS, Api, blob, member_body, monitor_body, mtls, pool_body

Start = Callable[..., Api]
Check = Callable[[Api], None]
CHECKS: dict[tuple[str, str], tuple[str, Check]] = {}


def choice(question: str, named: str, chosen: str | None = None) -> Callable[[Check], Check]:
    """Registers the check of a choice. `chosen` is what is set, where the choice is a placeholder such as N."""

    def register(check: Check) -> Check:
        CHECKS[question, named] = (chosen or named, check)
        return check

    return register


@pytest.mark.parametrize(
    ("question", "named"), [(question.name, named) for question in questions() for named in question.choices]
)
def test_each_choice(start: Start, question: str, named: str) -> None:
    chosen, check = CHECKS[question, named]
    check(start(**behaviour_from([f"{question}={chosen}"]).model_dump()))


def test_the_default_is_one_of_the_choices() -> None:
    for question in questions():
        assert question.default in question.choices or question.default.isdigit()
        assert question.help.endswith(".")


@pytest.mark.parametrize("setting", ["nothing=1", "pool-routes", "pool-routes=all", "read-lag=-1", "quota=trees=1"])
def test_an_unknown_choice_is_refused_with_those_that_exist(setting: str) -> None:
    with pytest.raises(UnknownChoice) as refused:
        behaviour_from([setting])
    known = "pool-routes" if not setting.startswith(("read", "quota", "pool-routes=")) else ""
    assert known in str(refused.value)


def test_a_dialect_is_a_set_of_choices_that_a_setting_overrules() -> None:
    guide = behaviour_from([], DIALECT_CHOICES["guide"])
    assert (guide.pool_routes, guide.v2_secret_payload) == ("guide", "string")
    openapi = behaviour_from(["pool-routes=both"], DIALECT_CHOICES["openapi"])
    assert (openapi.pool_routes, openapi.v2_secret_payload) == ("both", "object")


# Routes.


def pool_routes(api: Api) -> dict[str, int]:
    """Which of the four routes exist, by the status of an answer."""
    balancer = api.load_balancer()
    listener = api.listener(balancer)
    calls = {
        "openapi create": ("POST", "/v1/lbpools/@", pool_body(listener_id=listener)),
        "guide create": ("POST", f"/v1/loadbalancers/@/{balancer}/pools", pool_body()),
        "openapi update": ("PATCH", "/v2/lbpools/@/{}", {"name": "second"}),
        "guide update": ("PUT", "/v1/lbpools/@/{}", {"name": "third"}),
    }
    statuses = {}
    for name, (method, path, body) in calls.items():
        pools = api.get("/v1/lbpools/@")["results"]
        statuses[name] = api.call(method, path.format(pools[0]["id"] if pools else ""), json=body).status_code
        api.clock.advance(TASK_SECONDS)
    return statuses


@choice("pool-routes", "both")
def both_pairs_of_pool_routes(api: Api) -> None:
    assert set(pool_routes(api).values()) == {200}


@choice("pool-routes", "guide")
def the_guides_pool_routes(api: Api) -> None:
    assert pool_routes(api) == {
        "openapi create": 405,
        "guide create": 200,
        "openapi update": 404,
        "guide update": 200,
    }


@choice("pool-routes", "openapi")
def openapis_pool_routes(api: Api) -> None:
    assert pool_routes(api) == {
        "openapi create": 200,
        "guide create": 404,
        "openapi update": 200,
        "guide update": 405,
    }


def unknown_routes(api: Api) -> list[tuple[int, str]]:
    answers = [api.call("GET", "/v1/nothing/@"), api.call("DELETE", "/v1/secrets/@")]
    return [(answer.status_code, answer.json()["exception_class"]) for answer in answers]


@choice("unknown-route", "by-method")
def unknown_routes_by_method(api: Api) -> None:
    assert unknown_routes(api) == [(404, "HTTPError"), (405, "HTTPError")]


@choice("unknown-route", "404")
def unknown_routes_404(api: Api) -> None:
    assert unknown_routes(api) == [(404, "HTTPError")] * 2


@choice("unknown-route", "405")
def unknown_routes_405(api: Api) -> None:
    assert unknown_routes(api) == [(405, "HTTPError")] * 2


@choice("unknown-route", "not-found-error")
def unknown_routes_like_objects(api: Api) -> None:
    assert unknown_routes(api) == [(404, "NotFoundError")] * 2


@pytest.mark.parametrize("unknown_route", ["by-method", "404", "405", "not-found-error"])
def test_routes_of_the_other_dialect_answer_like_unknown_ones(start: Start, unknown_route: str) -> None:
    api = start(unknown_route=unknown_route, pool_routes="guide", v1_secrets="gone")
    expected = {"by-method": [405, 404, 405], "405": [405] * 3}.get(unknown_route, [404] * 3)
    calls = [("POST", "/v1/lbpools/@"), ("PATCH", f"/v2/lbpools/@/{NOWHERE}"), ("POST", "/v1/secrets/@")]
    assert [api.call(method, path, json={}).status_code for method, path in calls] == expected


# Secrets.


def v2_secrets(api: Api) -> list[list[str]]:
    """Invalid fields of the string body and of the object body; empty if taken."""
    bodies = [blob("web", api.material.server_payload), {"name": "web", "payload": api.material.pem_texts}]
    answers = [api.call("POST", "/v2/secrets/@", json=body) for body in bodies]
    return [list(answer.json().get("invalid_fields", {})) for answer in answers]


@choice("v2-secret-payload", "both")
def v2_takes_both(api: Api) -> None:
    assert v2_secrets(api) == [[], []]


@choice("v2-secret-payload", "string")
def v2_takes_strings(api: Api) -> None:
    assert v2_secrets(api) == [[], ["payload"]]


@choice("v2-secret-payload", "object")
def v2_takes_objects(api: Api) -> None:
    assert v2_secrets(api) == [["payload"], []]


@choice("v1-secrets", "accept")
def v1_takes_pem(api: Api) -> None:
    api.ca_secret()
    api.crl_secret()


@choice("v1-secrets", "refuse")
def v1_refuses_pem(api: Api) -> None:
    api.server_secret()
    refused = api.refused("POST", "/v1/secrets/@", 400, json=blob("ca", api.material.ca_payload))
    assert set(refused["invalid_fields"]) == {"payload"}


@choice("v1-secrets", "gone")
def v1_is_gone(api: Api) -> None:
    api.refused("POST", "/v1/secrets/@", 405, "HTTPError", json=blob("ca", api.material.ca_payload))


@choice("pem-client-secret", "accept")
def a_client_secret_may_be_pem(api: Api) -> None:
    api.pool_on_new_load_balancer(secret_id=api.secret(api.material.client_pem_payload))


@choice("pem-client-secret", "refuse")
def a_client_secret_must_be_pkcs12(api: Api) -> None:
    body = pool_body(load_balancer_id=api.load_balancer(), secret_id=api.secret(api.material.client_pem_payload))
    assert set(api.refused("POST", "/v1/lbpools/@", 400, json=body)["invalid_fields"]) == {"secret_id"}
    api.pool_on_new_load_balancer(secret_id=api.client_secret())


def used_secret(api: Api) -> str:
    secret = api.ca_secret()
    api.pool_on_new_load_balancer(ca_secret_id=secret)
    return f"/v1/secrets/@/{secret}"


@choice("secret-in-use", "400")
def a_used_secret_400(api: Api) -> None:
    api.refused("DELETE", used_secret(api), 400, "ValidationError")


@choice("secret-in-use", "409")
def a_used_secret_409(api: Api) -> None:
    api.refused("DELETE", used_secret(api), 409, "ConflictError")


@choice("secret-in-use", "task-error")
def a_used_secret_fails_later(api: Api) -> None:
    path = used_secret(api)
    assert "in use" in api.fail("DELETE", path)
    assert api.get(path)["status"] == "ACTIVE"


@choice("secret-in-use", "allow")
def a_used_secret_goes(api: Api) -> None:
    api.do("DELETE", used_secret(api))


@choice("secret-users", "listeners-and-pools")
def pools_are_users(api: Api) -> None:
    api.refused("DELETE", used_secret(api), 400)


@choice("secret-users", "listeners")
def only_listeners_are_users(api: Api) -> None:
    api.do("DELETE", used_secret(api))
    secret = api.server_secret()
    api.listener(api.load_balancer(), protocol="TERMINATED_HTTPS", secret_id=secret)
    api.refused("DELETE", f"/v1/secrets/@/{secret}", 400)


# Load balancers that are busy.


def two_writes(api: Api) -> tuple[str, str]:
    balancer = api.load_balancer()
    api.begin("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "second"})
    return balancer, f"/v2/loadbalancers/@/{balancer}"


@choice("busy-load-balancer", "409")
def a_busy_one_refuses(api: Api) -> None:
    _, path = two_writes(api)
    api.refused("PATCH", path, 409, "ConflictError", json={"name": "third"})


@choice("busy-load-balancer", "queue")
def a_busy_one_queues(api: Api) -> None:
    balancer, path = two_writes(api)
    listener = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "load_balancer_id": balancer}
    third = api.begin("PATCH", path, {"name": "third"})
    fourth = api.begin("POST", "/v1/lblisteners/@", listener)
    fifth = api.begin("POST", "/v1/lblisteners/@", listener)
    api.clock.advance(TASK_SECONDS)
    assert [api.task(task)["state"] for task in (third, fourth, fifth)] == ["NEW", "NEW", "NEW"]
    assert api.get(f"/v1/loadbalancers/@/{balancer}")["task_id"] == third
    api.clock.advance(TASK_SECONDS)
    assert api.get(f"/v1/loadbalancers/@/{balancer}")["name"] == "third"
    assert api.finish(fourth)["listeners"]
    api.clock.advance(TASK_SECONDS)
    assert "already using" in api.task(fifth)["error"]


@choice("busy-load-balancer", "task-error")
def a_busy_one_fails_later(api: Api) -> None:
    balancer, path = two_writes(api)
    assert "immutable" in api.fail("PATCH", path, {"name": "third"})
    assert api.get(f"/v1/loadbalancers/@/{balancer}")["name"] == "second"


def test_a_queue_is_emptied_in_order_at_the_right_times(start: Start) -> None:
    api = start(busy_load_balancer="queue")
    balancer, path = two_writes(api)
    tasks = [api.begin("PATCH", path, {"name": f"name {number}"}) for number in range(3)]
    api.clock.advance(10 * TASK_SECONDS)
    ended = [api.task(task)["finished_on"] for task in tasks]
    assert ended == ["2026-01-01T00:00:30", "2026-01-01T00:00:40", "2026-01-01T00:00:50"]
    assert api.get(f"/v1/loadbalancers/@/{balancer}")["name"] == "name 2"


# Answers in general.


@choice("rate-limit", "none")
def there_is_no_rate_limit(api: Api) -> None:
    assert {api.call("GET", "/v1/tasks").status_code for _ in range(50)} == {200}


@choice("rate-limit", "N", "3")
def there_is_a_rate_limit(api: Api) -> None:
    for _ in range(2):
        answers = [api.call("GET", "/v1/tasks") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        api.clock.advance(1)


@choice("retry-after", "sent")
@choice("retry-after", "absent")
def retry_after_alone_changes_nothing(api: Api) -> None:
    assert api.call("GET", "/v1/tasks").status_code == 200


@pytest.mark.parametrize(("chosen", "header"), [("sent", "1"), ("absent", None)])
def test_retry_after(start: Start, chosen: str, header: str | None) -> None:
    api = start(rate_limit=1, retry_after=chosen)
    api.get("/v1/tasks")
    limited = api.call("GET", "/v1/tasks")
    assert (limited.status_code, limited.headers.get("retry-after")) == (429, header)
    assert limited.json()["request_id"]


@choice("unauthenticated-body", "error-shape")
def a_401_has_the_error_shape(api: Api) -> None:
    api.refused("GET", "/v1/tasks", 401, "token_not_valid", headers={"Authorization": "APIKey no"})


@choice("unauthenticated-body", "detail")
def a_401_has_a_detail(api: Api) -> None:
    answer = api.call("GET", "/v1/tasks", headers={"Authorization": "APIKey no"})
    assert (answer.status_code, set(answer.json())) == (401, {"detail"})


@choice("unauthenticated-body", "empty")
def a_401_is_empty(api: Api) -> None:
    answer = api.call("GET", "/v1/tasks", headers={"Authorization": "APIKey no"})
    assert (answer.status_code, answer.content) == (401, b"")


@choice("unknown-fields", "refuse")
def unknown_fields_are_refused(api: Api) -> None:
    refused = api.refused("POST", "/v1/loadbalancers/@", 400, json={"name": "web", "colour": "red"})
    assert set(refused["invalid_fields"]) == {"colour"}


@choice("unknown-fields", "ignore")
def unknown_fields_are_ignored(api: Api) -> None:
    nested = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "colour": "blue"}
    nested["pools"] = [pool_body(members=[member_body(colour="green")])]
    api.do("POST", "/v1/loadbalancers/@", {"name": "web", "colour": "red", "listeners": [nested]})
    (pool,) = api.get("/v1/lbpools/@")["results"]
    api.do("PUT", f"/v1/loadbalancers/@/pools/{pool['id']}/members", [member_body("10.0.0.8", colour="green")])
    api.do("POST", "/v2/secrets/@", {**blob("web", api.material.server_payload), "colour": "red"})
    api.do("POST", "/v2/secrets/@", {"name": "web", "payload": {**api.material.pem_texts, "colour": "red"}})
    refused = api.refused("POST", "/v1/loadbalancers/@", 400, json={"colour": "red"})
    assert set(refused["invalid_fields"]) == {"name"}


@choice("created-resources", "all")
def all_that_was_made_is_listed(api: Api) -> None:
    nested = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "pools": [pool_body()]}
    made = api.do("POST", "/v1/loadbalancers/@", {"name": "web", "listeners": [nested]})
    assert set(made) == {"loadbalancers", "listeners", "pools"}


@choice("created-resources", "load-balancer-only")
def only_the_load_balancer_is_listed(api: Api) -> None:
    nested = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "pools": [pool_body()]}
    made = api.do("POST", "/v1/loadbalancers/@", {"name": "web", "listeners": [nested]})
    assert set(made) == {"loadbalancers"}
    assert set(api.do("POST", "/v1/lbpools/@", pool_body(load_balancer_id=made["loadbalancers"][0]))) == {"pools"}


@choice("unique-names", "no")
def names_may_be_used_twice(api: Api) -> None:
    assert api.secret(api.material.ca_payload, "same") != api.secret(api.material.ca_payload, "same")


@choice("unique-names", "yes")
def names_may_be_used_once(api: Api) -> None:
    api.secret(api.material.ca_payload, "same")
    api.refused("POST", "/v1/secrets/@", 409, "ConflictError", json=blob("same", api.material.ca_payload))
    balancer, _ = api.pool_on_new_load_balancer(name="same")
    api.refused("POST", "/v1/lbpools/@", 409, json=pool_body(name="same", load_balancer_id=balancer))
    nested = [{"name": "same", "protocol": "HTTP", "protocol_port": port} for port in (80, 81)]
    api.refused("POST", "/v1/loadbalancers/@", 409, json={"name": "other", "listeners": nested})


def found_by(api: Api, name: str) -> list[str]:
    balancer = api.load_balancer(name="website")
    api.listener(balancer, name="website")
    api.pool(load_balancer_id=balancer, name="website")
    kinds = ("loadbalancers", "lblisteners", "lbpools")
    return [kind for kind in kinds if api.get(f"/v1/{kind}/@", name=name)["count"]]


@choice("name-filter", "exact")
def names_are_compared_exactly(api: Api) -> None:
    assert found_by(api, "web") == []
    assert len(found_by(api, "website")) == 3


@choice("name-filter", "substring")
def parts_of_names_are_found(api: Api) -> None:
    assert len(found_by(api, "web")) == 3


@choice("finished-task-life", "for-ever")
def tasks_are_kept(api: Api) -> None:
    api.ca_secret()
    api.clock.advance(10**6)
    assert api.get("/v1/tasks")["count"] == 1


@choice("finished-task-life", "N", "60")
def tasks_are_forgotten(api: Api) -> None:
    task = api.begin("POST", "/v1/secrets/@", blob("ca", api.material.ca_payload))
    api.finish(task)
    api.clock.advance(59)
    assert api.task(task)["state"] == "FINISHED"
    api.clock.advance(1)
    api.refused("GET", f"/v1/tasks/{task}", 404, "NotFoundError")
    assert api.get("/v1/tasks")["count"] == 0


# Pools.


def nulls(api: Api) -> dict[str, Any]:
    """What three nulls leave of a pool's secret ids; the secret is named in place of its id."""
    ids = {"ca_secret_id": api.ca_secret(), "crl_secret_id": api.crl_secret(), "secret_id": api.client_secret()}
    _, pool = api.pool_on_new_load_balancer(**ids)
    answer = api.call("PATCH", f"/v2/lbpools/@/{pool}", json=dict.fromkeys(ids))
    api.clock.advance(TASK_SECONDS)
    after = api.get(f"/v1/lbpools/@/{pool}")
    return {"status": answer.status_code, **{name: after[name] == secret for name, secret in ids.items()}}


@choice("null-secret-id", "unset")
def null_unsets(api: Api) -> None:
    assert nulls(api) == {"status": 200, "ca_secret_id": False, "crl_secret_id": False, "secret_id": False}


@choice("null-secret-id", "ignore")
def null_is_ignored(api: Api) -> None:
    assert nulls(api) == {"status": 200, "ca_secret_id": True, "crl_secret_id": True, "secret_id": True}


@choice("null-secret-id", "refuse")
def null_is_refused(api: Api) -> None:
    assert nulls(api) == {"status": 400, "ca_secret_id": True, "crl_secret_id": True, "secret_id": True}


def null_monitor(api: Api) -> bool:
    """Whether a null leaves the health monitor."""
    _, pool = api.pool_on_new_load_balancer(healthmonitor=monitor_body())
    api.call("PATCH", f"/v2/lbpools/@/{pool}", json={"healthmonitor": None})
    api.clock.advance(TASK_SECONDS)
    return api.get(f"/v1/lbpools/@/{pool}")["healthmonitor"] is not None


@choice("null-health-monitor", "delete")
def null_deletes_the_monitor(api: Api) -> None:
    assert not null_monitor(api)


@choice("null-health-monitor", "ignore")
def null_leaves_the_monitor(api: Api) -> None:
    assert null_monitor(api)


def pairs(api: Api) -> dict[tuple[str, str], bool]:
    """Which listeners take which pools."""
    secret = api.server_secret()
    taken = {}
    for listener in ("HTTP", "HTTPS", "TCP", "TERMINATED_HTTPS", "UDP", "PROMETHEUS"):
        for pool in ("HTTP", "HTTPS", "TCP", "PROXYV2", "UDP"):
            nested: dict[str, Any] = {"name": "abc", "protocol": listener, "protocol_port": 1}
            if listener == "TERMINATED_HTTPS":
                nested["secret_id"] = secret
            nested["pools"] = [pool_body(protocol=pool)]
            answer = api.call("POST", "/v1/loadbalancers/@", json={"name": "web", "listeners": [nested]})
            taken[listener, pool] = answer.status_code == 200
    return taken


@choice("protocol-pairs", "lax")
def almost_all_pairs(api: Api) -> None:
    refused = {pair for pair, taken in pairs(api).items() if not taken}
    assert refused == {
        *((listener, "UDP") for listener in ("HTTP", "HTTPS", "TCP", "TERMINATED_HTTPS", "PROMETHEUS")),
        *(("UDP", pool) for pool in ("HTTP", "HTTPS", "TCP", "PROXYV2")),
        *(("PROMETHEUS", pool) for pool in ("HTTP", "HTTPS", "TCP", "PROXYV2")),
    }


@choice("protocol-pairs", "octavia")
def octavias_pairs(api: Api) -> None:
    assert {pair for pair, taken in pairs(api).items() if taken} == {
        ("HTTP", "HTTP"),
        ("HTTP", "PROXYV2"),
        ("HTTPS", "HTTPS"),
        ("HTTPS", "TCP"),
        ("HTTPS", "PROXYV2"),
        ("TCP", "HTTP"),
        ("TCP", "HTTPS"),
        ("TCP", "TCP"),
        ("TCP", "PROXYV2"),
        ("TERMINATED_HTTPS", "HTTP"),
        ("TERMINATED_HTTPS", "PROXYV2"),
        ("UDP", "UDP"),
    }
    balancer = api.load_balancer()
    listener = api.listener(balancer)
    both = pool_body(protocol="HTTPS", listener_id=listener)
    api.refused("POST", "/v1/lbpools/@", 400, json=both)
    api.do("POST", "/v1/lbpools/@", {**both, "load_balancer_id": balancer})


def changed_protocol(api: Api) -> tuple[int, str, list[dict[str, Any]]]:
    listener = api.listener(api.load_balancer())
    pool = api.pool(listener_id=listener, members=[member_body()])
    answer = api.call("PATCH", f"/v2/lbpools/@/{pool}", json={"protocol": "HTTPS"})
    api.clock.advance(TASK_SECONDS)
    return answer.status_code, pool, api.get("/v1/lbpools/@", listener_id=listener)["results"]


@choice("protocol-change", "keep-id")
def a_protocol_is_changed_in_place(api: Api) -> None:
    status, before, (after,) = changed_protocol(api)
    assert (status, after["id"], after["protocol"]) == (200, before, "HTTPS")


@choice("protocol-change", "new-id")
def a_protocol_is_changed_by_a_new_pool(api: Api) -> None:
    status, before, (after,) = changed_protocol(api)
    assert (status, after["protocol"], len(after["members"])) == (200, "HTTPS", 1)
    assert after["id"] != before


@choice("protocol-change", "refuse")
def a_protocol_stays(api: Api) -> None:
    status, before, (after,) = changed_protocol(api)
    assert (status, after["id"], after["protocol"]) == (400, before, "HTTP")


# Failures, lag, quotas.


def failed_tasks(api: Api) -> dict[str, Any]:
    """A create, an update and a delete that failed; what is left."""
    balancer = api.load_balancer()
    kept, going = api.pool(load_balancer_id=balancer), api.pool(load_balancer_id=balancer)
    api.add_fault(action="fail_task")
    api.fail("POST", "/v1/secrets/@", blob("ca", api.material.ca_payload))
    api.fail("POST", "/v1/lbpools/@", pool_body(load_balancer_id=balancer, name="made"))
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


@choice("failed-task", "leave-nothing")
def a_failed_task_leaves_nothing(api: Api) -> None:
    assert failed_tasks(api) == {"pools": [("backends", "ACTIVE"), ("backends", "ACTIVE")], "others": []}


@choice("failed-task", "leave-error-object")
def a_failed_task_leaves_objects_in_error(api: Api) -> None:
    pools = [("backends", "ERROR"), ("backends", "ERROR"), ("made", "ERROR")]
    assert failed_tasks(api) == {"pools": pools, "others": ["ERROR"]}
    api.emulator.faults.counts.clear()
    for pool in api.get("/v1/lbpools/@")["results"]:
        api.refused("PATCH", f"/v2/lbpools/@/{pool['id']}", 409, json={"name": "again"})
        api.do("DELETE", f"/v1/lbpools/@/{pool['id']}")


@choice("read-lag", "N", "2")
def reads_lag(api: Api) -> None:
    task = api.begin("POST", "/v1/secrets/@", blob("ca", api.material.ca_payload))
    made = api.finish(task)["secrets"][0]
    statuses = [api.call("GET", f"/v1/secrets/@/{made}").status_code for _ in range(3)]
    assert statuses == [404, 404, 200]
    balancer = api.load_balancer()
    shown = [api.get(f"/v1/loadbalancers/@/{balancer}")["provisioning_status"] for _ in range(3)]
    assert shown == ["PENDING_CREATE", "PENDING_CREATE", "ACTIVE"]
    api.do("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "second"})
    listed = [api.get("/v1/loadbalancers/@")["results"][0]["name"] for _ in range(3)]
    assert listed == ["web", "web", "second"]
    api.do("DELETE", f"/v1/loadbalancers/@/{balancer}")
    assert [api.get("/v1/loadbalancers/@")["count"] for _ in range(3)] == [1, 1, 0]


def test_reads_do_not_lag_by_default(api: Api) -> None:
    secret = api.ca_secret()
    assert api.get(f"/v1/secrets/@/{secret}")["status"] == "ACTIVE"


@choice("quota", "none")
def there_is_no_quota(api: Api) -> None:
    for _ in range(5):
        api.ca_secret()


@choice("quota", "KIND=N,...", "secrets=1,load_balancers=2,listeners=1,pools=1,members=2")
def there_are_quotas(api: Api) -> None:
    api.ca_secret()
    refused = api.refused("POST", "/v1/secrets/@", 403, "QuotaLimitExceed", json=blob("x", api.material.ca_payload))
    assert refused["info"] == {
        "attribute": "secrets_count_limit",
        "limit": 1,
        "current_usage": 1,
        "requested_usage": 1,
    }
    balancer, pool = api.pool_on_new_load_balancer(members=[member_body()])
    api.refused("POST", "/v1/lbpools/@", 403, json=pool_body(load_balancer_id=balancer))
    nested = [{"name": "abc", "protocol": "HTTP", "protocol_port": port} for port in (1, 2)]
    api.refused("POST", "/v1/loadbalancers/@", 403, json={"name": "web", "listeners": nested})
    members = f"/v1/loadbalancers/@/pools/{pool}/members"
    api.do("POST", members, member_body("10.0.0.2"))
    api.refused("POST", members, 403, "QuotaLimitExceed", json=member_body("10.0.0.3"))
    api.do("PUT", members, [member_body("10.0.0.3"), member_body("10.0.0.4")])
    api.do("PATCH", f"/v2/lbpools/@/{pool}", {"members": []})
    api.load_balancer()
    api.refused("POST", "/v1/loadbalancers/@", 403, json={"name": "web"})


@choice("quota-status", "400")
@choice("quota-status", "403")
@choice("quota-status", "409")
@choice("quota-status", "422")
def quota_status_alone_changes_nothing(api: Api) -> None:
    api.ca_secret()


@pytest.mark.parametrize("status", ["400", "403", "409", "422"])
def test_the_status_of_an_exceeded_quota(start: Start, status: str) -> None:
    api = start(quota={"secrets": 0}, quota_status=status)
    body = blob("ca", api.material.ca_payload)
    api.refused("POST", "/v1/secrets/@", int(status), "QuotaLimitExceed", json=body)


# What the data plane makes of a choice; what traffic makes of it is among the tests of the data plane.


def configured(api: Api) -> str:
    """HAProxy's configuration of a load balancer with TLS on both sides."""
    api.do("POST", "/v1/loadbalancers/@", mtls(api))
    account = api.emulator.account
    (balancer,) = account.load_balancers.values()
    ports = dict.fromkeys(account.listeners, 10_000)
    return configuration(balancer, account, ports, api.emulator.settings.behaviour, PurePosixPath("/private")).text


@choice("pool-alpn", "octavia")
def pools_offer_http_2(api: Api) -> None:
    assert configured(api).count("alpn h2,http/1.1,http/1.0") == 5


@choice("pool-alpn", "http1")
def pools_offer_no_http_2(api: Api) -> None:
    assert configured(api).count("alpn http/1.1,http/1.0") == 4


@choice("pool-alpn", "none")
def pools_offer_nothing(api: Api) -> None:
    assert configured(api).count("alpn") == 1


@choice("idle-close", "octavia")
def idle_connections_are_cut(api: Api) -> None:
    assert "idle-close" not in configured(api)


@choice("idle-close", "on-response")
def idle_connections_end_with_a_response(api: Api) -> None:
    assert "option idle-close-on-response" in configured(api)
