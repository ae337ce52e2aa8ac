"""Waits for tasks: results, progress reports, and the errors of failed tasks and polls."""

from __future__ import annotations

import base64

import httpx
import pytest

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.client import LONGEST_BACKOFF, RETRY_SECONDS
from gcore_tls_provider.api.tasks import LONGEST_INTERVAL, SHORTEST_INTERVAL, UNREADABLE_POLLS, Tasks
from gcore_tls_provider.certificates import DevelopmentCa
from gcore_tls_provider.errors import (
    ApiError,
    DeadlineExceeded,
    Forbidden,
    MalformedResponse,
    NotFound,
    RateLimited,
    TaskFailed,
    TaskNotFound,
    Unreachable,
)
from tests.api.conftest import Emulate
from tests.api.gcore import UNKNOWN_ID, Outcome, ScriptedTransport, create_client, json_response, task_body
from tests.api.task_server import ACTION, LONG_TIMEOUT, TaskServer
from tests.fake_clock import FakeClock

RUNNING = json_response(task_body("t1", "RUNNING"))
NEW = json_response(task_body("t1", "NEW"))
FINISHED = json_response(task_body("t1", "FINISHED"))
HTML_PAGE = httpx.Response(200, text="<html>Back soon</html>")


def wait_for_t1(outcomes: list[Outcome], clock: FakeClock, seconds: float = LONG_TIMEOUT) -> ScriptedTransport:
    """Wait for the task `t1` with these outcomes of its polls, and return the transport."""
    transport = ScriptedTransport(outcomes)
    client = create_client(transport, clock)
    (task,) = Tasks(client).wait(["t1"], ACTION, client.deadline(seconds))
    assert (task.id, task.state) == ("t1", "FINISHED")
    return transport


def wait_error(outcomes: list[Outcome], clock: FakeClock, seconds: float = LONG_TIMEOUT) -> ApiError:
    client = create_client(ScriptedTransport(outcomes), clock)
    with pytest.raises(ApiError) as raised:
        Tasks(client).wait(["t1"], ACTION, client.deadline(seconds))
    return raised.value


def test_a_wait_for_no_tasks_sends_no_request(clock: FakeClock) -> None:
    transport = ScriptedTransport([500])
    client = create_client(transport, clock)
    assert Tasks(client).wait([], ACTION, client.deadline(0)) == ()
    assert transport.requests == []


def test_the_first_poll_needs_no_pause(clock: FakeClock) -> None:
    assert wait_for_t1([FINISHED], clock).request_lines == ["GET /cloud/v1/tasks/t1"]
    assert clock.sleeps == []


def test_new_and_running_tasks_are_polled_until_they_finish(clock: FakeClock) -> None:
    assert len(wait_for_t1([NEW, RUNNING, RUNNING, FINISHED], clock).requests) == 4
    assert len(clock.sleeps) == 3


def test_finished_tasks_are_returned_in_the_order_of_their_ids(clock: FakeClock) -> None:
    server = TaskServer(clock, {"t1": 30, "t2": 5, "t3": 60})
    waiter = server.create_waiter()
    finished = waiter.wait(["t3", "t1", "t2"], ACTION, waiter._client.deadline(100))
    assert [task.id for task in finished] == ["t3", "t1", "t2"]
    assert clock.now() >= 60
    assert server.requests["list"] == 0


def test_a_finished_task_contains_the_id_of_the_created_object(emulate: Emulate, ca: DevelopmentCa) -> None:
    emulated = emulate(task_seconds=20.0)
    certificate = base64.b64encode(ca.certificate_pem.encode()).decode()
    secret_id = emulated.create("secrets", routes.create_secret_v1("ca", certificate))
    assert emulated.send(routes.get_secret(secret_id)).name == "ca"
    assert 20 <= emulated.clock.now() <= 20 + LONGEST_INTERVAL


def test_progress_is_reported_before_each_pause(clock: FakeClock) -> None:
    server = TaskServer(clock, {"t1": 10})
    waiter = server.create_waiter()
    reports: list[str] = []
    waiter.wait(["t1"], ACTION, waiter._client.deadline(60), reports.append)
    assert reports[0] == f"{ACTION}: 0 s"
    assert f"{ACTION}: 5 s" in reports
    assert len(reports) == len(clock.sleeps)


def test_no_progress_is_reported_for_a_finished_task(clock: FakeClock) -> None:
    client = create_client(ScriptedTransport([FINISHED]), clock)
    reports: list[str] = []
    Tasks(client).wait(["t1"], ACTION, client.deadline(60), reports.append)
    assert reports == []


def test_a_task_in_error_raises_task_failed_with_gcores_reason(clock: FakeClock) -> None:
    ended = json_response(task_body("t1", "ERROR", error="No room\nfor the flavor.", request_id="r-9"))
    error = wait_error([RUNNING, ended], clock)
    assert isinstance(error, TaskFailed)
    assert (error.task_id, error.request_id, error.action) == ("t1", "r-9", ACTION)
    assert str(error) == (
        f"{ACTION}: its task t1 ended in ERROR: No room for the flavor (request id r-9). "
        "Fix what Gcore names, then run `pulumi up` again; this run deletes objects that the failed task created."
    )


@pytest.mark.parametrize("no_reason", [{}, {"error": None}, {"error": ""}], ids=str)
def test_the_error_of_a_failed_task_states_that_gcore_gives_no_reason(
    no_reason: dict[str, object], clock: FakeClock
) -> None:
    error = wait_error([json_response(task_body("t1", "ERROR", **no_reason))], clock)
    assert "ended in ERROR: Gcore gives no reason. Fix" in str(error)


def test_a_failed_task_ends_the_wait_for_the_others(clock: FakeClock) -> None:
    transport = ScriptedTransport([json_response(task_body("t1", "ERROR"))])
    client = create_client(transport, clock)
    with pytest.raises(TaskFailed):
        Tasks(client).wait(["t1", "t2"], ACTION, client.deadline(60))
    assert transport.request_lines == ["GET /cloud/v1/tasks/t1"]


def test_a_task_that_the_emulator_fails_raises_task_failed(emulate: Emulate) -> None:
    emulated = emulate()
    emulated.inject_fault(action="fail_task", method="POST", error="injected failure")
    with pytest.raises(TaskFailed, match="ended in ERROR: injected failure"):
        emulated.run(routes.create_secret_v1("s", "QUJDREVGRw==", secret_type="opaque"))


@pytest.mark.parametrize("seconds", [0.0, 0.1, 7.0, 100.0])
def test_a_task_that_does_not_end_in_time_raises_deadline_exceeded(seconds: float, clock: FakeClock) -> None:
    error = wait_error([RUNNING], clock, seconds)
    assert isinstance(error, DeadlineExceeded)
    assert error.action == ACTION
    assert error.reason == f"task t1 did not end within {seconds:.0f} s"
    assert "custom_timeouts" in error.remedy
    assert "`taskTimeout`" in error.remedy
    assert clock.now() == pytest.approx(seconds)


def test_a_task_that_ends_exactly_at_the_deadline_is_returned(clock: FakeClock) -> None:
    server = TaskServer(clock, {"t1": 50})
    waiter = server.create_waiter()
    waiter.wait(["t1"], ACTION, waiter._client.deadline(50))
    assert clock.now() == pytest.approx(50)


def test_all_tasks_share_one_deadline(clock: FakeClock) -> None:
    server = TaskServer(clock, {"t1": 50, "t2": 500})
    waiter = server.create_waiter()
    with pytest.raises(DeadlineExceeded, match="task t2 did not end within 100 s"):
        waiter.wait(["t1", "t2"], ACTION, waiter._client.deadline(100))
    assert clock.now() == pytest.approx(100)


# Polls that fail.


@pytest.mark.parametrize("failure", [503, 429, httpx.ReadTimeout, httpx.ConnectError, HTML_PAGE], ids=str)
def test_the_wait_continues_after_failed_polls(failure: Outcome, clock: FakeClock) -> None:
    wait_for_t1([RUNNING, failure, failure, RUNNING, failure, FINISHED], clock)


def test_a_lasting_network_failure_raises_unreachable(clock: FakeClock) -> None:
    error = wait_error([RUNNING, httpx.ConnectError], clock)
    assert isinstance(error, Unreachable)
    assert error.action == "read task t1"
    assert clock.now() <= RETRY_SECONDS + SHORTEST_INTERVAL * 2


def test_malformed_responses_in_a_row_raise_malformed_response(clock: FakeClock) -> None:
    transport = ScriptedTransport([RUNNING, HTML_PAGE, HTML_PAGE, RUNNING, HTML_PAGE])
    client = create_client(transport, clock)
    with pytest.raises(MalformedResponse):
        Tasks(client).wait(["t1"], ACTION, client.deadline(LONG_TIMEOUT))
    assert len(transport.requests) == 4 + UNREADABLE_POLLS


@pytest.mark.parametrize("failure", [503, httpx.ConnectError, httpx.ReadTimeout, 429], ids=str)
@pytest.mark.parametrize("seconds", [3.0, LONGEST_BACKOFF, 20.0, 100.0])
def test_an_error_near_the_deadline_becomes_deadline_exceeded(
    seconds: float, failure: Outcome, clock: FakeClock
) -> None:
    error = wait_error([RUNNING, failure], clock, seconds)
    assert isinstance(error, DeadlineExceeded)
    assert error.action == ACTION
    assert "task t1" in error.reason
    assert clock.now() <= seconds + 1e-6


def test_deadline_exceeded_has_the_rate_limit_as_its_cause(clock: FakeClock) -> None:
    error = wait_error([RUNNING, json_response({}, 429, {"Retry-After": "120"})], clock, 60)
    assert isinstance(error, DeadlineExceeded)
    assert isinstance(error.__cause__, RateLimited)
    assert clock.now() < 1


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (403, Forbidden)])
def test_a_rejected_poll_raises_the_error_of_its_status(status: int, kind: type[ApiError], clock: FakeClock) -> None:
    error = wait_error([RUNNING, status], clock)
    assert isinstance(error, kind)
    assert error.action == "read task t1"


def test_an_unknown_task_raises_task_not_found(emulate: Emulate) -> None:
    emulated = emulate()
    with pytest.raises(TaskNotFound, match=f"Gcore has no task {UNKNOWN_ID}"):
        emulated.tasks.wait([UNKNOWN_ID], ACTION, emulated.client.deadline(60))
