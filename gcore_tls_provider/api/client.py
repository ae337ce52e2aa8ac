"""HTTP client: sends calls, retries where that is safe, and turns every failure into an error of this package.

Retries within the operation's deadline:

| outcome | GET, PUT, PATCH, DELETE | POST |
| --- | --- | --- |
| the connection could not be made | yes | yes: nothing was sent |
| the connection broke or timed out later | yes | no: Gcore can have done the work (`Unreachable.outcome_unknown`) |
| 429 | yes, after `Retry-After` | yes: Gcore rejected it before any work |
| 500, 502, 503, 504 | yes | no: outcome unknown |
| any other status, or a malformed response | no | no |

The caller resolves a POST of unknown outcome by searching for the object by its name. Errors are retried for at most
`RETRY_SECONDS`, and for `FIRST_RETRY_SECONDS` until this client has received a response of any kind: a wrong address
should not cost minutes. A 429 is no error of the network or of Gcore: it is retried until the deadline.
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

RETRY_SECONDS: Final = 120.0
"""Seconds for which one call is retried after errors of the network and of Gcore."""

FIRST_RETRY_SECONDS: Final = 10.0
"""Seconds for which one call is retried until this client has received its first response."""

LONGEST_BACKOFF: Final = 8.0
"""Longest pause between two attempts in seconds, unless Gcore asks for more."""

_RETRIED_STATUSES = frozenset({500, 502, 503, 504})
_CONNECT_SECONDS = 5.0
_RESPONSE_SECONDS = 60.0
_LEAST_SECONDS = 1.0
_LIMITS = httpx.Limits(max_connections=128, max_keepalive_connections=64)


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
        self.redactor.add([connection.api_key.get_secret_value()])
        self._has_response = False
        self._understood: dict[str, RequestVariant] = {}
        self._http = _http(connection, transport)

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
        path = call.route.path({**call.ids, "project_id": connection.project_id, "region_id": connection.region_id})
        content = None
        if call.body is not None:
            content = call.body.model_dump_json(exclude_unset=True).encode()
            self.redactor.add(secrets_in(call.body))
        seconds = max(_LEAST_SECONDS, min(_RESPONSE_SECONDS, deadline.remaining))
        with self._transport_errors(call):
            response = self._http.request(
                call.route.method,
                path,
                params={key: _query_text(value) for key, value in call.query.items()},
                content=content,
                headers={"Content-Type": "application/json"} if content is not None else None,
                timeout=httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds)),
            )
        self._has_response = True
        if response.status_code >= 300:
            raise http_error(call, response, self.redactor, self.connection)
        return self._parse(call, response)

    def _parse(self, call: Call[ResponseT], response: httpx.Response) -> ResponseT:
        if response.status_code == 204 or not response.content:
            body: object = None
        else:
            try:
                body = json.loads(response.content)
            except ValueError:
                raise MalformedResponse(
                    call.description,
                    f"Gcore answered {response.status_code} with a body that is not JSON: "
                    f"'{self.redactor.redact(response.text, 200)}'",
                    f"Check that the base URL ({self.connection.setting('baseUrl')}) is that of Gcore's API, and that "
                    "no proxy responds in its place.",
                ) from None
        try:
            return call.response_type(body)
        except ValidationError as error:
            fields = ", ".join(sorted({".".join(map(str, each["loc"])) or "the whole body" for each in error.errors()}))
            raise MalformedResponse(
                call.description,
                f"Gcore's response differs from its documentation in: {self.redactor.redact(fields)}",
                "Report this message as an issue of gcore-tls-provider.",
            ) from None

    @contextmanager
    def _transport_errors(self, call: Call[ResponseT]) -> Iterator[None]:
        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            base_url = self.connection.base_url
            unreachable = Unreachable(
                call.description,
                f"no response from {base_url}: {self.redactor.redact(str(error)) or type(error).__name__}",
                f"Check the base URL ({self.connection.setting('baseUrl')}) and the network, then run `pulumi up` "
                "again.",
            )
            never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
            unreachable.outcome_unknown = not isinstance(error, never_sent)
            raise unreachable from error


def _http(connection: Connection, transport: httpx.BaseTransport | None) -> httpx.Client:
    key = connection.api_key.get_secret_value()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        # Checked here because the HTTP library's own error quotes the header.
        raise ConfigurationError(
            f"The API key ({connection.setting('apiKey')}) is empty or contains a character that no API key has, such "
            "as a blank or a line end. Copy it again from Gcore's portal."
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
            f"The HTTP settings of this machine are unusable: {Redactor(key).redact(str(error))}. Correct or unset the "
            f"environment variables HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR."
        ) from error


def _query_text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


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
