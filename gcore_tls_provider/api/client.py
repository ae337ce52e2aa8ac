"""HTTP client: sends calls, retries what is safe to retry, and turns every failure into an error of this package.

What is repeated, within the operation's deadline:

| what happened | GET, PUT, PATCH, DELETE | POST |
| --- | --- | --- |
| the connection could not be made | yes | yes: nothing was sent |
| the connection broke or timed out later | yes | no: Gcore may have done the work (`Unreachable.outcome_unknown`) |
| 429 | yes, after `Retry-After` | yes: it was refused before any work |
| 500, 502, 503, 504 | yes | no: outcome unknown |
| any other status, or an answer that can't be read | no | no |

A POST of unknown outcome is for the caller to resolve, by looking for the object by its name. Faults are retried for
`PATIENCE` seconds at most, and for `FIRST_PATIENCE` until anything has answered this client for the first time: an
address that is wrong should not cost minutes. Too many requests (429) are no fault: they are retried until the
deadline.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import httpx
from pydantic import ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception

from gcore_tls_provider.api.calls import Call, RequestVariant, RequestVariants
from gcore_tls_provider.api.clock import Clock, Deadline, SystemClock
from gcore_tls_provider.api.connection import Connection
from gcore_tls_provider.api.http_errors import http_error
from gcore_tls_provider.api.redaction import Redactor, secrets_in
from gcore_tls_provider.errors import (
    ApiError,
    BadRequest,
    ConfigurationError,
    HttpStatusError,
    MalformedResponse,
    MethodNotAllowed,
    NotFound,
    ObjectNotFound,
    RateLimited,
    ServerError,
    Unreachable,
)

ResponseT = TypeVar("ResponseT")

PATIENCE: Final = 120.0
"""Seconds for which one call is retried after errors of the network and of Gcore."""

FIRST_PATIENCE: Final = 10.0
"""The same until the first response that this client ever gets."""

LONGEST_BACKOFF: Final = 8.0
"""Longest pause between two attempts in seconds, unless Gcore asks for more."""

_REPEATED_STATUSES = frozenset({500, 502, 503, 504})
_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 60.0
_LEAST_SECONDS = 1.0
_LIMITS = httpx.Limits(max_connections=128, max_keepalive_connections=64)


def backoff(attempt: int, *, first: float = 0.5, most: float = LONGEST_BACKOFF) -> float:
    """Return the seconds to wait after a failed attempt, doubling from `first` to `most`; without jitter.

    Args:
        attempt: how many attempts were made, from 1.
        first: the first wait.
        most: the longest.
    """
    return min(most, first * float(2 ** min(attempt - 1, 16)))


class Client:
    """Client of one account, project and region. Threads share it.

    Args:
        connection: account, project and region.
        clock: whose time it is.
        transport: what carries the requests: a test's own, or None for the network.
        confidential: what no error may show, shared with other clients; None for one of its own.

    Attributes:
        connection: account, project and region.
        clock: whose time it is.
        confidential: what no error may show: the API key, and every secret that this client has sent.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
        confidential: Redactor | None = None,
    ) -> None:
        """Open no connection.

        Raises:
            ConfigurationError: the API key can't be sent, or this machine's settings for HTTP can't be used.
        """
        self.connection = connection
        self.clock: Clock = clock or SystemClock()
        self.confidential = confidential or Redactor()
        self.confidential.add([connection.api_key.get_secret_value()])
        self._answered = False
        self._shapes: dict[str, RequestVariant] = {}
        self._http = _http(connection, transport)

    def close(self) -> None:
        """Close the connections that were kept alive."""
        self._http.close()

    def deadline(self, seconds: float) -> Deadline:
        """Return the deadline `seconds` from now, on this client's clock."""
        return Deadline.after(self.clock, seconds)

    def send(self, call: Call[ResponseT], deadline: Deadline) -> ResponseT:
        """Send one call, and repeat it by the module's table.

        Raises:
            ApiError: what came back instead of the answer, or that nothing did.
        """
        began = self.clock.now()

        def gives_up(state: RetryCallState) -> bool:
            left = deadline.remaining
            if not _is(state, RateLimited):
                patience = PATIENCE if self._answered else FIRST_PATIENCE
                left = min(left, began + patience - self.clock.now())
            return left <= state.upcoming_sleep

        retrying = Retrying(
            retry=retry_if_exception(lambda error: _may_repeat(call, error)),
            wait=_wait,
            stop=gives_up,
            sleep=self.clock.sleep,
            reraise=True,
        )
        answer: ResponseT = retrying(self._once, call, deadline)
        return answer

    def send_variant(self, shapes: RequestVariants[ResponseT], deadline: Deadline) -> ResponseT:
        """Send an operation in the variant that the dialect names, or that Gcore understands.

        In dialect `auto` the other shape is tried where the first isn't understood, and what worked is remembered.

        Raises:
            ApiError: if both shapes fail, the error shows both answers.
        """
        dialect = self.connection.dialect
        if dialect != "auto":
            return self.send(shapes.of(dialect), deadline)
        if shapes.guide is shapes.openapi:
            return self.send(shapes.openapi, deadline)
        remembered = self._shapes.get(shapes.operation)
        if remembered is not None:
            return self.send(shapes.of(remembered), deadline)
        other: RequestVariant = "guide" if shapes.first == "openapi" else "openapi"
        try:
            answer = self.send(shapes.of(shapes.first), deadline)
        except HttpStatusError as first:
            if not self._not_understood(shapes, first, deadline):
                raise
            try:
                answer = self.send(shapes.of(other), deadline)
            except HttpStatusError as second:
                raise _both(shapes, first, second) from second
            self._shapes[shapes.operation] = other
            return answer
        self._shapes[shapes.operation] = shapes.first
        return answer

    def _not_understood(self, shapes: RequestVariants[ResponseT], refused: HttpStatusError, deadline: Deadline) -> bool:
        if isinstance(refused, MethodNotAllowed):
            return True
        if isinstance(refused, BadRequest):
            return bool(shapes.refused_fields & {field.split(".")[0] for field in refused.invalid_fields})
        if not isinstance(refused, NotFound):
            return False
        if not isinstance(refused, ObjectNotFound):
            return True
        if not shapes.named:
            return False
        try:
            for call in shapes.named:
                self.send(call, deadline)
        except ApiError:
            return False
        return True

    def _once(self, call: Call[ResponseT], deadline: Deadline) -> ResponseT:
        connection = self.connection
        path = call.route.path({**call.ids, "project_id": connection.project_id, "region_id": connection.region_id})
        content = None
        if call.body is not None:
            content = call.body.model_dump_json(exclude_unset=True).encode()
            self.confidential.add(secrets_in(call.body))
        seconds = max(_LEAST_SECONDS, min(_ANSWER_SECONDS, deadline.remaining))
        with self._wrapped(call):
            response = self._http.request(
                call.route.method,
                path,
                params={key: _query_text(value) for key, value in call.query.items()},
                content=content,
                headers={"Content-Type": "application/json"} if content is not None else None,
                timeout=httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds)),
            )
        self._answered = True
        if response.status_code >= 300:
            raise http_error(call, response, self.confidential, self.connection)
        return self._parsed(call, response)

    def _parsed(self, call: Call[ResponseT], response: httpx.Response) -> ResponseT:
        if response.status_code == 204 or not response.content:
            body: object = None
        else:
            try:
                body = json.loads(response.content)
            except ValueError:
                raise MalformedResponse(
                    call.description,
                    f"Gcore answered {response.status_code} with something that isn't JSON: "
                    f"'{self.confidential.redact(response.text, 200)}'",
                    "Check that the base URL is Gcore's API and that no proxy answers in its place.",
                ) from None
        try:
            return call.response_type(body)
        except ValidationError as error:
            where = ", ".join(sorted({".".join(map(str, each["loc"])) or "the whole" for each in error.errors()}))
            raise MalformedResponse(
                call.description,
                f"Gcore's answer isn't shaped as documented, at: {self.confidential.redact(where)}",
                "Report it to the makers of gcore-tls-provider, with the request and the field named here.",
            ) from None

    @contextmanager
    def _wrapped(self, call: Call[ResponseT]) -> Iterator[None]:
        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            base_url = self.connection.base_url
            unreachable = Unreachable(
                call.description,
                f"no answer from {base_url}: {self.confidential.redact(str(error)) or type(error).__name__}",
                f"Check the base URL ({self.connection.setting('baseUrl')}) and the network, then run again.",
            )
            never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
            unreachable.outcome_unknown = not isinstance(error, never_sent)
            raise unreachable from error


def _http(connection: Connection, transport: httpx.BaseTransport | None) -> httpx.Client:
    key = connection.api_key.get_secret_value()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        # Said before the HTTP library can: its errors quote the header.
        raise ConfigurationError(
            f"The API key ({connection.setting('apiKey')}) is empty or holds a character that no API key has, such as "
            "a blank or a line end. Copy it again from Gcore's portal."
        )
    try:
        return httpx.Client(
            base_url=connection.base_url,
            headers={
                "Authorization": f"APIKey {key}",
                "Accept": "application/json",
                "User-Agent": "gcore-tls-provider",
            },
            limits=_LIMITS,
            transport=transport,
        )
    except (httpx.InvalidURL, ImportError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"The settings of this machine for HTTP can't be used: {Redactor(key).redact(str(error))}. Check the "
            f"environment variables HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR."
        ) from error


def _query_text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is(state: RetryCallState, kind: type[ApiError]) -> bool:
    return state.outcome is not None and isinstance(state.outcome.exception(), kind)


def _may_repeat(call: Call[ResponseT], error: BaseException) -> bool:
    if isinstance(error, RateLimited):
        return True
    if isinstance(error, Unreachable):
        return call.route.method != "POST" or not error.outcome_unknown
    return isinstance(error, ServerError) and error.status in _REPEATED_STATUSES and call.route.method != "POST"


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    # Jitter downwards, so that many threads that failed together don't come back together.
    pause = backoff(state.attempt_number) * random.uniform(0.75, 1.0)
    if isinstance(error, HttpStatusError) and error.retry_after is not None:
        return max(error.retry_after, pause)
    return pause


def _both(shapes: RequestVariants[ResponseT], first: HttpStatusError, second: HttpStatusError) -> HttpStatusError:
    error = type(second)(
        second.action,
        f"neither way of writing it was taken. As in {_document(shapes.first)}: {first.reason}. "
        f"As in {_document('guide' if shapes.first == 'openapi' else 'openapi')}: {second.reason}",
        second.remedy,
        request_id=second.request_id or first.request_id,
    )
    error.status, error.exception_class = second.status, second.exception_class
    error.invalid_fields, error.retry_after = second.invalid_fields, second.retry_after
    return error


def _document(shape: RequestVariant) -> str:
    return "Gcore's guide" if shape == "guide" else "Gcore's OpenAPI document"
