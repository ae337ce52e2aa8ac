"""Polls for tasks: their intervals, and the list of active tasks that threads share."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.tasks import LONGEST_INTERVAL, SHARED_POLL_THRESHOLD, SHORTEST_INTERVAL, Tasks, interval
from gcore_tls_provider.errors import ApiError
from tests.api.conftest import Emulate
from tests.api.multi_thread_clock import MultiThreadClock
from tests.api.task_server import ACTION, LONG_TIMEOUT, TaskServer
from tests.fake_clock import FakeClock


def _wait(waiter: Tasks, task_id: str, seconds: float = 100) -> None:
    waiter.wait([task_id], ACTION, waiter._client.deadline(seconds))


def test_the_interval_is_a_twentieth_of_the_age_within_bounds() -> None:
    ages = (0, 3, 4, 20, 60, 61, 100_000)
    assert [interval(age) for age in ages] == [0.2, 0.2, 0.2, 1.0, 3.0, 3.0, 3.0]
    assert interval(-1) == SHORTEST_INTERVAL


def test_poll_intervals_grow_with_the_age_of_the_task_and_have_jitter(clock: FakeClock) -> None:
    server = TaskServer(clock, {"t1": 600})
    waiter = server.create_waiter()
    waiter.wait(["t1"], ACTION, waiter._client.deadline(LONG_TIMEOUT))
    age = 0.0
    for pause in clock.sleeps:
        assert 0.9 * interval(age) <= pause <= interval(age)
        age += pause
    assert len({round(pause / interval(0), 6) for pause in clock.sleeps[:15]}) > 10, "the pauses have no jitter"
    assert server.requests["task"] == len(clock.sleeps) + 1
    assert server.requests["task"] < 300


@pytest.mark.parametrize("duration", [0.5, 1.0, 3.0, 5.0, 20.0, 60.0, 900.0])
@pytest.mark.parametrize("threads", [1, 25])
def test_the_end_of_a_task_is_detected_within_the_poll_interval(duration: float, threads: int) -> None:
    """The median delay is at most a twentieth of the duration or a quarter of a second; each is within the cap."""
    delays = [delay for start in range(25 // threads) for delay in detection_delays(duration + 0.013 * start, threads)]
    assert len(delays) == 25
    assert statistics.median(delays) <= max(duration / 20, 0.25)
    assert 0 <= min(delays) <= max(delays) <= LONGEST_INTERVAL


def detection_delays(duration: float, threads: int) -> list[float]:
    """Return the seconds from the end of each task to its detection; each thread waits for one task."""
    clock = MultiThreadClock()
    server = TaskServer(clock, {f"t{number}": duration + 0.013 * number for number in range(threads)})
    waiter = server.create_waiter()

    def delay_of(task_id: str) -> float:
        _wait(waiter, task_id, LONG_TIMEOUT)
        return clock.now() - server.ends[task_id]

    return clock.run([partial(delay_of, task_id) for task_id in server.ends])


# Shared polls.


def wait_in_threads(threads: int, list_status: int = 200) -> Counter[str]:
    """Return the requests of this number of threads that each wait for one task of a minute."""
    clock = MultiThreadClock()
    server = TaskServer(clock, {f"t{number}": 60.0 for number in range(threads)}, list_status)
    waiter = server.create_waiter()
    deadline = waiter._client.deadline(100)
    finished = clock.run([partial(waiter.wait, [task_id], ACTION, deadline) for task_id in server.ends])
    assert [task.id for (task,) in finished] == list(server.ends)
    assert 60 <= clock.now() <= 60 + LONGEST_INTERVAL
    return server.requests


@pytest.mark.parametrize("threads", [SHARED_POLL_THRESHOLD, 8, 25, 100])
def test_many_threads_share_polls_of_the_list(threads: int) -> None:
    requests = wait_in_threads(threads)
    assert 1 <= requests["list"] <= 60 / SHORTEST_INTERVAL + 1
    # A thread reads its task after its end; threads that start below the threshold read it earlier too.
    assert requests["task"] <= threads + SHARED_POLL_THRESHOLD


def test_threads_below_the_threshold_poll_their_own_tasks() -> None:
    requests = wait_in_threads(SHARED_POLL_THRESHOLD - 1)
    assert requests["list"] == 0
    assert requests["task"] > 100


@pytest.mark.parametrize("status", [403, 404, 405])
def test_every_thread_polls_its_own_task_if_the_list_is_unavailable(status: int) -> None:
    requests = wait_in_threads(8, list_status=status)
    assert requests["list"] == 1
    assert requests["task"] > 8 * 50


def test_a_401_for_the_list_is_raised() -> None:
    with pytest.raises(ApiError, match="list active tasks: Gcore answered 401"):
        wait_in_threads(8, list_status=401)


def test_tasks_that_start_in_sequence_are_read_about_once_each() -> None:
    """The last list before the start of a task does not contain it, so its thread waits for the next list."""
    clock = MultiThreadClock()
    server = TaskServer(clock, {})
    waiter = server.create_waiter()

    def start_and_wait(number: int) -> None:
        clock.sleep(0.05 * number)
        server.ends = {**server.ends, f"t{number}": 20.0 + 0.05 * number}
        _wait(waiter, f"t{number}")

    clock.run([partial(start_and_wait, number) for number in range(40)])
    assert server.requests["list"] <= 22 / SHORTEST_INTERVAL + 1
    # Once each after their ends, and more often while fewer threads than the threshold wait.
    assert 40 <= server.requests["task"] <= 60


def test_a_task_newer_than_the_list_is_awaited_until_it_finishes() -> None:
    """The list can be as old as the shortest interval; a task that it lacks can have ended, or started since."""
    clock = MultiThreadClock()
    ends = {f"t{number}": 30.0 for number in range(4)}
    server = TaskServer(clock, ends)
    waiter = server.create_waiter()
    deadline = waiter._client.deadline(100)

    def wait_for_late_task() -> None:
        clock.sleep(10.05)
        server.ends = {**ends, "late": 40.0}
        (task,) = waiter.wait(["late"], ACTION, deadline)
        assert task.id == "late"
        assert clock.now() >= 40

    functions: list[Callable[[], None]] = [wait_for_late_task, *(partial(_wait, waiter, task_id) for task_id in ends)]
    clock.run(functions)
    assert clock.now() >= 40


def test_tasks_beyond_the_first_page_of_the_list_are_polled_one_by_one() -> None:
    """Tasks of other users of the project fill the page."""
    clock = MultiThreadClock()
    others = {f"other{number}": 1e9 for number in range(routes.PAGE)}
    server = TaskServer(clock, {**others, **{f"t{number}": 5.0 for number in range(4)}})
    waiter = server.create_waiter()
    clock.run([partial(_wait, waiter, f"t{number}") for number in range(4)])
    assert server.requests["task"] > 20


def test_many_threads_share_polls_of_the_emulators_list(emulate: Emulate) -> None:
    clock = MultiThreadClock()
    emulated = emulate(task_seconds=60.0, shared_clock=clock)
    calls = [routes.create_secret_v1(f"s{number}", "QUJDREVGRw==", secret_type="opaque") for number in range(8)]
    started = [emulated.send(call).tasks for call in calls]
    deadline = emulated.client.deadline(100)
    clock.run([partial(emulated.tasks.wait, task_ids, ACTION, deadline) for task_ids in started])
    requests = Counter(each.route for each in emulated.new_requests() if each.status == 200)
    assert requests[routes.LIST_ACTIVE_TASKS.template] > 50
    assert len(started) <= requests[routes.GET_TASK.template] <= len(started) + SHARED_POLL_THRESHOLD
