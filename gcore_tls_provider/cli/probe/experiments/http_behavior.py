"""What the API answers to strangers, on unknown routes and to many requests; and what is only seen by chance."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from pydantic import SecretStr

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call, Route
from gcore_tls_provider.api.client import Client
from gcore_tls_provider.cli.probe.account import REQUEST_SECONDS, ProbedAccount, seen
from gcore_tls_provider.cli.probe.experiments.experiment import Experiment, found, open_still
from gcore_tls_provider.cli.probe.open_questions import UNANSWERED
from gcore_tls_provider.cli.probe.report import Finding
from gcore_tls_provider.errors import ApiError, HttpStatusError, NotFound, ObjectNotFound, RateLimited, Unauthorized

_BURST = 40
_AT_ONCE = 8
_QUIET_SECONDS = 1.1
_SCOPE = "{project_id}/{region_id}"


def _stranger(account: ProbedAccount) -> Iterator[Finding]:
    connection = account.connection.model_copy(update={"api_key": SecretStr("0_gcore-tls-probe")})
    stranger = Client(connection, clock=account.clock, transport=account.transport)
    try:
        stranger.send(routes.list_active_tasks(), stranger.deadline(REQUEST_SECONDS))
    except Unauthorized as refused:
        if refused.exception_class:
            shape = "error-shape"
        else:
            shape = "empty" if refused.reason.endswith(": no text") else "detail"
        yield found("unauthenticated-body", shape, seen(refused))
    else:
        yield open_still("unauthenticated-body", "a key that doesn't exist was taken")


def _unknown_routes(account: ProbedAccount) -> Iterator[Finding]:
    refused = []
    for route in (Route("GET", f"/cloud/v1/nothing/{_SCOPE}"), Route("DELETE", f"/cloud/v1/secrets/{_SCOPE}")):
        try:
            account.send(Call(route, f"{route.method} a route that doesn't exist", lambda _body: None))
        except HttpStatusError as answer:
            refused.append(answer)
        else:
            yield open_still("unknown-route", f"{route.method} {route.template} was answered")
            return
    statuses = tuple(each.status for each in refused)
    evidence = f"{statuses[0]} where the path is unknown, {statuses[1]} where the method is"
    if all(isinstance(each, ObjectNotFound) for each in refused):
        yield found("unknown-route", "not-found-error", f"{evidence}, as for a missing object")
        return
    by_statuses = {(404, 405): "by-method", (404, 404): "404", (405, 405): "405"}
    if statuses in by_statuses and not any(isinstance(each, ObjectNotFound) for each in refused):
        yield found("unknown-route", by_statuses[statuses], evidence)
    else:
        yield open_still("unknown-route", f"answered otherwise than any choice says: {evidence}")


def _burst(account: ProbedAccount) -> Iterator[Finding]:
    # So that nothing that came before counts.
    account.clock.sleep(_QUIET_SECONDS)
    began = account.clock.now()

    def once(_number: int) -> Exception | None:
        try:
            account.client.send(routes.list_active_tasks(), account.client.deadline(0))
        except ApiError as error:
            return error
        return None

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        answers = list(threads.map(once, range(_BURST)))
    seconds = account.clock.now() - began
    limited = [each for each in answers if isinstance(each, RateLimited)]
    answered = sum(each is None for each in answers)
    evidence = f"{answered} of {_BURST} requests in {seconds:.1f} s were answered, {len(limited)} got 429"
    if not limited:
        if answered == _BURST:
            yield found("rate-limit", "none", evidence)
        else:
            yield open_still("rate-limit", evidence)
        return
    account.clock.sleep(_QUIET_SECONDS)
    yield found("rate-limit", f"{max(1, round(answered / max(1.0, seconds)))}", evidence)
    waits = [each.retry_after for each in limited if each.retry_after is not None]
    yield found("retry-after", "sent" if waits else "absent", f"{len(waits)} of {len(limited)} answers 429 carried it")


def _old_task(account: ProbedAccount) -> Iterator[Finding]:
    task = account.need(account.first_task, "no task has finished")
    try:
        ended = account.send(routes.get_task(task)).finished_on
    except NotFound as gone:
        yield open_still("finished-task-life", f"not for ever: the probe's first task is forgotten: {seen(gone)}")
    else:
        when = f"{ended:%H:%M:%S}" if ended else "an unknown time"
        yield open_still(
            "finished-task-life",
            f"the probe's first task, finished at {when}, can still be read; for how long takes longer to find out",
        )


def _by_chance(account: ProbedAccount) -> Iterator[Finding]:
    if account.failed is not None:
        choice, evidence = account.failed
        yield found("failed-task", choice, evidence)
    if account.exceeded is not None:
        yield open_still("quota", f"one was exceeded: {seen(account.exceeded)}")
        if account.exceeded.status in (400, 403, 409, 422):
            yield found("quota-status", str(account.exceeded.status), seen(account.exceeded))


EXPERIMENTS = (
    Experiment(("unauthenticated-body",), _stranger),
    Experiment(("unknown-route",), _unknown_routes),
)
"""What needs no objects."""

AT_THE_END = (
    Experiment(("finished-task-life",), _old_task),
    Experiment(("rate-limit", "retry-after"), _burst),
    Experiment(tuple(UNANSWERED), _by_chance),
)
"""What looks back, and what would disturb the others."""
