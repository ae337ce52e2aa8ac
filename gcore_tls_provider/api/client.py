"""HTTP client: sends calls, retries where that is safe, and turns every failure into an error of this package.

Retries within the operation's deadline:

| outcome | GET, PUT, PATCH, DELETE | POST |
| --- | --- | --- |
| the connection could not be made | yes | yes: nothing was sent |
| the connection broke or timed out later | yes | no: Gcore can have done the work (`Unreachable.outcome_unknown`) |
| 429 | yes, after `Retry-After` | yes: Gcore rejected it before any work |
| 500, 502, 503, 504 | yes | no: outcome unknown |
| any other status, or a malformed response | no | no |

"Timed out" includes a response that is not complete within the time of the call, however slowly it arrives. A response
that is too large, wrongly compressed or nested too deep is malformed.

The caller resolves a POST of unknown outcome by searching for the object by its name. Errors are retried for at most
`RETRY_SECONDS`, and for `FIRST_RETRY_SECONDS` until this client has received a response of any kind: a wrong address
should not cost minutes. A 429 is no error of the network or of Gcore: it is retried until the deadline.
"""

from __future__ import annotations

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
from gcore_tls_provider.api.exchange import CallLimit, Response, UnreadableResponse, exchange
from gcore_tls_provider.api.http_client import http_client, proxy_credentials
from gcore_tls_provider.api.http_errors import http_error
from gcore_tls_provider.api.redaction import Redactor, secrets_in
from gcore_tls_provider.errors import (
    ApiError,
    BadRequest,
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

RETRY_SECONDS: Final = 120.0
"""Seconds for which one call is retried after errors of the network and of Gcore."""

FIRST_RETRY_SECONDS: Final = 10.0
"""Seconds for which one call is retried until this client has received its first response."""

LONGEST_BACKOFF: Final = 8.0
"""Longest pause between two attempts in seconds, unless Gcore asks for more."""

_RETRIED_STATUSES = frozenset({500, 502, 503, 504})
_RESPONSE_SECONDS = 60.0
_LEAST_SECONDS = 1.0


def backoff(attempt: int, *, first: float = 0.5, most: float = LONGEST_BACKOFF) -> float:
    """Return the seconds to wait after a failed attempt, doubling from `first` to `most`; without jitter.

    Args:
        attempt: Number of attempts so far, from 1.
        first: First wait.
        most: Longest wait.
    """
    return min(most, first * float(2 ** min(attempt - 1, 16)))


class Client:
    """Client of one account, project and region. Threads share it.

    Args:
        connection: Account, project and region.
        clock: Clock of deadlines and pauses; None for the machine's.
        transport: Transport of the requests, for tests; None for the network.
        redactor: Redactor that several clients share; None for a new one.

    Attributes:
        connection: Account, project and region.
        clock: Clock of deadlines and pauses.
        redactor: Redactor of the API key and of every secret that this client has sent.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        """Open no connection.

        Raises:
            ConfigurationError: A header cannot contain the API key, or this machine's settings for HTTP are unusable.
        """
        self.connection = connection
        self.clock: Clock = clock or SystemClock()
        self.redactor = redactor or Redactor()
        self.redactor.add([connection.api_key.get_secret_value(), *proxy_credentials()])
        self._has_response = False
        self._understood: dict[str, RequestVariant] = {}
        self._limit = CallLimit()
        self._http = http_client(connection, transport, self._limit)

    def close(self) -> None:
        """Close the idle connections."""
        self._http.close()

    def deadline(self, seconds: float) -> Deadline:
        """Return the deadline `seconds` from now, on this client's clock."""
        return Deadline.after(self.clock, seconds)

    def send(self, call: Call[ResponseT], deadline: Deadline) -> ResponseT:
        """Send one call, retry it by the module's table, and return its response.

        Raises:
            ApiError: There was no response, or an error or malformed one.
        """
        began = self.clock.now()

        def gives_up(state: RetryCallState) -> bool:
            left = deadline.remaining
            if not _is(state, RateLimited):
                patience = RETRY_SECONDS if self._has_response else FIRST_RETRY_SECONDS
                left = min(left, began + patience - self.clock.now())
            return left <= state.upcoming_sleep

        retrying = Retrying(
            retry=retry_if_exception(lambda error: _is_retryable(call, error)),
            wait=_seconds_to_wait,
            stop=gives_up,
            sleep=self.clock.sleep,
            reraise=True,
        )
        response: ResponseT = retrying(self._send_once, call, deadline)
        return response

    def send_variant(self, variants: RequestVariants[ResponseT], deadline: Deadline) -> ResponseT:
        """Send an operation in the variant that the dialect names, or that Gcore understands.

        In dialect `auto`, try the other variant if Gcore does not understand the first, and remember the one that
        worked.

        Raises:
            ApiError: The operation failed. If both variants were tried, the error contains both reasons.
        """
        dialect = self.connection.dialect
        if dialect != "auto":
            return self.send(variants.of(dialect), deadline)
        if variants.guide is variants.openapi:
            return self.send(variants.openapi, deadline)
        remembered = self._understood.get(variants.operation)
        if remembered is not None:
            return self.send(variants.of(remembered), deadline)
        other: RequestVariant = "guide" if variants.first == "openapi" else "openapi"
        try:
            response = self.send(variants.of(variants.first), deadline)
        except HttpStatusError as first:
            if not self._is_other_variant_expected(variants, first, deadline):
                raise
            try:
                response = self.send(variants.of(other), deadline)
            except HttpStatusError as second:
                raise _both_variants_failed(variants, first, second) from second
            self._understood[variants.operation] = other
            return response
        self._understood[variants.operation] = variants.first
        return response

    def _is_other_variant_expected(
        self, variants: RequestVariants[ResponseT], error: HttpStatusError, deadline: Deadline
    ) -> bool:
        if isinstance(error, MethodNotAllowed):
            return True
        if isinstance(error, BadRequest):
            return bool(variants.variant_fields & {field.split(".")[0] for field in error.invalid_fields})
        if not isinstance(error, NotFound):
            return False
        if not isinstance(error, ObjectNotFound):
            return True
        if not variants.existence_checks:
            return False
        try:
            for call in variants.existence_checks:
                self.send(call, deadline)
        except ApiError:
            return False
        return True

    def _send_once(self, call: Call[ResponseT], deadline: Deadline) -> ResponseT:
        connection = self.connection
        ids: dict[str, str | int] = {**call.ids, "project_id": connection.project_id, "region_id": connection.region_id}
        seconds = max(_LEAST_SECONDS, min(_RESPONSE_SECONDS, deadline.at - self.clock.now()))
        content = None
        with self._transport_errors(call):
            path = call.route.path(ids)
            if call.body is not None:
                content = call.body.model_dump_json(exclude_unset=True).encode()
                self.redactor.add(secrets_in(call.body))
            response = exchange(self._http, self._limit, call.route.method, path, call.query, content, seconds)
        self._has_response = True
        if response.status >= 300:
            raise http_error(call, response, self.redactor, self.connection)
        return self._parse(call, response)

    def _parse(self, call: Call[ResponseT], response: Response) -> ResponseT:
        try:
            return call.response_type(response.body)
        except ValidationError as error:
            fields = ", ".join(sorted({".".join(map(str, each["loc"])) or "the whole body" for each in error.errors()}))
            raise MalformedResponse(
                call.description,
                f"Gcore's response differs from its documentation in: {self.redactor.redact(fields)}",
                "Report this message as an issue of gcore-tls-provider.",
            ) from None

    def _unreadable(self, call: Call[ResponseT], unreadable: UnreadableResponse) -> MalformedResponse:
        self._has_response = True
        quoted = f": '{self.redactor.redact(unreadable.text, 200)}'" if unreadable.text else ""
        return MalformedResponse(
            call.description,
            f"Gcore answered {unreadable.reason}{quoted}",
            f"Check that the base URL ({self.connection.setting('baseUrl')}) is that of Gcore's API, and that no proxy "
            "responds in its place.",
        )

    @contextmanager
    def _transport_errors(self, call: Call[ResponseT]) -> Iterator[None]:
        try:
            yield
        except UnreadableResponse as unreadable:
            raise self._unreadable(call, unreadable) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            base_url, text = self.connection.base_url, self.redactor.redact(str(error))
            unreachable = Unreachable(
                call.description,
                f"no response from {base_url}: {text or type(error).__name__}",
                f"Check the base URL ({self.connection.setting('baseUrl')}) and the network, then run `pulumi up` "
                "again.",
            )
            never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
            unreachable.outcome_unknown = not isinstance(error, never_sent)
            # The cause appears in tracebacks, and its text can quote a response: keep its class only.
            raise unreachable from type(error)(text)


def _is(state: RetryCallState, kind: type[ApiError]) -> bool:
    return state.outcome is not None and isinstance(state.outcome.exception(), kind)


def _is_retryable(call: Call[ResponseT], error: BaseException) -> bool:
    if isinstance(error, RateLimited):
        return True
    if isinstance(error, Unreachable):
        return call.route.method != "POST" or not error.outcome_unknown
    return isinstance(error, ServerError) and error.status in _RETRIED_STATUSES and call.route.method != "POST"


def _seconds_to_wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    # Downward jitter spreads the retries of many threads that failed at the same moment.
    pause = backoff(state.attempt_number) * random.uniform(0.75, 1.0)
    if isinstance(error, HttpStatusError) and error.retry_after is not None:
        return max(error.retry_after, pause)
    return pause


def _both_variants_failed(
    variants: RequestVariants[ResponseT], first: HttpStatusError, second: HttpStatusError
) -> HttpStatusError:
    error = type(second)(
        second.action,
        f"Gcore accepts neither variant of this request. As in {_document(variants.first)}: {first.reason}. "
        f"As in {_document('guide' if variants.first == 'openapi' else 'openapi')}: {second.reason}",
        second.remedy,
        request_id=second.request_id or first.request_id,
    )
    error.status, error.exception_class = second.status, second.exception_class
    error.invalid_fields, error.retry_after = second.invalid_fields, second.retry_after
    return error


def _document(variant: RequestVariant) -> str:
    return "Gcore's guide" if variant == "guide" else "Gcore's OpenAPI document"
