"""Responses in general."""

from __future__ import annotations

from tests.gcore_emulator.behavior_options.registry import checks_value
from tests.gcore_emulator.emulated_api import Api, blob, member_body, pool_body


@checks_value("rate-limit", "none")
def requests_are_not_limited(api: Api) -> None:
    assert {api.call("GET", "/v1/tasks").status_code for _ in range(50)} == {200}


@checks_value("rate-limit", "N", "3")
def requests_above_the_rate_limit_get_a_429(api: Api) -> None:
    for _ in range(2):
        responses = [api.call("GET", "/v1/tasks") for _ in range(5)]
        assert [response.status_code for response in responses] == [200, 200, 200, 429, 429]
        api.clock.advance(1)


@checks_value("retry-after", "sent")
@checks_value("retry-after", "absent")
def retry_after_has_no_effect_without_a_rate_limit(api: Api) -> None:
    assert api.call("GET", "/v1/tasks").status_code == 200


@checks_value("unauthenticated-body", "error-shape")
def a_401_has_the_error_shape(api: Api) -> None:
    api.rejected("GET", "/v1/tasks", 401, "token_not_valid", headers={"Authorization": "APIKey no"})


@checks_value("unauthenticated-body", "detail")
def a_401_has_only_a_detail(api: Api) -> None:
    response = api.call("GET", "/v1/tasks", headers={"Authorization": "APIKey no"})
    assert (response.status_code, set(response.json())) == (401, {"detail"})


@checks_value("unauthenticated-body", "empty")
def a_401_is_empty(api: Api) -> None:
    response = api.call("GET", "/v1/tasks", headers={"Authorization": "APIKey no"})
    assert (response.status_code, response.content) == (401, b"")


@checks_value("unknown-fields", "reject")
def unknown_fields_are_rejected(api: Api) -> None:
    rejected = api.rejected("POST", "/v1/loadbalancers/@", 400, json={"name": "web", "color": "red"})
    assert set(rejected["invalid_fields"]) == {"color"}


@checks_value("unknown-fields", "ignore")
def unknown_fields_are_ignored(api: Api) -> None:
    nested = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "color": "blue"}
    nested["pools"] = [pool_body(members=[member_body(color="green")])]
    api.do("POST", "/v1/loadbalancers/@", {"name": "web", "color": "red", "listeners": [nested]})
    (pool,) = api.get("/v1/lbpools/@")["results"]
    api.do("PUT", f"/v1/loadbalancers/@/pools/{pool['id']}/members", [member_body("10.0.0.8", color="green")])
    api.do("POST", "/v2/secrets/@", {**blob("web", api.material.server_payload), "color": "red"})
    api.do("POST", "/v2/secrets/@", {"name": "web", "payload": {**api.material.server_pem_payload, "color": "red"}})
    rejected = api.rejected("POST", "/v1/loadbalancers/@", 400, json={"color": "red"})
    assert set(rejected["invalid_fields"]) == {"name"}


@checks_value("created-resources", "all")
def all_created_objects_are_listed(api: Api) -> None:
    nested = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "pools": [pool_body()]}
    created = api.do("POST", "/v1/loadbalancers/@", {"name": "web", "listeners": [nested]})
    assert set(created) == {"loadbalancers", "listeners", "pools"}


@checks_value("created-resources", "load-balancer-only")
def only_the_load_balancer_is_listed(api: Api) -> None:
    nested = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "pools": [pool_body()]}
    created = api.do("POST", "/v1/loadbalancers/@", {"name": "web", "listeners": [nested]})
    assert set(created) == {"loadbalancers"}
    assert set(api.do("POST", "/v1/lbpools/@", pool_body(load_balancer_id=created["loadbalancers"][0]))) == {"pools"}


@checks_value("unique-names", "no")
def duplicate_names_are_accepted(api: Api) -> None:
    assert api.secret(api.material.ca_payload, "same") != api.secret(api.material.ca_payload, "same")


@checks_value("unique-names", "yes")
def duplicate_names_are_rejected(api: Api) -> None:
    api.secret(api.material.ca_payload, "same")
    api.rejected("POST", "/v1/secrets/@", 409, "ConflictError", json=blob("same", api.material.ca_payload))
    balancer, _ = api.pool_on_new_load_balancer(name="same")
    api.rejected("POST", "/v1/lbpools/@", 409, json=pool_body(name="same", load_balancer_id=balancer))
    nested = [{"name": "same", "protocol": "HTTP", "protocol_port": port} for port in (80, 81)]
    api.rejected("POST", "/v1/loadbalancers/@", 409, json={"name": "other", "listeners": nested})


def found_by(api: Api, name: str) -> list[str]:
    balancer = api.load_balancer(name="website")
    api.listener(balancer, name="website")
    api.pool(load_balancer_id=balancer, name="website")
    kinds = ("loadbalancers", "lblisteners", "lbpools")
    return [kind for kind in kinds if api.get(f"/v1/{kind}/@", name=name)["count"]]


@checks_value("name-filter", "exact")
def name_filter_matches_whole_names(api: Api) -> None:
    assert found_by(api, "web") == []
    assert len(found_by(api, "website")) == 3


@checks_value("name-filter", "substring")
def name_filter_matches_substrings(api: Api) -> None:
    assert len(found_by(api, "web")) == 3


@checks_value("finished-task-retention", "forever")
def finished_tasks_are_kept(api: Api) -> None:
    api.ca_secret()
    api.clock.advance(10**6)
    assert api.get("/v1/tasks")["count"] == 1


@checks_value("finished-task-retention", "N", "60")
def finished_tasks_expire(api: Api) -> None:
    task = api.start_task("POST", "/v1/secrets/@", blob("ca", api.material.ca_payload))
    api.finish(task)
    api.clock.advance(59)
    assert api.task(task)["state"] == "FINISHED"
    api.clock.advance(1)
    api.rejected("GET", f"/v1/tasks/{task}", 404, "NotFoundError")
    assert api.get("/v1/tasks")["count"] == 0
