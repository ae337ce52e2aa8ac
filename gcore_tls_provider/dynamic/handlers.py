"""Handlers of the dynamic providers: adapters between Pulumi's SDK and the lifecycle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)

from gcore_tls_provider.dynamic import process
from gcore_tls_provider.dynamic.diagnostics import Dependencies
from gcore_tls_provider.dynamic.values import from_engine, to_engine
from gcore_tls_provider.errors import ApiError, GcoreTlsError, PropertyError
from gcore_tls_provider.lifecycle import apply, plan
from gcore_tls_provider.lifecycle.impact import change_findings
from gcore_tls_provider.lifecycle.inputs.properties import Properties, format_finding
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.kind import CreatableKind, Kind
from gcore_tls_provider.lifecycle.kinds import KINDS, creatable_kinds
from gcore_tls_provider.lifecycle.recovery.orphans import delete_of_resource
from gcore_tls_provider.lifecycle.recovery.partial import after_failed_update
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.run.context import ResourceContext
from gcore_tls_provider.lifecycle.run.warnings import PARTIAL_STATE_NOT_SAVED
from gcore_tls_provider.pulumi_internals.partial_state import save_partial_state
from gcore_tls_provider.pulumi_internals.provider_property import PROVIDER_PROPERTY
from gcore_tls_provider.pulumi_internals.tracebacks import hide_tracebacks


class Handlers:
    """Handlers of one kind's provider.

    Args:
        kind: The kind.
    """

    def __init__(self, kind: Kind[Any]) -> None:
        """Start nothing."""
        self.kind = kind

    def configure(self, req: ConfigureRequest) -> None:
        """Read the stack's configuration; a missing value is an error at the first request only."""
        if process.is_started():
            return
        if not process.is_debugging():
            hide_tracebacks()
        with _sanitized_errors():
            process.start(req.config.get)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate what is known; send a request only for an object that is to be adopted."""
        with _sanitized_errors():
            provider = process.current()
            olds, inputs = from_engine(_olds), from_engine(news)
            record, context = Record.of(inputs), _context(inputs)
            provider.program_ran = True
            provider.session.stack.start(context.stack, clean=record.resource.get("settled") is True)
            if provider.is_update:
                # Read the state first: Pulumi drops the previous run's pending operations on the first write.
                provider.session.stack.at_start(context.stack)
            provider.is_update |= bool(record.nonce)
            outcome = plan.check(self.kind, provider.session, context, provider.certificates, olds, inputs)
            provider.certificates.put(outcome.published)
            provider.warn_about_plaintext()
            dependencies = Dependencies.of(record.resource)
            errors = provider.diagnostics.report(context.urn, dependencies, outcome.findings)
        # The engine prints the value of a failed property, which can be a key: so no property is named.
        return CheckResult(to_engine(outcome.inputs), [CheckFailure("", each) for each in errors])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare by meaning, and warn about the impact on traffic."""
        with _sanitized_errors():
            olds, news = from_engine(_olds), from_engine(_news)
            diff = plan.diff(self.kind, olds, news, _id)
            if not diff.replaces:
                diff = self._with_interrupted_operations(diff, _id, olds, news)
            for finding in change_findings(self.kind.name, diff, olds, news):
                process.current().session.engine.warn(Record.of(news).urn, format_finding(finding))
        return DiffResult(
            changes=diff.changes,
            replaces=list(diff.replaces),
            delete_before_replace=diff.delete_before_replace,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create the object and wait until it is ACTIVE."""
        with _sanitized_errors(), _saved_partial_state(props):
            properties = from_engine(props)
            session = _session_without_errors(properties)
            live = apply.create(self.kind, session, _required_context(properties), properties)
        return CreateResult(live.id, live.properties)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read the object."""
        with _sanitized_errors():
            properties = from_engine(props)
            context = _required_context(properties)
            found = apply.read(self.kind, process.current().session, context, id_, properties)
        if found is None:
            return ReadResult("", {})
        return ReadResult(id_, found.outputs, found.inputs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Change the object in place."""
        with _sanitized_errors(), _saved_partial_state(_news):
            olds, news = from_engine(_olds), from_engine(_news)
            session, context = _session_without_errors(news), _required_context(news)
            state = _state_at_start(news)
            interrupted = news if _id in state.deleting else state.updating.get(context.urn)
            if interrupted is not None:
                olds = after_failed_update(self.kind.fields, olds, interrupted)
            return UpdateResult(apply.update(self.kind, session, context, _id, olds, news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete the object and wait until it is gone."""
        with _sanitized_errors():
            properties = from_engine(_props)
            provider, context = process.current(), _required_context(properties)
            if not provider.program_ran:
                provider.cleanup.run(creatable_kinds(), provider.session, context.stack)
            self._delete_orphans(properties)
            apply.delete(self.kind, provider.session, context, _id, properties)

    def _with_interrupted_operations(
        self, diff: plan.Diff, object_id: str, olds: Properties, news: Properties
    ) -> plan.Diff:
        """Return the diff with changes that an interrupted run requires; the program can have changed since."""
        session = process.current().session
        if process.current().is_update:
            self._delete_orphans(news)
        state, urn = _state_at_start(news), Record.of(news).urn
        if object_id in state.deleting and apply.is_being_deleted(
            self.kind, session, _required_context(olds), object_id, olds
        ):
            return replace(diff, changes=True, replaces=("name",), delete_before_replace=True)
        interrupted = object_id in state.deleting or urn in state.updating
        return replace(diff, changes=diff.changes or interrupted)

    def _delete_orphans(self, properties: Properties) -> None:
        """Delete the orphans of a resource that this run does not create."""
        if isinstance(self.kind, CreatableKind):
            delete_of_resource(self.kind, process.current().session, _context(properties))


@cache
def handlers_for(resource_type: str) -> Handlers:
    """Return the handlers of a kind.

    Args:
        resource_type: Last part of the resource's type: `Pool`.
    """
    return Handlers(KINDS[resource_type])


def _context(properties: Properties) -> ResourceContext:
    """Return the context of a resource; an empty one if a state that was edited by hand lacks the record."""
    record = Record.of(properties)
    return ResourceContext.of(record) if record.urn else ResourceContext()


def _required_context(properties: Properties) -> ResourceContext:
    """Return the context of a resource; raise `PropertyError` if the record is missing."""
    return ResourceContext.of(Record.of(properties))


def _state_at_start(properties: Properties) -> StackState:
    """Return the stack's state at the start of the run; an empty one if it cannot be read."""
    return process.current().session.stack.at_start(_context(properties).stack) or StackState.empty()


def _session_without_errors(properties: Properties) -> Any:
    """Return the session, unless the check of the resource has found errors.

    Another resource should have failed for them and has not: in a run without a preview, or with `--target`.

    Raises:
        PropertyError: The check has found errors.
    """
    provider = process.current()
    if Record.of(properties).urn in provider.diagnostics.urns_with_errors:
        raise PropertyError(
            "Nothing was sent to Gcore: the inputs of this resource have errors (shown above). Fix those first."
        )
    return provider.session


@contextmanager
def _saved_partial_state(properties: Mapping[str, Any]) -> Iterator[None]:
    """Let the engine save what a failed handler has left at Gcore."""
    try:
        yield
    except ApiError as failed:
        left = failed.partial
        if left is not None:
            outputs = {**to_engine(dict(left.properties)), PROVIDER_PROPERTY: properties.get(PROVIDER_PROPERTY)}
            if not save_partial_state(left.id, outputs, str(failed)):
                urn = Record.of(from_engine(properties)).urn
                text = " ".join(PARTIAL_STATE_NOT_SAVED.fill(object_id=left.id))
                process.current().session.engine.warn(urn, text)
        raise


@contextmanager
def _sanitized_errors() -> Iterator[None]:
    """Raise errors of this package only, each without its causes, which the engine would print too."""
    try:
        yield
    except Exception as error:
        if process.is_debugging():
            raise
        if isinstance(error, GcoreTlsError):
            raise error from None
        # The text of an unforeseen error can contain a secret, so only its type is shown.
        raise GcoreTlsError(
            f"Unexpected {type(error).__name__} in gcore-tls-provider. Run again with {process.DEBUG}=1 and report the "
            f"output as a bug; remove secrets from it first."
        ) from None
