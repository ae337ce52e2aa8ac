"""Every error of this package, in one tree.

```
GcoreTlsError
├── MaterialError            a certificate, key or CRL is unusable (certificates/findings/finding.py)
├── ConfigurationError       a value that a request needs is not configured
├── PropertyError            properties that no preview has checked are unusable
└── ApiError                 a request to Gcore failed
    ├── Unreachable          no response: the connection was refused, dropped or timed out
    ├── MalformedResponse    a response differs from Gcore's documentation
    ├── HttpStatusError      a response with an error status
    │   ├── BadRequest       400, 422
    │   ├── Unauthorized     401
    │   ├── Forbidden        403
    │   ├── NotFound         404: the route does not exist, or another server than Gcore responds
    │   │   └── ObjectNotFound   404, and Gcore reports that the object does not exist
    │   ├── MethodNotAllowed 405
    │   ├── Conflict         409
    │   ├── RateLimited      429
    │   └── ServerError      5xx
    ├── TaskFailed           a task ended in ERROR
    ├── TaskNotFound         a task no longer exists at Gcore
    ├── ObjectFailed         a task finished, but its object is in ERROR or gone
    └── DeadlineExceeded     an operation exceeded its time limit
```

`str(error)` is one printable line: the action and its object, the reason, the remedy. No error contains a key, a
password, a payload or the body of a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gcore_tls_provider.printable import printable


class GcoreTlsError(Exception):
    """Root of the tree: catch it to catch every error that this package raises."""

    def __str__(self) -> str:
        """Return the message as one printable line."""
        return printable(super().__str__())


class ConfigurationError(GcoreTlsError):
    """A value is missing from the stack's configuration and the environment, or is unusable."""


class PropertyError(GcoreTlsError):
    """A resource's properties are unusable.

    Raised for properties that no check has seen, for example after a state file was edited by hand, or for a value that
    was unknown in the preview and turns out to be invalid.
    """


@dataclass(frozen=True)
class PartialResult:
    """A partially applied object that a failed operation has left, for the stack's state.

    Attributes:
        id: ID of the object, or its substitute while the ID is unknown.
        properties: Properties that differ from the requested ones.
        recreate: The next run creates the object from scratch; otherwise it resumes.
    """

    id: str
    properties: Mapping[str, object]
    recreate: bool


class ApiError(GcoreTlsError):
    """A request to Gcore that failed.

    Attributes:
        action: Action and object in words: `create pool 'web-pool-1a2b3c4d-5e6f70'`.
        reason: Reason in words, Gcore's own quoted.
        remedy: Instruction for the user: a command or an edit.
        request_id: Gcore's ID of the request, if it returned one.
        partial: Partially applied object that the operation has left; None if there is none.
    """

    partial: PartialResult | None = None

    def __init__(self, action: str, reason: str, remedy: str, *, request_id: str | None = None) -> None:
        """Compose the line from its parts."""
        super().__init__()
        self.action = action
        self.request_id = request_id
        self._compose(reason, remedy)

    def set_partial(self, partial: PartialResult | None, reason: str, remedy: str) -> None:
        """Set the partially applied object, with a reason and a remedy that mention it."""
        self.partial = partial
        self._compose(reason, remedy)

    def _compose(self, reason: str, remedy: str) -> None:
        self.reason = reason
        self.remedy = remedy
        request = f" (request id {self.request_id})" if self.request_id else ""
        self.args = (printable(f"{self.action}: {reason}{request}. {remedy}"),)


class Unreachable(ApiError):
    """No response: the connection was refused, broke or timed out.

    Attributes:
        outcome_unknown: Gcore can have received the request and carried it out.
    """

    outcome_unknown: bool = True


class MalformedResponse(ApiError):
    """The response is not JSON, or differs from Gcore's OpenAPI document."""


class HttpStatusError(ApiError):
    """The response has an error status.

    Attributes:
        status: HTTP status.
        exception_class: Gcore's name for the error (`ValidationError`, `NotFoundError`, ...), if it returned one.
        invalid_fields: Fields that Gcore rejects, if it returned any.
        retry_after: Seconds to wait before a retry, if Gcore returned them.
    """

    status: int = 0
    exception_class: str | None = None
    invalid_fields: frozenset[str] = frozenset()
    retry_after: float | None = None


class BadRequest(HttpStatusError):
    """400 or 422: Gcore rejects the body or a parameter."""


class Unauthorized(HttpStatusError):
    """401: no API key, or an unknown one."""


class Forbidden(HttpStatusError):
    """403: the API key lacks the permission, or the region has no capacity for the flavor."""


class NotFound(HttpStatusError):
    """404: the object, or the route, does not exist."""


class ObjectNotFound(NotFound):
    """404, and Gcore reports that the object does not exist: the only 404 that counts as "deleted".

    A wrong base URL, a proxy, or a route that Gcore has removed respond with 404 too, while the object exists.
    """


class MethodNotAllowed(HttpStatusError):
    """405: the route exists, but not for this method."""


class Conflict(HttpStatusError):
    """409: the load balancer is locked, or such an object already exists."""


class RateLimited(HttpStatusError):
    """429: too many requests."""


class ServerError(HttpStatusError):
    """5xx: an error at Gcore. It is unknown whether the request was carried out."""


class TaskFailed(ApiError):
    """A task ended in ERROR.

    Attributes:
        task_id: ID of the task.
    """

    task_id: str = ""


class TaskNotFound(ApiError):
    """A task no longer exists at Gcore: it has ended, and only its object shows the result."""


class ObjectFailed(ApiError):
    """An object is in provisioning status ERROR, or gone, although its task finished."""


class DeadlineExceeded(ApiError):
    """An operation exceeded its time limit."""
