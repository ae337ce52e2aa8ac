"""One handler's work on one object: what it sends, how long it may take, and whom it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call, RequestVariants
from gcore_tls_provider.api.clock import Deadline
from gcore_tls_provider.api.connection import Location
from gcore_tls_provider.api.wire.load_balancers import LoadBalancer
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.tasks import Task, TaskIds
from gcore_tls_provider.errors import (
    Conflict,
    DeadlineExceeded,
    HttpStatusError,
    ObjectFailed,
    ObjectNotFound,
    PropertyError,
    ServerError,
    TaskNotFound,
    Unreachable,
)
from gcore_tls_provider.hidden_inputs import ATTEMPT, CONTEXT, from_json
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN
from gcore_tls_provider.lifecycle.run.session import Account, Session

ResponseT = TypeVar("ResponseT")
RowT = TypeVar("RowT")

Verb = Literal["create", "read", "update", "delete"]

TIME_LIMITS: Final[Mapping[str, float]] = {
    "secret": 300.0,
    "load balancer": 1800.0,
    "listener": 900.0,
    "pool": 900.0,
    "TLS attachment of pool": 900.0,
    "TLS snapshot of pool": 300.0,
}
"""Seconds that an operation on each kind may take, waiting for its turn included; reads have `READ_LIMIT`."""

READ_LIMIT: Final = 120.0

QUIET_SECONDS: Final = 3.0
"""Seconds of an operation during which nothing is said about it."""

TURN_LIMIT: Final = 3600.0
"""Seconds that a change waits for the other changes of its load balancer in this process."""

_READY_LIMIT: Final = 300.0
_CALM: Final = 3
_BUSY_PAUSE: Final = 0.5
_LONGEST_BUSY_PAUSE: Final = 3.0


class Timeouts(BaseModel):
    """The resource's own time limits, in seconds: `custom_timeouts` of its options."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    create: Annotated[float | None, Field(gt=0)] = None
    update: Annotated[float | None, Field(gt=0)] = None
    delete: Annotated[float | None, Field(gt=0)] = None


class ResourceContext(BaseModel):
    """Who a resource is. The engine doesn't tell a dynamic provider, so its constructor does.

    Attributes:
        urn: the resource's URN, or what comes nearest to it.
        name: what the program calls it.
        stack: the stack's name.
        timeouts: its own time limits.
        answered: whether another resource's check fails for this one's findings.
        answers_for: URNs of the resources for whose findings this one's check fails.
        settled: whether the program's process has found nothing of the run before under way.
        attempt: which making of the resource this is; empty where the state doesn't say.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    urn: str
    name: str
    stack: str
    timeouts: Timeouts = Timeouts()
    errors_deferred: bool = False
    reports_errors_of: tuple[str, ...] = ()
    settled: bool = False
    create_nonce: str = ""

    @classmethod
    def of(cls, properties: Mapping[str, object]) -> ResourceContext:
        """Reads it from a resource's properties; what is saved of it has the URN in place of what that says.

        Raises:
            PropertyError: it isn't there; a state file that was edited by hand may have lost it.
        """
        if properties.get(CONTEXT) in (None, UNKNOWN):
            raise PropertyError(
                "The resource's properties don't say which resource it is. Declare it with the classes of "
                "gcore_tls_provider.resources, or run `pulumi up` once to mend its state."
            )
        context = from_json(properties[CONTEXT])
        urn = context.get("urn")
        if isinstance(urn, str):
            context = {**_told_by(urn), **context}
        known = cls.model_validate(context)
        attempt = properties.get(ATTEMPT)
        return known.model_copy(update={"create_nonce": attempt}) if isinstance(attempt, str) else known


def urn_of(properties: Mapping[str, object]) -> str:
    """The URN of the resource that has these properties; empty where they don't say."""
    return str(from_json(properties.get(CONTEXT)).get("urn", ""))


class Operation:
    """One handler's work on one object.

    Args:
        session: what the process shares.
        context: which resource it is.
        kind: the kind of object: `listener`.
        verb: what is done with it.
        scope: the project and region that it is in; None for the configured ones.
        properties: the resource's properties, as the handler got them.

    Attributes:
        wrote: whether anything was, or may have been, changed at Gcore.
    """

    def __init__(
        self,
        session: Session,
        context: ResourceContext,
        kind: str,
        verb: Verb,
        scope: Location | None = None,
        properties: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Starts the time limit."""
        self.session = session
        self.properties = properties
        self._scope = scope
        self._started = session.clock.now()
        self.context = context
        self.kind = kind
        self.verb = verb
        own = None if verb == "read" else getattr(context.timeouts, verb)
        general = session.configuration_of(scope.provider_config if scope else None).task_timeout
        default = READ_LIMIT if verb == "read" else TIME_LIMITS[kind]
        self.deadline = Deadline.after(session.clock, own or (default if verb == "read" else general or default))
        self.wrote = False

    def extend(self, seconds: float | None = None) -> None:
        """Starts the time limit anew.

        Args:
            seconds: the new limit; None for the operation's own.
        """
        self.deadline = Deadline.after(self.session.clock, seconds or self.deadline.seconds)

    @property
    def account(self) -> Account:
        """What speaks to the object's project and region.

        Raises:
            ConfigurationError: the key, the project or the region is missing.
        """
        return self.session.account(self._scope)

    def progress(self, text: str) -> None:
        """Shows `text` on the resource's row, once the work takes long enough for anybody to wonder."""
        if self.session.clock.now() - self._started >= QUIET_SECONDS:
            self.session.engine.progress(self.context.urn, text)

    def warn(self, text: str) -> None:
        """Adds a warning to the resource's diagnostics."""
        self.session.engine.warn(self.context.urn, text)

    def send(self, call: Call[ResponseT]) -> ResponseT:
        """Sends a call; a write only as long as somebody is there to save what comes of it."""
        self._still_wanted(call)
        with self._writing(call):
            return self.account.client.send(call, self.deadline)

    def send_shaped(self, shapes: RequestVariants[ResponseT]) -> ResponseT:
        """Sends an operation in the shape that Gcore understands."""
        self._still_wanted(shapes.openapi)
        with self._writing(shapes.openapi):
            return self.account.client.send_variant(shapes, self.deadline)

    def wait(self, tasks: TaskIds, asked: str) -> tuple[Task, ...]:
        """Waits until the tasks have ended; gives none where Gcore has forgotten one: then the object must tell."""
        try:
            return self.account.tasks.wait(tasks.tasks, asked, self.deadline, self.progress)
        except TaskNotFound:
            return ()

    def run(self, call: Call[TaskIds]) -> tuple[Task, ...]:
        """Sends a call and waits for its tasks."""
        return self.wait(self.send(call), call.description)

    def run_shaped(self, shapes: RequestVariants[TaskIds]) -> tuple[Task, ...]:
        """Sends an operation in the shape that Gcore understands, and waits for its tasks."""
        return self.wait(self.send_shaped(shapes), shapes.openapi.description)

    def rows(self, page: Callable[[int], Call[Page[RowT]]]) -> list[RowT]:
        """All rows of a list, page by page."""
        rows: list[RowT] = []
        while True:
            answer = self.send(page(len(rows)))
            rows += answer.results
            if not answer.results or len(rows) >= answer.count:
                return rows

    @contextmanager
    def load_balancer(self, load_balancer_id: str) -> Iterator[None]:
        """Holds the load balancer against the other threads of this process."""
        turn = Deadline.after(self.session.clock, TURN_LIMIT)

        def waiting() -> None:
            self.progress(f"waiting for other changes of load balancer {load_balancer_id}")
            if turn.passed:
                raise DeadlineExceeded(
                    f"{self.verb} {self.kind} '{self.context.name}'",
                    f"other changes of load balancer {load_balancer_id} went on for {turn.seconds:.0f} s",
                    "Run again: it goes on from here.",
                )

        with self.session.load_balancer_lock(load_balancer_id, waiting):
            # The queue of this process is no part of the work's time, and may be long.
            self.extend()
            yield

    def retry_while_locked(self, load_balancer_id: str, work: Callable[[], ResponseT]) -> ResponseT:
        """Does `work`, and does it again as often as it is refused because somebody else holds the load balancer.

        A conflict with a load balancer that is at rest is an error, but only the third time in a row: it may have come
        to rest in between.

        Raises:
            Conflict: the conflict isn't about being busy.
            DeadlineExceeded: it stayed busy.
        """
        calm = 0
        while True:
            try:
                return work()
            except Conflict as conflict:
                calm = 0 if self._came_to_rest(load_balancer_id, conflict.action) else calm + 1
                if calm >= _CALM:
                    raise
                self.session.clock.sleep(min(_BUSY_PAUSE * max(calm, 1), self.deadline.remaining))

    def wait_until_unlocked(self, load_balancer_id: str, asked: str) -> None:
        """Waits until nothing holds the load balancer any more.

        Raises:
            ObjectFailed: it is in ERROR.
            DeadlineExceeded: it stayed busy.
        """
        self._came_to_rest(load_balancer_id, asked)

    def _came_to_rest(self, load_balancer_id: str, asked: str) -> bool:
        """Waits for the load balancer; whether it was busy at all."""
        waited = False
        while True:
            balancer = self.send(routes.get_load_balancer(load_balancer_id))
            if balancer.provisioning_status == "ERROR":
                raise in_error(asked, f"load balancer {load_balancer_id}")
            if is_unlocked(balancer):
                return waited
            if self.deadline.passed:
                raise DeadlineExceeded(
                    asked,
                    f"load balancer {load_balancer_id} was still busy ({balancer.provisioning_status}, task "
                    f"{balancer.task_id or 'unknown'}) after {self.deadline.seconds:.0f} s",
                    "Somebody else is changing it: run again when that is done.",
                )
            waited = True
            self.progress(f"waiting for load balancer {load_balancer_id}, which is {balancer.provisioning_status}")
            self.session.clock.sleep(min(_LONGEST_BUSY_PAUSE, max(_BUSY_PAUSE, self.deadline.remaining / 600)))

    def wait_until_active(self, read: Callable[[], ResponseT], asked: str) -> ResponseT:
        """Reads an object back until its lock is gone: that may outlive the task.

        Args:
            read: reads the object, which has `provisioning_status` and, unless it is a secret, `task_id`.
            asked: what was done, in words.

        Raises:
            ObjectFailed: it is in ERROR, or gone.
            DeadlineExceeded: it didn't become ACTIVE.
        """
        limit = self.deadline.capped_at(_READY_LIMIT)
        while True:
            try:
                found = read()
            except ObjectNotFound as missing:
                if limit.passed:
                    raise ObjectFailed(
                        asked, f"its task ended well, but: {missing.reason}", "Run again to make it anew."
                    ) from missing
            else:
                status = getattr(found, "provisioning_status", "ACTIVE")
                if status == "ERROR":
                    raise in_error(asked, self.kind)
                if status == "ACTIVE" and not getattr(found, "task_id", None):
                    return found
                if limit.passed:
                    raise DeadlineExceeded(
                        asked, f"the {self.kind} is still {status} after its task ended", "Run again later."
                    )
            self.session.clock.sleep(min(_BUSY_PAUSE, limit.remaining))

    @contextmanager
    def _writing(self, call: Call[ResponseT]) -> Iterator[None]:
        """Remembers that something was written, unless Gcore has refused it, or hasn't got it."""
        may_have_written = call.route.method != "GET"
        try:
            yield
        except HttpStatusError as refused:
            may_have_written &= isinstance(refused, ServerError)
            raise
        except Unreachable as unreachable:
            may_have_written &= unreachable.outcome_unknown
            raise
        finally:
            self.wrote |= may_have_written

    def _still_wanted(self, call: Call[ResponseT]) -> None:
        if call.route.method == "GET":
            return
        if self.deadline.passed:
            raise DeadlineExceeded(
                call.description,
                f"its time of {self.deadline.seconds:.0f} s was over before it could be sent",
                "Run again, or give more time (`custom_timeouts` of the resource, or the configured `taskTimeout`).",
            )
        if not self.session.engine.is_alive():
            raise ObjectFailed(
                call.description,
                "the Pulumi engine that asked for it is gone, so nothing more is written",
                "Run again: what was made by then is found.",
            )


def _told_by(urn: str) -> dict[str, str]:
    """The stack's and the resource's name in a URN: `urn:pulumi:<stack>::<project>::<types>::<name>`."""
    stack, _, rest = urn.removeprefix("urn:pulumi:").partition("::")
    return {"stack": stack, "name": rest.partition("::")[2].partition("::")[2]}


def is_unlocked(balancer: LoadBalancer) -> bool:
    """Whether nothing holds the load balancer."""
    return balancer.provisioning_status == "ACTIVE" and not balancer.task_id


def in_error(asked: str, what: str) -> ObjectFailed:
    """The error about an object that no request can change any more."""
    return ObjectFailed(
        asked,
        f"the {what} is in provisioning status ERROR",
        "Look at it in Gcore's portal: an object in ERROR can only be deleted, or failed over by Gcore. A load "
        "balancer that is deleted there takes its listeners and pools along; then run again, `pulumi refresh` first.",
    )
