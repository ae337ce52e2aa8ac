"""Every error of this package, in one tree.

```
GcoreTlsError
├── MaterialError            a certificate, key or list can't be used (certificates/finding.py)
├── ConfigurationError       something that a request needs isn't configured
├── PropertyError            properties that no preview has checked, and that can't be used
└── ApiError                 a request to Gcore, and what came of it
    ├── Unreachable          no answer: connection refused, dropped, timed out
    ├── MalformedAnswer      an answer that isn't what Gcore documents
    ├── Refused              an answer with an error status
    │   ├── BadRequest       400, 422
    │   ├── Unauthorized     401
    │   ├── Forbidden        403
    │   ├── NotFound         404: the route doesn't exist, or something that isn't Gcore answers
    │   │   └── ObjectNotFound   404, and Gcore says that it is the object
    │   ├── MethodNotAllowed 405
    │   ├── Conflict         409
    │   ├── RateLimited      429
    │   └── ServerError      5xx
    ├── TaskFailed           the task ended in ERROR
    ├── TaskForgotten        Gcore no longer knows the task
    ├── ObjectFailed         the task ended well, and its object isn't ACTIVE
    └── DeadlineExceeded     not done within the operation's time limit
```

`str(error)` is one line: the object, what was asked, what came back, what to do. No error carries a key, a password, a
payload or the body of a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


def one_line(text: str) -> str:
    """`text` with every run of white space folded to one blank, for a terminal's single line."""
    return " ".join(text.split())


class GcoreTlsError(Exception):
    """The root: catch this to catch all that this package raises."""


class ConfigurationError(GcoreTlsError):
    """Something that a request needs is missing from the stack's configuration and the environment, or is unusable."""


class PropertyError(GcoreTlsError):
    """A resource's properties can't be used.

    Seen where no check came before, for instance in a state file that was edited by hand, or where a value that was
    unknown in the preview turns out to be wrong.
    """


@dataclass(frozen=True)
class PartialResult:
    """What a failed operation leaves half-done, to be kept in the stack's state.

    Attributes:
        id: the object's id, or what stands for it as long as nobody knows it.
        properties: its properties, as far as they aren't those that were asked for.
        anew: the next run makes it anew; else it goes on with it.
    """

    id: str
    properties: Mapping[str, object]
    recreate: bool


class ApiError(GcoreTlsError):
    """A request to Gcore that did not do what was asked.

    Attributes:
        asked: what was asked, in words: `create pool 'web-pool-1a2b3c4d-5e6f70'`.
        answered: what came back, in words.
        remedy: what the user can do.
        request_id: Gcore's id of the request, if it gave one.
        unfinished: what it leaves half-done; None where nothing is left.
    """

    partial: PartialResult | None = None

    def __init__(self, action: str, reason: str, remedy: str, *, request_id: str | None = None) -> None:
        """Composes the one line from its parts."""
        super().__init__()
        self.action = action
        self.request_id = request_id
        self._compose(reason, remedy)

    def set_partial(self, unfinished: PartialResult | None, answered: str, remedy: str) -> None:
        """Says what is left half-done, in the same error."""
        self.partial = unfinished
        self._compose(answered, remedy)

    def _compose(self, answered: str, remedy: str) -> None:
        self.reason = answered
        self.remedy = remedy
        named = f" (request id {self.request_id})" if self.request_id else ""
        self.args = (one_line(f"{self.action}: {answered}{named}. {remedy}"),)


class Unreachable(ApiError):
    """No answer came: the connection was refused, broke or timed out.

    Attributes:
        outcome_unknown: whether Gcore may have received the request, and done it.
    """

    outcome_unknown: bool = True


class MalformedResponse(ApiError):
    """Gcore's answer isn't JSON, or isn't shaped as its OpenAPI document says."""


class HttpStatusError(ApiError):
    """Gcore answered with an error status.

    Attributes:
        status: the HTTP status.
        exception_class: Gcore's name for the error (`ValidationError`, `NotFoundError`, ...), if it gave one.
        invalid_fields: the fields that Gcore names, if any.
        retry_after: seconds after which Gcore asks to come back, if it does.
    """

    status: int = 0
    exception_class: str | None = None
    invalid_fields: frozenset[str] = frozenset()
    retry_after: float | None = None


class BadRequest(HttpStatusError):
    """400 or 422: the body or a parameter was refused."""


class Unauthorized(HttpStatusError):
    """401: no API key, or one that Gcore doesn't know."""


class Forbidden(HttpStatusError):
    """403: the key may not do this, or the region has no capacity for the flavor."""


class NotFound(HttpStatusError):
    """404: the object, or the route, doesn't exist."""


class ObjectNotFound(NotFound):
    """404, and Gcore says that there is no such object: the only 404 that may pass for 'deleted'.

    A wrong base URL, a proxy, or a route that Gcore has given up answer 404 too, while the object is there.
    """


class MethodNotAllowed(HttpStatusError):
    """405: the route exists, and the method doesn't."""


class Conflict(HttpStatusError):
    """409: the load balancer is busy, or such an object already exists."""


class RateLimited(HttpStatusError):
    """429: too many requests."""


class ServerError(HttpStatusError):
    """5xx: a fault at Gcore's side. Whether the request was carried out is unknown."""


class TaskFailed(ApiError):
    """A task ended in ERROR.

    Attributes:
        task_id: the task.
    """

    task_id: str = ""


class TaskNotFound(ApiError):
    """Gcore no longer knows the task: it has ended, and how is to be seen from the object."""


class ObjectFailed(ApiError):
    """An object is in provisioning status ERROR, or gone, although its task ended well."""


class DeadlineExceeded(ApiError):
    """An operation was not done within its time limit."""
