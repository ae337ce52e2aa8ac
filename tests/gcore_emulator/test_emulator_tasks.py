"""Tasks: states over time, lists, fields."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gcore_emulator import TaskSeconds
from tests.gcore_emulator.emulated_api import (
    OTHER_PROJECT,
    OTHER_REGION,
    PROJECT,
    REGION,
    TASK_SECONDS,
    UNKNOWN_ID,
    Api,
    blob,
)


def test_a_task_is_new_then_running_then_finished(api: Api) -> None:
    task_id = api.start_task("POST", "/v1/secrets/@", blob("ca", api.material.ca_payload))
    states = [api.task(task_id)["state"]]
    for seconds in (TASK_SECONDS / 2, TASK_SECONDS / 2):
        api.clock.advance(seconds)
        states.append(api.task(task_id)["state"])
    assert states == ["NEW", "RUNNING", "FINISHED"]


def test_created_resources_are_listed_only_when_the_task_has_finished(api: Api) -> None:
    task_id = api.start_task("POST", "/v1/secrets/@", blob("ca", api.material.ca_payload))
    assert api.task(task_id)["created_resources"] is None
    assert api.get("/v1/secrets/@") == {"count": 0, "results": []}
    assert set(api.finish(task_id)) == {"secrets"}


def test_task_contains_its_type_location_times_and_request(api: Api) -> None:
    task_id = api.start_task("POST", "/v1/secrets/@", blob("ca", api.material.ca_payload))
    api.finish(task_id)
    task = api.task(task_id)
    assert task["task_type"] == "create_secret"
    assert (task["project_id"], task["region_id"]) == (PROJECT, REGION)
    assert task["created_on"] == "2026-01-01T00:00:00"
    assert task["finished_on"] == "2026-01-01T00:00:10"
    assert task["request_id"]
    assert task["data"] == {"name": "ca", "secret_type": "certificate"}


def test_duration_can_be_set_for_each_task_type(start: Callable[..., Api]) -> None:
    api = start(TaskSeconds.parse("1,create_loadbalancer=20,delete_secret=never"))
    secret = api.secret(api.material.ca_payload)
    forever = api.start_task("DELETE", f"/v1/secrets/@/{secret}")
    balancer = api.start_task("POST", "/v1/loadbalancers/@", {"name": "web"})
    api.clock.advance(19)
    assert [api.task(task)["state"] for task in (forever, balancer)] == ["RUNNING", "RUNNING"]
    api.clock.advance(1)
    assert [api.task(task)["state"] for task in (forever, balancer)] == ["RUNNING", "FINISHED"]
    api.clock.advance(10**6)
    assert api.task(forever)["state"] == "RUNNING"


@pytest.mark.parametrize("spec", ["", "soon", "nonsense=1", "create_secret=", "-1", "inf", "nan", "1,,2"])
def test_an_invalid_task_duration_is_rejected(spec: str) -> None:
    with pytest.raises(ValueError, match=r"is neither|is not"):
        TaskSeconds.parse(spec)


class TestLists:
    @pytest.fixture
    def tasks(self, api: Api) -> list[str]:
        """Tasks: a finished one, a finished one of another region, and active ones of a secret and a load balancer."""
        elsewhere = f"/v1/secrets/{OTHER_PROJECT}/{OTHER_REGION}"
        finished = api.start_task("POST", "/v1/secrets/@", blob("a", api.material.ca_payload))
        api.clock.advance(1)
        other = api.start_task("POST", elsewhere, blob("b", api.material.ca_payload))
        api.clock.advance(TASK_SECONDS)
        running = api.start_task("POST", "/v1/secrets/@", blob("c", api.material.ca_payload))
        api.clock.advance(1)
        balancer = api.start_task("POST", "/v1/loadbalancers/@", {"name": "web"})
        return [finished, other, running, balancer]

    @pytest.mark.parametrize(
        ("params", "expected"),
        [
            ({}, [3, 2, 1, 0]),
            ({"order_by": "asc"}, [0, 1, 2, 3]),
            ({"sorting": "asc"}, [0, 1, 2, 3]),
            ({"limit": 2, "offset": 1}, [2, 1]),
            ({"project_id": [OTHER_PROJECT]}, [1]),
            ({"project_id": [PROJECT, OTHER_PROJECT], "region_id": OTHER_REGION}, [1]),
            ({"state": "FINISHED"}, [1, 0]),
            ({"state": ["NEW", "RUNNING"]}, [3, 2]),
            ({"task_type": "create_loadbalancer"}, [3]),
            ({"from_timestamp": "2026-01-01T00:00:11Z"}, [3, 2]),
            ({"from_timestamp": "2026-01-01T00:00:01", "to_timestamp": "2026-01-01T00:00:11"}, [2, 1]),
            ({"is_acknowledged": True}, []),
        ],
    )
    def test_all_tasks_can_be_filtered(
        self, api: Api, tasks: list[str], params: dict[str, object], expected: list[int]
    ) -> None:
        listed = api.get("/v1/tasks", **params)
        assert [row["id"] for row in listed["results"]] == [tasks[index] for index in expected]
        if "limit" not in params:
            assert listed["count"] == len(expected)

    def test_active_tasks_are_the_unfinished_ones_of_one_location(self, api: Api, tasks: list[str]) -> None:
        assert [row["id"] for row in api.get("/v1/tasks/@/active")["results"]] == [tasks[3], tasks[2]]
        only = api.get("/v1/tasks/@/active", task_type="create_secret")
        assert [row["id"] for row in only["results"]] == [tasks[2]]
        api.clock.advance(TASK_SECONDS)
        assert api.get("/v1/tasks/@/active") == {"count": 0, "results": []}

    def test_lists_have_ten_rows_by_default(self, api: Api) -> None:
        for number in range(12):
            api.start_task("POST", "/v1/secrets/@", blob(f"s{number}", api.material.ca_payload))
        for path in ("/v1/tasks", "/v1/tasks/@/active"):
            assert (len(api.get(path)["results"]), api.get(path)["count"]) == (10, 12)
            assert len(api.get(path, limit=1000)["results"]) == 12

    def test_one_several_or_all_tasks_can_be_acknowledged(self, api: Api, tasks: list[str]) -> None:
        assert api.call("POST", f"/v1/tasks/{tasks[0]}/acknowledge").json()["acknowledged_at"]
        assert api.get("/v1/tasks", is_acknowledged=True)["count"] == 1
        assert api.call("POST", "/v1/tasks/acknowledge", json={"task_ids": [tasks[1]]}).status_code == 204
        assert api.get("/v1/tasks", is_acknowledged=True)["count"] == 2
        api.clock.advance(TASK_SECONDS)
        assert api.call("POST", "/v1/tasks/acknowledge_all", params={"project_id": OTHER_PROJECT}).status_code == 204
        assert api.get("/v1/tasks", is_acknowledged=True)["count"] == 2
        assert api.call("POST", "/v1/tasks/acknowledge_all").status_code == 204
        assert api.get("/v1/tasks", is_acknowledged=True)["count"] == 4

    def test_active_task_can_be_acknowledged_and_still_finishes(self, api: Api, tasks: list[str]) -> None:
        api.call("POST", f"/v1/tasks/{tasks[2]}/acknowledge")
        api.clock.advance(TASK_SECONDS)
        ended = api.task(tasks[2])
        assert ended["state"] == "FINISHED"
        assert ended["acknowledged_at"] is not None


def test_an_unknown_task_is_not_found(api: Api) -> None:
    api.rejected("GET", f"/v1/tasks/{UNKNOWN_ID}", 404, "NotFoundError")
