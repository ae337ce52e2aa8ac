"""Every value of every behavior option has the effect that its help describes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gcore_emulator.behavior import UnknownBehaviorError, behavior_options, parse_behavior
from gcore_emulator.settings import DIALECT_CHOICES
from tests.gcore_emulator.behavior_options import data_plane, failed_tasks, locks, pools, responses, routes, secrets
from tests.gcore_emulator.behavior_options.locks import two_writes
from tests.gcore_emulator.behavior_options.registry import CHECKS
from tests.gcore_emulator.emulated_api import TASK_SECONDS, UNKNOWN_ID, Api, blob

Start = Callable[..., Api]

PARTS = (routes, secrets, locks, responses, pools, failed_tasks, data_plane)
"""Modules that register their checks when they are imported."""


@pytest.mark.parametrize(
    ("name", "value"), [(option.name, value) for option in behavior_options() for value in option.values]
)
def test_each_value_of_a_behavior_option_has_its_effect(start: Start, name: str, value: str) -> None:
    setting, check = CHECKS[name, value]
    check(start(**parse_behavior([f"{name}={setting}"]).model_dump()))


def test_default_of_a_behavior_option_is_one_of_its_values() -> None:
    for option in behavior_options():
        assert option.default in option.values or option.default.isdigit()
        assert option.help.endswith(".")


@pytest.mark.parametrize("setting", ["nothing=1", "pool-routes", "pool-routes=all", "read-lag=-1", "quota=trees=1"])
def test_unknown_option_or_value_is_rejected_with_the_valid_ones(setting: str) -> None:
    with pytest.raises(UnknownBehaviorError) as rejected:
        parse_behavior([setting])
    known = "pool-routes" if not setting.startswith(("read", "quota", "pool-routes=")) else ""
    assert known in str(rejected.value)


def test_setting_overrides_the_dialect() -> None:
    guide = parse_behavior([], DIALECT_CHOICES["guide"])
    assert (guide.pool_routes, guide.v2_secret_payload) == ("guide", "string")
    openapi = parse_behavior(["pool-routes=both"], DIALECT_CHOICES["openapi"])
    assert (openapi.pool_routes, openapi.v2_secret_payload) == ("both", "object")


@pytest.mark.parametrize("unknown_route", ["by-method", "404", "405", "not-found-error"])
def test_routes_of_the_other_dialect_respond_like_unknown_routes(start: Start, unknown_route: str) -> None:
    api = start(unknown_route=unknown_route, pool_routes="guide", v1_secrets="gone")
    expected = {"by-method": [405, 404, 405], "405": [405] * 3}.get(unknown_route, [404] * 3)
    calls = [("POST", "/v1/lbpools/@"), ("PATCH", f"/v2/lbpools/@/{UNKNOWN_ID}"), ("POST", "/v1/secrets/@")]
    assert [api.call(method, path, json={}).status_code for method, path in calls] == expected


def test_queued_tasks_run_in_order_one_after_the_other(start: Start) -> None:
    api = start(locked_load_balancer="queue")
    balancer, path = two_writes(api)
    tasks = [api.start_task("PATCH", path, {"name": f"name {number}"}) for number in range(3)]
    api.clock.advance(10 * TASK_SECONDS)
    ended = [api.task(task)["finished_on"] for task in tasks]
    assert ended == ["2026-01-01T00:00:30", "2026-01-01T00:00:40", "2026-01-01T00:00:50"]
    assert api.get(f"/v1/loadbalancers/@/{balancer}")["name"] == "name 2"


@pytest.mark.parametrize(("chosen", "header"), [("sent", "1"), ("absent", None)])
def test_retry_after_option_controls_the_header_of_a_429(start: Start, chosen: str, header: str | None) -> None:
    api = start(rate_limit=1, retry_after=chosen)
    api.get("/v1/tasks")
    limited = api.call("GET", "/v1/tasks")
    assert (limited.status_code, limited.headers.get("retry-after")) == (429, header)
    assert limited.json()["request_id"]


def test_reads_do_not_lag_by_default(api: Api) -> None:
    secret = api.ca_secret()
    assert api.get(f"/v1/secrets/@/{secret}")["status"] == "ACTIVE"


@pytest.mark.parametrize("status", ["400", "403", "409", "422"])
def test_quota_status_option_sets_the_status_of_an_exceeded_quota(start: Start, status: str) -> None:
    api = start(quota={"secrets": 0}, quota_status=status)
    body = blob("ca", api.material.ca_payload)
    api.rejected("POST", "/v1/secrets/@", int(status), "QuotaLimitExceed", json=body)
