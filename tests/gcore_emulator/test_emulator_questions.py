"""Every choice of every open question does what its help says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gcore_emulator.behavior import UnknownBehaviorError, behavior_options, parse_behavior
from gcore_emulator.settings import DIALECT_CHOICES
from tests.gcore_emulator.choices import answers, data_plane, failures, locks, pools, routes, secrets
from tests.gcore_emulator.choices.choice import CHECKS
from tests.gcore_emulator.choices.locks import two_writes
from tests.gcore_emulator.emulated_api import NOWHERE, TASK_SECONDS, Api, blob

Start = Callable[..., Api]

PARTS = (routes, secrets, locks, answers, pools, failures, data_plane)
"""Who imports them has registered their checks."""


@pytest.mark.parametrize(
    ("question", "named"), [(question.name, named) for question in behavior_options() for named in question.values]
)
def test_each_choice(start: Start, question: str, named: str) -> None:
    chosen, check = CHECKS[question, named]
    check(start(**parse_behavior([f"{question}={chosen}"]).model_dump()))


def test_the_default_is_one_of_the_choices() -> None:
    for question in behavior_options():
        assert question.default in question.values or question.default.isdigit()
        assert question.help.endswith(".")


@pytest.mark.parametrize("setting", ["nothing=1", "pool-routes", "pool-routes=all", "read-lag=-1", "quota=trees=1"])
def test_an_unknown_choice_is_refused_with_those_that_exist(setting: str) -> None:
    with pytest.raises(UnknownBehaviorError) as refused:
        parse_behavior([setting])
    known = "pool-routes" if not setting.startswith(("read", "quota", "pool-routes=")) else ""
    assert known in str(refused.value)


def test_a_dialect_is_a_set_of_choices_that_a_setting_overrules() -> None:
    guide = parse_behavior([], DIALECT_CHOICES["guide"])
    assert (guide.pool_routes, guide.v2_secret_payload) == ("guide", "string")
    openapi = parse_behavior(["pool-routes=both"], DIALECT_CHOICES["openapi"])
    assert (openapi.pool_routes, openapi.v2_secret_payload) == ("both", "object")


@pytest.mark.parametrize("unknown_route", ["by-method", "404", "405", "not-found-error"])
def test_routes_of_the_other_dialect_answer_like_unknown_ones(start: Start, unknown_route: str) -> None:
    api = start(unknown_route=unknown_route, pool_routes="guide", v1_secrets="gone")
    expected = {"by-method": [405, 404, 405], "405": [405] * 3}.get(unknown_route, [404] * 3)
    calls = [("POST", "/v1/lbpools/@"), ("PATCH", f"/v2/lbpools/@/{NOWHERE}"), ("POST", "/v1/secrets/@")]
    assert [api.call(method, path, json={}).status_code for method, path in calls] == expected


def test_a_queue_is_emptied_in_order_at_the_right_times(start: Start) -> None:
    api = start(locked_load_balancer="queue")
    balancer, path = two_writes(api)
    tasks = [api.begin("PATCH", path, {"name": f"name {number}"}) for number in range(3)]
    api.clock.advance(10 * TASK_SECONDS)
    ended = [api.task(task)["finished_on"] for task in tasks]
    assert ended == ["2026-01-01T00:00:30", "2026-01-01T00:00:40", "2026-01-01T00:00:50"]
    assert api.get(f"/v1/loadbalancers/@/{balancer}")["name"] == "name 2"


@pytest.mark.parametrize(("chosen", "header"), [("sent", "1"), ("absent", None)])
def test_retry_after(start: Start, chosen: str, header: str | None) -> None:
    api = start(rate_limit=1, retry_after=chosen)
    api.get("/v1/tasks")
    limited = api.call("GET", "/v1/tasks")
    assert (limited.status_code, limited.headers.get("retry-after")) == (429, header)
    assert limited.json()["request_id"]


def test_reads_do_not_lag_by_default(api: Api) -> None:
    secret = api.ca_secret()
    assert api.get(f"/v1/secrets/@/{secret}")["status"] == "ACTIVE"


@pytest.mark.parametrize("status", ["400", "403", "409", "422"])
def test_the_status_of_an_exceeded_quota(start: Start, status: str) -> None:
    api = start(quota={"secrets": 0}, quota_status=status)
    body = blob("ca", api.material.ca_payload)
    api.refused("POST", "/v1/secrets/@", int(status), "QuotaLimitExceed", json=body)
