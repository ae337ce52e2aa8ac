"""HTTP behavior: unknown API keys, unknown routes, rate limits, old tasks, and errors observed by chance."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from pydantic import SecretStr

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call, Route
from gcore_tls_provider.api.client import Client
from gcore_tls_provider.cli.probe.account import REQUEST_SECONDS, ProbedAccount
from gcore_tls_provider.cli.probe.behavior_options import REASONS_UNANSWERED
from gcore_tls_provider.cli.probe.experiments.experiment import Experiment, determined, undetermined
from gcore_tls_provider.cli.probe.report import ProbeFinding
from gcore_tls_provider.errors import ApiError, HttpStatusError, NotFound, ObjectNotFound, RateLimited, Unauthorized

_BURST = 40
_PARALLEL_REQUESTS = 8
_QUIET_SECONDS = 1.1
_SCOPE = "{project_id}/{region_id}"


def _unknown_api_key(account: ProbedAccount) -> Iterator[ProbeFinding]:
    connection = account.connection.model_copy(update={"api_key": SecretStr("0_gcore-tls-probe")})
    client = Client(connection, clock=account.clock, transport=account.transport)
    try:
        client.send(routes.list_active_tasks(), client.deadline(REQUEST_SECONDS))
    except Unauthorized as rejection:
        if rejection.exception_class:
            shape = "error-shape"
        else:
            shape = "empty" if rejection.reason.endswith(": no text") else "detail"
        yield determined("unauthenticated-body", shape, rejection.reason)
    else:
        yield undetermined("unauthenticated-body", "the API accepted an unknown API key")


def _unknown_routes(account: ProbedAccount) -> Iterator[ProbeFinding]:
    errors = []
    for route in (Route("GET", f"/cloud/v1/nothing/{_SCOPE}"), Route("DELETE", f"/cloud/v1/secrets/{_SCOPE}")):
        try:
            account.send(Call(route, f"{route.method} an unknown route", lambda _body: None))
        except HttpStatusError as error:
            errors.append(error)
        else:
            yield undetermined("unknown-route", f"{route.method} {route.template} succeeded")
            return
    statuses = tuple(each.status for each in errors)
    evidence = f"{statuses[0]} for an unknown path, {statuses[1]} for an unknown method"
    if all(isinstance(each, ObjectNotFound) for each in errors):
        yield determined("unknown-route", "not-found-error", f"{evidence}, with the error of a missing object")
        return
    by_statuses = {(404, 405): "by-method", (404, 404): "404", (405, 405): "405"}
    if statuses in by_statuses and not any(isinstance(each, ObjectNotFound) for each in errors):
        yield determined("unknown-route", by_statuses[statuses], evidence)
    else:
        yield undetermined("unknown-route", f"no value describes this: {evidence}")


def _burst(account: ProbedAccount) -> Iterator[ProbeFinding]:
    # Earlier requests must not count toward the limit.
    account.clock.sleep(_QUIET_SECONDS)
    began = account.clock.now()

    def once(_number: int) -> Exception | None:
        try:
            account.client.send(routes.list_active_tasks(), account.client.deadline(0))
        except ApiError as error:
            return error
        return None

    with ThreadPoolExecutor(_PARALLEL_REQUESTS) as threads:
        outcomes = list(threads.map(once, range(_BURST)))
    seconds = account.clock.now() - began
    limited = [each for each in outcomes if isinstance(each, RateLimited)]
    successes = sum(each is None for each in outcomes)
    evidence = f"{successes} of {_BURST} requests in {seconds:.1f} s succeeded, {len(limited)} got 429"
    if not limited:
        if successes == _BURST:
            yield determined("rate-limit", "none", evidence)
        else:
            yield undetermined("rate-limit", evidence)
        return
    account.clock.sleep(_QUIET_SECONDS)
    yield determined("rate-limit", f"{max(1, round(successes / max(1.0, seconds)))}", evidence)
    waits = [each.retry_after for each in limited if each.retry_after is not None]
    yield determined(
        "retry-after",
        "sent" if waits else "absent",
        f"{len(waits)} of {len(limited)} responses with status 429 carried it",
    )


def _old_task(account: ProbedAccount) -> Iterator[ProbeFinding]:
    task = account.require(account.first_task, "no task has finished")
    try:
        ended = account.send(routes.get_task(task)).finished_on
    except NotFound as gone:
        yield undetermined(
            "finished-task-retention", f"limited: the probe's first task no longer exists: {gone.reason}"
        )
    else:
        when = f"{ended:%H:%M:%S}" if ended else "an unknown time"
        yield undetermined(
            "finished-task-retention",
            f"the probe's first task, finished at {when}, can still be read; a probe is too short to see it expire",
        )


def _observed_by_chance(account: ProbedAccount) -> Iterator[ProbeFinding]:
    if account.failed_create is not None:
        value, evidence = account.failed_create
        yield determined("failed-task", value, evidence)
    if account.quota_error is not None:
        yield undetermined("quota", f"a quota was exceeded: {account.quota_error.reason}")
        if account.quota_error.status in (400, 403, 409, 422):
            yield determined("quota-status", str(account.quota_error.status), account.quota_error.reason)


EXPERIMENTS = (
    Experiment(("unauthenticated-body",), _unknown_api_key),
    Experiment(("unknown-route",), _unknown_routes),
)
"""Experiments that need no objects."""

AT_THE_END = (
    Experiment(("finished-task-retention",), _old_task),
    Experiment(("rate-limit", "retry-after"), _burst),
    Experiment(tuple(REASONS_UNANSWERED), _observed_by_chance),
)
"""Experiments that look back on the probe or would disturb the others."""
