"""Waiting for tasks: what is asked and how often, and how each kind of end is told."""

from __future__ import annotations

import base64
import statistics
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import httpx
import pytest

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.client import LONGEST_BACKOFF, PATIENCE
from gcore_tls_provider.api.clock import Clock
from gcore_tls_provider.api.tasks import (
    LONGEST_INTERVAL,
    SHARED_POLL_THRESHOLD,
    SHORTEST_INTERVAL,
    UNREADABLE_POLLS,
    Tasks,
    interval,
)
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
from tests.api.crowd_clock import CrowdClock
from tests.api.gcore import NOWHERE, Outcome, Script, answer, client_of, refusal, task_body
from tests.fake_clock import FakeClock

ASKED = "create pool 'backends'"
RUNNING = answer(task_body("t1", "RUNNING"))
NEW = answer(task_body("t1", "NEW"))
FINISHED = answer(task_body("t1", "FINISHED"))
PAGE = httpx.Response(200, text="<html>Back soon</html>")

OTHER_SECONDS = 3600.0


@dataclass
class Account:
    """Tasks that end when their time has come, and what was asked about them.

    Attributes:
        ends: the second in which each task ends.
        active: what the list of active tasks answers where it doesn't list: a status.
        asked: how often each route was asked for.
    """

    clock: Clock
    ends: Mapping[str, float]
    active: int = 200
    asked: Counter[str] = field(default_factory=Counter)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        with self._counting:
            self.asked["list" if name == "active" else "task"] += 1
        if name != "active":
            return answer(self._body(name))
        if self.active != 200:
            return refusal(self.active)
        listed = [self._body(task_id) for task_id, end in self.ends.items() if self.clock.now() < end]
        limit = int(request.url.params.get("limit", 10))
        return answer({"count": len(listed), "results": listed[:limit]})

    def tasks(self) -> Tasks:
        return Tasks(client_of(httpx.MockTransport(self.answer), self.clock))

    def _body(self, task_id: str) -> dict[str, object]:
        return task_body(task_id, "RUNNING" if self.clock.now() < self.ends[task_id] else "FINISHED")


def waited(outcomes: list[Outcome], clock: FakeClock, seconds: float = OTHER_SECONDS) -> Script:
    """Waits for the task `t1` as it is told by the outcomes."""
    script = Script(outcomes)
    client = client_of(script, clock)
    (task,) = Tasks(client).wait(["t1"], ASKED, client.deadline(seconds))
    assert (task.id, task.state) == ("t1", "FINISHED")
    return script


def failed(outcomes: list[Outcome], clock: FakeClock, seconds: float = OTHER_SECONDS) -> ApiError:
    client = client_of(Script(outcomes), clock)
    with pytest.raises(ApiError) as raised:
        Tasks(client).wait(["t1"], ASKED, client.deadline(seconds))
    return raised.value


# Good ends.


def test_no_tasks_are_done(clock: FakeClock) -> None:
    script = Script([500])
    client = client_of(script, clock)
    assert Tasks(client).wait([], ASKED, client.deadline(0)) == ()
    assert script.requests == []


def test_a_task_is_asked_for_at_once(clock: FakeClock) -> None:
    assert waited([FINISHED], clock).lines == ["GET /cloud/v1/tasks/t1"]
    assert clock.sleeps == []


def test_new_and_running_are_waited_for(clock: FakeClock) -> None:
    assert len(waited([NEW, RUNNING, RUNNING, FINISHED], clock).requests) == 4
    assert len(clock.sleeps) == 3


def test_all_tasks_are_waited_for_and_given_in_order(clock: FakeClock) -> None:
    account = Account(clock, {"t1": 30, "t2": 5, "t3": 60})
    waiting = account.tasks()
    done = waiting.wait(["t3", "t1", "t2"], ASKED, waiting._client.deadline(100))
    assert [task.id for task in done] == ["t3", "t1", "t2"]
    assert clock.now() >= 60
    assert account.asked["list"] == 0


def test_what_was_made_is_told(emulate: Emulate, authority: DevelopmentCa) -> None:
    account = emulate(task_seconds=20.0)
    ca = base64.b64encode(authority.certificate_pem.encode()).decode()
    secret_id = account.made("secrets", routes.create_secret_v1("ca", ca))
    assert account.send(routes.get_secret(secret_id)).name == "ca"
    assert 20 <= account.clock.now() <= 20 + LONGEST_INTERVAL


# How often.


def test_the_interval_is_a_twentieth_of_the_age_within_bounds() -> None:
    ages = (0, 3, 4, 20, 60, 61, 100_000)
    assert [interval(age) for age in ages] == [0.2, 0.2, 0.2, 1.0, 3.0, 3.0, 3.0]
    assert interval(-1) == SHORTEST_INTERVAL


def test_polls_come_at_growing_intervals(clock: FakeClock) -> None:
    account = Account(clock, {"t1": 600})
    waiting = account.tasks()
    waiting.wait(["t1"], ASKED, waiting._client.deadline(OTHER_SECONDS))
    age = 0.0
    for pause in clock.sleeps:
        assert 0.9 * interval(age) <= pause <= interval(age)
        age += pause
    assert len({round(pause / interval(0), 6) for pause in clock.sleeps[:15]}) > 10, "there is no jitter"
    assert account.asked["task"] == len(clock.sleeps) + 1
    assert account.asked["task"] < 300


@pytest.mark.parametrize("duration", [0.5, 1.0, 3.0, 5.0, 20.0, 60.0, 900.0])
@pytest.mark.parametrize("together", [1, 25])
def test_an_end_is_noticed_soon(duration: float, together: int) -> None:
    """Half of all ends within a twentieth of the task's duration or a quarter of a second, and each within the cap."""
    noticed = [delay for begin in range(25 // together) for delay in delays(duration + 0.013 * begin, together)]
    assert len(noticed) == 25
    assert statistics.median(noticed) <= max(duration / 20, 0.25)
    assert 0 <= min(noticed) <= max(noticed) <= LONGEST_INTERVAL


def delays(duration: float, threads: int) -> list[float]:
    """How long after their ends tasks are noticed that threads wait for at once; they end one soon after the other."""
    clock = CrowdClock()
    account = Account(clock, {f"t{number}": duration + 0.013 * number for number in range(threads)})
    waiting = account.tasks()

    def late(task_id: str) -> float:
        _wait(waiting, task_id, OTHER_SECONDS)
        return clock.now() - account.ends[task_id]

    return clock.run([partial(late, task_id) for task_id in account.ends])


def test_progress_is_told(clock: FakeClock) -> None:
    account = Account(clock, {"t1": 10})
    waiting = account.tasks()
    told: list[str] = []
    waiting.wait(["t1"], ASKED, waiting._client.deadline(60), told.append)
    assert told[0] == f"{ASKED}: 0 s"
    assert f"{ASKED}: 5 s" in told
    assert len(told) == len(clock.sleeps)


def test_progress_is_not_told_where_nothing_is_waited_for(clock: FakeClock) -> None:
    client = client_of(Script([FINISHED]), clock)
    told: list[str] = []
    Tasks(client).wait(["t1"], ASKED, client.deadline(60), told.append)
    assert told == []


# Together.


def wait_together(threads: int, active: int = 200) -> Counter[str]:
    """What is asked while so many threads wait for one task each, a minute long."""
    clock = CrowdClock()
    account = Account(clock, {f"t{number}": 60.0 for number in range(threads)}, active)
    waiting = account.tasks()
    deadline = waiting._client.deadline(100)
    done = clock.run([partial(waiting.wait, [task_id], ASKED, deadline) for task_id in account.ends])
    assert [task.id for (task,) in done] == list(account.ends)
    assert 60 <= clock.now() <= 60 + LONGEST_INTERVAL
    return account.asked


@pytest.mark.parametrize("threads", [SHARED_POLL_THRESHOLD, 8, 25, 100])
def test_many_threads_share_their_polls(threads: int) -> None:
    asked = wait_together(threads)
    assert 1 <= asked["list"] <= 60 / SHORTEST_INTERVAL + 1
    # Each task is read when it has ended, and by those threads that began before there were enough to share.
    assert asked["task"] <= threads + SHARED_POLL_THRESHOLD


def test_few_threads_ask_for_themselves() -> None:
    asked = wait_together(SHARED_POLL_THRESHOLD - 1)
    assert asked["list"] == 0
    assert asked["task"] > 100


@pytest.mark.parametrize("status", [403, 404, 405])
def test_without_a_list_every_thread_asks_for_itself(status: int) -> None:
    asked = wait_together(8, active=status)
    assert asked["list"] == 1
    assert asked["task"] > 8 * 50


def test_another_refusal_of_the_list_is_told() -> None:
    with pytest.raises(ApiError, match="list active tasks: Gcore answered 401"):
        wait_together(8, active=401)


def test_tasks_that_begin_one_after_the_other_are_read_once_each() -> None:
    """Few are in the list that was read last before they began: the next one is waited for."""
    clock = CrowdClock()
    account = Account(clock, {})
    waiting = account.tasks()

    def begun_later(number: int) -> None:
        clock.sleep(0.05 * number)
        account.ends = {**account.ends, f"t{number}": 20.0 + 0.05 * number}
        _wait(waiting, f"t{number}")

    clock.run([partial(begun_later, number) for number in range(40)])
    assert account.asked["list"] <= 22 / SHORTEST_INTERVAL + 1
    # Once each when they have ended, and some more while fewer than are worth sharing wait: twice each without this.
    assert 40 <= account.asked["task"] <= 60


def test_a_task_that_is_too_new_for_the_list_is_waited_for() -> None:
    """The list may be as old as the shortest interval; a task that isn't in it may have ended, or begun since."""
    clock = CrowdClock()
    ends = {f"t{number}": 30.0 for number in range(4)}
    account = Account(clock, ends)
    waiting = account.tasks()
    deadline = waiting._client.deadline(100)

    def late() -> None:
        clock.sleep(10.05)
        account.ends = {**ends, "late": 40.0}
        (task,) = waiting.wait(["late"], ASKED, deadline)
        assert task.id == "late"
        assert clock.now() >= 40

    works: list[Callable[[], None]] = [late, *(partial(_wait, waiting, task_id) for task_id in ends)]
    clock.run(works)
    assert clock.now() >= 40


def _wait(waiting: Tasks, task_id: str, seconds: float = 100) -> None:
    waiting.wait([task_id], ASKED, waiting._client.deadline(seconds))


def test_more_tasks_than_a_page_holds_are_read_one_by_one() -> None:
    """Others work in the same project, and their tasks fill the page."""
    clock = CrowdClock()
    others = {f"other{number}": 1e9 for number in range(routes.PAGE)}
    account = Account(clock, {**others, **{f"t{number}": 5.0 for number in range(4)}})
    waiting = account.tasks()
    clock.run([partial(_wait, waiting, f"t{number}") for number in range(4)])
    assert account.asked["task"] > 20


def test_the_emulators_list_is_shared(emulate: Emulate) -> None:
    clock = CrowdClock()
    account = emulate(task_seconds=60.0, by=clock)
    calls = [routes.create_secret_v1(f"s{number}", "QUJDREVGRw==", secret_type="opaque") for number in range(8)]
    begun = [account.send(call).tasks for call in calls]
    deadline = account.client.deadline(100)
    clock.run([partial(account.tasks.wait, task_ids, ASKED, deadline) for task_ids in begun])
    asked = Counter(call.route for call in account.calls() if call.status == 200)
    assert asked[routes.LIST_ACTIVE_TASKS.template] > 50
    assert len(begun) <= asked[routes.GET_TASK.template] <= len(begun) + SHARED_POLL_THRESHOLD


# Bad ends.


def test_a_task_in_error(clock: FakeClock) -> None:
    ended = answer(task_body("t1", "ERROR", error="No room\nfor the flavor.", request_id="r-9"))
    error = failed([RUNNING, ended], clock)
    assert isinstance(error, TaskFailed)
    assert (error.task_id, error.request_id, error.action) == ("t1", "r-9", ASKED)
    assert str(error) == (
        f"{ASKED}: its task t1 ended in ERROR: No room for the flavor (request id r-9). "
        "Fix what Gcore names, then run `pulumi up` again; objects that the task had created are removed."
    )


@pytest.mark.parametrize("silence", [{}, {"error": None}, {"error": ""}], ids=str)
def test_a_task_in_error_without_a_reason(silence: dict[str, object], clock: FakeClock) -> None:
    error = failed([answer(task_body("t1", "ERROR", **silence))], clock)
    assert "ended in ERROR: Gcore gives no reason. Fix" in str(error)


def test_after_an_error_the_other_tasks_are_left(clock: FakeClock) -> None:
    script = Script([answer(task_body("t1", "ERROR"))])
    client = client_of(script, clock)
    with pytest.raises(TaskFailed):
        Tasks(client).wait(["t1", "t2"], ASKED, client.deadline(60))
    assert script.lines == ["GET /cloud/v1/tasks/t1"]


def test_a_failed_task_of_the_emulator(emulate: Emulate) -> None:
    account = emulate()
    account.fault(action="fail_task", method="POST", error="told to")
    with pytest.raises(TaskFailed, match="ended in ERROR: told to"):
        account.run(routes.create_secret_v1("s", "QUJDREVGRw==", secret_type="opaque"))


@pytest.mark.parametrize("seconds", [0.0, 0.1, 7.0, 100.0])
def test_a_task_that_does_not_end_in_time(seconds: float, clock: FakeClock) -> None:
    error = failed([RUNNING], clock, seconds)
    assert isinstance(error, DeadlineExceeded)
    assert error.action == ASKED
    assert error.reason == f"task t1 had not ended after {seconds:.0f} s"
    assert "custom_timeouts" in error.remedy
    assert "`taskTimeout`" in error.remedy
    assert clock.now() == pytest.approx(seconds)


def test_a_task_that_ends_at_the_last_moment_has_ended(clock: FakeClock) -> None:
    account = Account(clock, {"t1": 50})
    waiting = account.tasks()
    waiting.wait(["t1"], ASKED, waiting._client.deadline(50))
    assert clock.now() == pytest.approx(50)


def test_all_tasks_share_one_deadline(clock: FakeClock) -> None:
    account = Account(clock, {"t1": 50, "t2": 500})
    waiting = account.tasks()
    with pytest.raises(DeadlineExceeded, match="task t2 had not ended after 100 s"):
        waiting.wait(["t1", "t2"], ASKED, waiting._client.deadline(100))
    assert clock.now() == pytest.approx(100)


# Polls that fail.


@pytest.mark.parametrize("hiccup", [503, 429, httpx.ReadTimeout, httpx.ConnectError, PAGE], ids=str)
def test_a_poll_that_fails_is_only_a_poll_that_failed(hiccup: Outcome, clock: FakeClock) -> None:
    waited([RUNNING, hiccup, hiccup, RUNNING, hiccup, FINISHED], clock)


def test_a_network_that_is_gone_is_told(clock: FakeClock) -> None:
    error = failed([RUNNING, httpx.ConnectError], clock)
    assert isinstance(error, Unreachable)
    assert error.action == "read task t1"
    assert clock.now() <= PATIENCE + SHORTEST_INTERVAL * 2


def test_answers_that_cant_be_read_are_told_when_they_stay(clock: FakeClock) -> None:
    script = Script([RUNNING, PAGE, PAGE, RUNNING, PAGE])
    client = client_of(script, clock)
    with pytest.raises(MalformedResponse):
        Tasks(client).wait(["t1"], ASKED, client.deadline(OTHER_SECONDS))
    assert len(script.requests) == 4 + UNREADABLE_POLLS


@pytest.mark.parametrize("fault", [503, httpx.ConnectError, httpx.ReadTimeout, 429], ids=str)
@pytest.mark.parametrize("seconds", [3.0, LONGEST_BACKOFF, 20.0, 100.0])
def test_near_the_deadline_it_is_the_deadline_that_is_told(seconds: float, fault: Outcome, clock: FakeClock) -> None:
    error = failed([RUNNING, fault], clock, seconds)
    assert isinstance(error, DeadlineExceeded)
    assert error.action == ASKED
    assert "task t1" in error.reason
    assert clock.now() <= seconds + 1e-6


def test_why_there_was_no_time_left_is_kept(clock: FakeClock) -> None:
    error = failed([RUNNING, answer({}, 429, {"Retry-After": "120"})], clock, 60)
    assert isinstance(error, DeadlineExceeded)
    assert isinstance(error.__cause__, RateLimited)
    assert clock.now() < 1


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (403, Forbidden)])
def test_a_task_that_cant_be_read_is_told(status: int, kind: type[ApiError], clock: FakeClock) -> None:
    error = failed([RUNNING, status], clock)
    assert isinstance(error, kind)
    assert error.action == "read task t1"


def test_a_task_of_nobody_is_told(emulate: Emulate) -> None:
    account = emulate()
    with pytest.raises(TaskNotFound, match=f"Gcore knows no task {NOWHERE}"):
        account.tasks.wait([NOWHERE], ASKED, account.client.deadline(60))
