"""The HTTP client: sends calls, repeats what may be repeated, and turns every failure into one of our errors.

What is repeated, within the operation's deadline:

| what happened | GET, PUT, PATCH, DELETE | POST |
| --- | --- | --- |
| the connection could not be made | yes | yes: nothing was sent |
| the connection broke or timed out later | yes | no: Gcore may have done the work (`Unreachable.outcome_unknown`) |
| 429 | yes, after `Retry-After` | yes: it was refused before any work |
| 502, 503, 504 | yes | no: outcome unknown |
| 500 | yes | no: outcome unknown |
| any other status | no | no |

A POST of unknown outcome is for the caller to resolve, by looking for the object by its name. Faults are borne with for
`PATIENCE` seconds at most, and for `FIRST_PATIENCE` until Gcore has answered this client for the first time: an address
that is wrong should not cost minutes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import httpx
from pydantic import SecretStr, ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception

from gcore_tls_provider.api.calls import Call, Shape, Shapes
from gcore_tls_provider.api.clock import Clock, Deadline, SystemClock
from gcore_tls_provider.api.connection import Connection
from gcore_tls_provider.api.redaction import shown
from gcore_tls_provider.api.refusals import refusal
from gcore_tls_provider.errors import (
    ApiError,
    BadRequest,
    MalformedAnswer,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    Refused,
    ServerError,
    Unreachable,
)

AnswerT = TypeVar("AnswerT")

PATIENCE: Final = 120.0
"""Seconds for which faults of the network and of Gcore are borne with, for one call."""

FIRST_PATIENCE: Final = 10.0
"""The same, as long as Gcore has never answered this client."""

_TIME_LIMITS = httpx.Timeout(60.0, connect=5.0)
_LIMITS = httpx.Limits(max_connections=128, max_keepalive_connections=64)


def backoff(attempt: int, *, first: float = 0.5, most: float = 8.0) -> float:
    """Seconds to wait after a failed attempt, doubling from `first` to `most`; without jitter.

    Args:
        attempt: how many attempts were made, from 1.
        first: the first wait.
        most: the longest.
    """
    return min(most, first * float(2 ** min(attempt - 1, 16)))


class Client:
    """Speaks to Gcore for one connection. Threads may share it.

    Args:
        connection: account, project and region.
        clock: whose time it is.
        transport: what carries the requests: a test's own, or None for the network.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Opens no connection yet."""
        self.connection = connection
        self.clock: Clock = clock or SystemClock()
        self._answered = False
        self._shapes: dict[str, Shape] = {}
        self._http = httpx.Client(
            base_url=connection.base_url,
            headers={
                "Authorization": f"APIKey {connection.api_key.get_secret_value()}",
                "Accept": "application/json",
                "User-Agent": "gcore-tls-provider",
            },
            timeout=_TIME_LIMITS,
            limits=_LIMITS,
            transport=transport,
        )

    def close(self) -> None:
        """Closes the connections that were kept alive."""
        self._http.close()

    def deadline(self, seconds: float) -> Deadline:
        """The deadline `seconds` from now, on this client's clock."""
        return Deadline.after(self.clock, seconds)

    def send(self, call: Call[AnswerT], deadline: Deadline) -> AnswerT:
        """Sends one call, repeating it as the module's table says.

        Raises:
            ApiError: what came back instead of the answer, or that nothing did.
        """
        patience = deadline.sooner(PATIENCE if self._answered else FIRST_PATIENCE)

        def gives_up(state: RetryCallState) -> bool:
            waits = deadline if _is(state, RateLimited) else patience
            return waits.remaining <= _wait(state)

        retrying = Retrying(
            retry=retry_if_exception(lambda error: _may_repeat(call, error)),
            wait=_wait,
            stop=gives_up,
            sleep=self.clock.sleep,
            reraise=True,
        )
        answer: AnswerT = retrying(self._once, call, deadline)
        return answer

    def send_shaped(self, shapes: Shapes[AnswerT], deadline: Deadline) -> AnswerT:
        """Sends an operation in the shape that the dialect names, or that works.

        In dialect `auto` the other shape is tried where the first isn't understood, and what worked is remembered.

        Raises:
            ApiError: if both shapes fail, the error shows both answers.
        """
        dialect = self.connection.dialect
        if dialect != "auto":
            return self.send(shapes.of(dialect), deadline)
        remembered = self._shapes.get(shapes.operation)
        if remembered is not None:
            return self.send(shapes.of(remembered), deadline)
        other: Shape = "guide" if shapes.first == "openapi" else "openapi"
        try:
            answer = self.send(shapes.of(shapes.first), deadline)
        except Refused as first:
            if not self._not_understood(shapes, first, deadline):
                raise
            try:
                answer = self.send(shapes.of(other), deadline)
            except Refused as second:
                raise _both(shapes, first, second) from second
            self._shapes[shapes.operation] = other
            return answer
        self._shapes[shapes.operation] = shapes.first
        return answer

    def _not_understood(self, shapes: Shapes[AnswerT], refused: Refused, deadline: Deadline) -> bool:
        if isinstance(refused, MethodNotAllowed):
            return True
        if isinstance(refused, BadRequest):
            return bool(shapes.refused_fields & {field.split(".")[0] for field in refused.invalid_fields})
        if not isinstance(refused, NotFound):
            return False
        if refused.exception_class != "NotFoundError":
            return True
        if not shapes.named:
            return False
        try:
            for call in shapes.named:
                self.send(call, deadline)
        except NotFound:
            return False
        return True

    def _once(self, call: Call[AnswerT], deadline: Deadline) -> AnswerT:
        connection = self.connection
        path = call.route.path({**call.ids, "project_id": connection.project_id, "region_id": connection.region_id})
        content = None
        if call.body is not None:
            content = call.body.model_dump_json(exclude_unset=True).encode()
        with self._wrapped(call):
            response = self._http.request(
                call.route.method,
                path,
                params={key: _query_text(value) for key, value in call.query.items()},
                content=content,
                headers={"Content-Type": "application/json"} if content is not None else None,
                timeout=httpx.Timeout(max(1.0, min(60.0, deadline.remaining)), connect=5.0),
            )
        self._answered = True
        hidden = [connection.api_key.get_secret_value(), *_secrets(call)]
        if response.status_code >= 300:
            raise refusal(call, response, hidden)
        return self._parsed(call, response, hidden)

    def _parsed(self, call: Call[AnswerT], response: httpx.Response, hidden: list[str]) -> AnswerT:
        if response.status_code == 204 or not response.content:
            body: object = None
        else:
            try:
                body = json.loads(response.content)
            except ValueError:
                raise MalformedAnswer(
                    call.asked,
                    f"Gcore answered {response.status_code} with something that isn't JSON: "
                    f"'{shown(response.text[:200], hidden)}'",
                    "Check that the base URL is Gcore's API and that no proxy answers in its place.",
                ) from None
        try:
            return call.answer(body)
        except ValidationError as error:
            where = ", ".join(sorted({".".join(map(str, each["loc"])) or "the whole" for each in error.errors()}))
            raise MalformedAnswer(
                call.asked,
                f"Gcore's answer isn't shaped as documented, at: {shown(where, hidden)}",
                "Report it to the makers of gcore-tls-provider, with the request and the field named here.",
            ) from None

    @contextmanager
    def _wrapped(self, call: Call[AnswerT]) -> Iterator[None]:
        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            base_url = self.connection.base_url
            unreachable = Unreachable(
                call.asked,
                f"no answer from {base_url}: {shown(str(error)) or type(error).__name__}",
                "Check the base URL (`gcore:baseUrl` or GCORE_BASE_URL) and the network, then run again.",
            )
            never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
            unreachable.outcome_unknown = not isinstance(error, never_sent)
            raise unreachable from error


def _query_text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _secrets(call: Call[AnswerT]) -> list[str]:
    if not call.confidential or call.body is None:
        return []
    found = [value for _, value in call.body if isinstance(value, SecretStr)]
    nested = getattr(call.body, "payload", None)
    if nested is not None and not isinstance(nested, SecretStr):
        found += [value for _, value in nested if isinstance(value, SecretStr)]
    return [value.get_secret_value() for value in found]


def _is(state: RetryCallState, kind: type[ApiError]) -> bool:
    return state.outcome is not None and isinstance(state.outcome.exception(), kind)


def _may_repeat(call: Call[AnswerT], error: BaseException) -> bool:
    if isinstance(error, RateLimited):
        return True
    if isinstance(error, Unreachable):
        return call.route.method != "POST" or not error.outcome_unknown
    return isinstance(error, ServerError) and call.route.method != "POST"


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Refused) and error.retry_after is not None:
        return error.retry_after
    # Jitter downwards, so that many threads that failed together don't come back together.
    return backoff(state.attempt_number) * random.uniform(0.75, 1.0)


def _both(shapes: Shapes[AnswerT], first: Refused, second: Refused) -> Refused:
    error = type(second)(
        second.asked,
        f"neither way of writing it was taken. As in {_document(shapes.first)}: {first.answered}. "
        f"As in {_document('guide' if shapes.first == 'openapi' else 'openapi')}: {second.answered}",
        second.remedy,
        request_id=second.request_id or first.request_id,
    )
    error.status, error.exception_class = second.status, second.exception_class
    error.invalid_fields = second.invalid_fields
    return error


def _document(shape: Shape) -> str:
    return "Gcore's guide" if shape == "guide" else "Gcore's OpenAPI document"
