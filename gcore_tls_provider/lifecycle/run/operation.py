"""One operation on one object: its requests, its time limit, and its messages to the user."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call, RequestVariants
from gcore_tls_provider.api.clock import Deadline
from gcore_tls_provider.api.connection import Location
from gcore_tls_provider.api.paging import all_rows
from gcore_tls_provider.api.waiting import constant, wait_until
from gcore_tls_provider.api.wire.load_balancers import LoadBalancer
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.tasks import Task, TaskIds
from gcore_tls_provider.certificates.findings.table import Message
from gcore_tls_provider.errors import (
    Conflict,
    DeadlineExceeded,
    HttpStatusError,
    ObjectFailed,
    ObjectNotFound,
    ServerError,
    TaskNotFound,
    Unreachable,
)
from gcore_tls_provider.lifecycle.run.accounts import Account
from gcore_tls_provider.lifecycle.run.context import ResourceContext

if TYPE_CHECKING:
    from gcore_tls_provider.lifecycle.session import Session

ResponseT = TypeVar("ResponseT")
RowT = TypeVar("RowT")

Verb = Literal["create", "read", "update", "delete"]

READ_LIMIT: Final = 120.0
"""Seconds for a read."""

QUIET_SECONDS: Final = 3.0
"""Seconds of an operation before it reports progress."""

QUEUE_LIMIT: Final = 3600.0
"""Seconds for which a change waits for other changes of its load balancer in this process."""

_ACTIVE_LIMIT: Final = 300.0
_UNLOCKED_CONFLICTS: Final = 3
_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 3.0


class Operation:
    """One operation on one object.

    Args:
        session: Parts that all operations of the process share.
        context: Resource that the operation is for.
        kind: Name of the kind in messages: `listener`.
        verb: Create, read, update or delete.
        time_limit: Seconds that a write can take; the resource's own time limit and the configuration's win over it.
        location: Project, region and provider config; None for the configured ones.
        properties: Properties of the resource.

    Attributes:
        wrote: Something was changed at Gcore, or can have been.
    """

    def __init__(
        self,
        session: Session,
        context: ResourceContext,
        kind: str,
        verb: Verb,
        *,
        time_limit: float,
        location: Location | None = None,
        properties: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Start the time limit."""
        self.session = session
        self.clock = session.clock
        self.context = context
        self.kind = kind
        self.verb = verb
        self.properties = properties
        self.wrote = False
        self._location = location
        self._started = self.clock.now()
        self.deadline = Deadline.after(self.clock, self._limit(time_limit))

    def _limit(self, default: float) -> float:
        if self.verb == "read":
            return READ_LIMIT
        namespace = self._location.provider_config if self._location else None
        configured = self.session.accounts.configuration_of(namespace).task_timeout
        own: float | None = getattr(self.context.timeouts, self.verb)
        return own or configured or default

    def extend(self, seconds: float | None = None) -> None:
        """Start the time limit again.

        Args:
            seconds: New limit; None for the operation's own.
        """
        self.deadline = Deadline.after(self.clock, seconds or self.deadline.seconds)

    @cached_property
    def account(self) -> Account:
        """Client and task waiter of the object's location.

        Raises:
            ConfigurationError: The API key, the project or the region is missing.
        """
        return self.session.accounts.at(self._location)

    def progress(self, text: str) -> None:
        """Show `text` on the resource's row, once the operation takes noticeably long."""
        if self.clock.now() - self._started >= QUIET_SECONDS:
            self.session.engine.progress(self.context.urn, text)

    def warn(self, warning: Message, /, **values: object) -> None:
        """Add a warning to the resource's diagnostics.

        Args:
            warning: One of `run/warnings.py`.
            values: Values of its placeholders.
        """
        self.session.engine.warn(self.context.urn, " ".join(warning.fill(**values)))

    def send(self, request: Call[ResponseT] | RequestVariants[ResponseT]) -> ResponseT:
        """Send a request, in the variant that Gcore understands if there are two.

        Raises:
            DeadlineExceeded: The time limit has passed before a write.
            ObjectFailed: The engine has ended, so nobody would save the result of a write.
            ApiError: Gcore rejected the request or did not answer.
        """
        call = request.openapi if isinstance(request, RequestVariants) else request
        if call.route.method == "GET":
            return self._sent(request)
        self._require_time_and_engine(call)
        try:
            response = self._sent(request)
        except HttpStatusError as error:
            self.wrote |= isinstance(error, ServerError)
            raise
        except Unreachable as error:
            self.wrote |= error.outcome_unknown
            raise
        except BaseException:
            self.wrote = True
            raise
        self.wrote = True
        return response

    def send_and_wait(self, request: Call[TaskIds] | RequestVariants[TaskIds]) -> tuple[Task, ...]:
        """Send a request and wait until its tasks have ended; return none if Gcore no longer knows one of them."""
        call = request.openapi if isinstance(request, RequestVariants) else request
        ids = self.send(request).tasks
        try:
            return self.account.tasks.wait(ids, call.description, self.deadline, self.progress)
        except TaskNotFound:
            return ()

    def rows(self, page: Callable[[int], Call[Page[RowT]]]) -> list[RowT]:
        """Return all rows of a list, page by page."""
        return all_rows(self.send, page)

    def locked(self, load_balancer_id: str | None) -> AbstractContextManager[None]:
        """Hold the load balancer against the other threads of this process; do nothing for None."""
        return nullcontext() if load_balancer_id is None else self._locked(load_balancer_id)

    @contextmanager
    def _locked(self, load_balancer_id: str) -> Iterator[None]:
        queue = Deadline.after(self.clock, QUEUE_LIMIT)

        def on_wait() -> None:
            self.progress(f"waiting for other changes of load balancer {load_balancer_id}")
            if queue.passed:
                raise DeadlineExceeded(
                    f"{self.verb} {self.kind} '{self.context.name}'",
                    f"other changes of load balancer {load_balancer_id} took longer than {queue.seconds:.0f} s",
                    "Run `pulumi up` again: it continues from here.",
                )

        with self.session.locks.hold(load_balancer_id, on_wait):
            # Waiting in this process's queue can take long and does not count.
            self.extend()
            yield

    def retry_while_locked(self, load_balancer_id: str | None, write: Callable[[], ResponseT]) -> ResponseT:
        """Call `write`, again as often as Gcore rejects it because another change holds the load balancer.

        A conflict with an unlocked load balancer is an error, but only the third time in a row: the lock can have
        ended in between.

        Args:
            load_balancer_id: ID of the load balancer; None: call `write` once.
            write: Send the request and wait for its tasks.

        Raises:
            Conflict: The conflict has another cause than a lock.
            DeadlineExceeded: The load balancer stayed locked.
        """
        if load_balancer_id is None:
            return write()
        conflicts = 0

        def written() -> tuple[ResponseT] | None:
            nonlocal conflicts
            try:
                return (write(),)
            except Conflict as conflict:
                was_locked = self.wait_until_unlocked(load_balancer_id, conflict.action)
                conflicts = 0 if was_locked else conflicts + 1
                if conflicts >= _UNLOCKED_CONFLICTS:
                    raise
                return None

        result = wait_until(written, self.deadline, lambda _attempt: _PAUSE * max(conflicts, 1))
        return write() if result is None else result[0]

    def wait_until_unlocked(self, load_balancer_id: str, action: str) -> bool:
        """Wait until no change holds the load balancer, and return whether one held it at first.

        Raises:
            ObjectFailed: The load balancer is in provisioning status ERROR.
            DeadlineExceeded: The load balancer stayed locked.
        """
        seen: list[LoadBalancer] = []

        def unlocked() -> LoadBalancer | None:
            balancer = self.send(routes.get_load_balancer(load_balancer_id))
            seen.append(balancer)
            if balancer.provisioning_status == "ERROR":
                raise in_error(action, f"load balancer {load_balancer_id}")
            return balancer if is_unlocked(balancer) else None

        def report() -> None:
            self.progress(f"waiting for load balancer {load_balancer_id}, which is {seen[-1].provisioning_status}")

        found = wait_until(
            unlocked,
            self.deadline,
            lambda _attempt: min(_LONGEST_PAUSE, max(_PAUSE, self.deadline.remaining / 600)),
            on_wait=report,
        )
        if found is None:
            raise DeadlineExceeded(
                action,
                f"load balancer {load_balancer_id} was still locked ({seen[-1].provisioning_status}, task "
                f"{seen[-1].task_id or 'unknown'}) after {self.deadline.seconds:.0f} s",
                "Another client is changing it: run `pulumi up` again when that change has ended.",
            )
        return len(seen) > 1

    def wait_until_active(self, read: Callable[[], ResponseT], action: str) -> ResponseT:
        """Read an object until its lock has ended, which can be later than its task.

        Args:
            read: Read the object, which has `provisioning_status` and, unless it is a secret, `task_id`.
            action: The operation in words, for errors.

        Raises:
            ObjectFailed: The object is in provisioning status ERROR, or gone.
            DeadlineExceeded: The object did not become ACTIVE in time.
        """
        missing: list[ObjectNotFound | None] = []
        statuses: list[str] = []

        def active() -> ResponseT | None:
            try:
                found = read()
            except ObjectNotFound as error:
                missing.append(error)
                return None
            missing.append(None)
            status = getattr(found, "provisioning_status", "ACTIVE")
            statuses.append(status)
            if status == "ERROR":
                raise in_error(action, self.kind)
            return found if status == "ACTIVE" and not getattr(found, "task_id", None) else None

        found = wait_until(active, self.deadline.capped_at(_ACTIVE_LIMIT), constant(_PAUSE))
        if found is not None:
            return found
        if missing[-1] is not None:
            raise ObjectFailed(
                action,
                f"its task ended well, but: {missing[-1].reason}",
                "Run `pulumi up` again to create it from scratch.",
            ) from missing[-1]
        raise DeadlineExceeded(
            action, f"the {self.kind} is still {statuses[-1]} after its task ended", "Run `pulumi up` again later."
        )

    def _sent(self, request: Call[ResponseT] | RequestVariants[ResponseT]) -> ResponseT:
        if isinstance(request, RequestVariants):
            return self.account.client.send_variant(request, self.deadline)
        return self.account.client.send(request, self.deadline)

    def _require_time_and_engine(self, call: Call[ResponseT]) -> None:
        if self.deadline.passed:
            raise DeadlineExceeded(
                call.description,
                f"its time limit of {self.deadline.seconds:.0f} s passed before the request could be sent",
                "Run `pulumi up` again, or raise the limit (`custom_timeouts` of the resource, or the configured "
                "`taskTimeout`).",
            )
        if not self.session.engine.is_alive():
            raise ObjectFailed(
                call.description,
                "the Pulumi engine that requested it has ended, so nothing more is written",
                "Run `pulumi up` again: it finds what this run has created.",
            )


def is_unlocked(balancer: LoadBalancer) -> bool:
    """Return whether no change holds the load balancer."""
    return balancer.provisioning_status == "ACTIVE" and not balancer.task_id


def in_error(action: str, what: str) -> ObjectFailed:
    """Return the error about an object that no request can change any more."""
    return ObjectFailed(
        action,
        f"the {what} is in provisioning status ERROR",
        "Look at it in Gcore's portal: an object in ERROR can only be deleted, or failed over by Gcore. Deleting a "
        "load balancer there deletes its listeners and pools too; then run `pulumi refresh` and `pulumi up`.",
    )
