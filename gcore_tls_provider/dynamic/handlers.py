"""The handlers of the dynamic providers: thin adapters between Pulumi's engine and the lifecycle of each kind."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any, Final

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)
from pulumi.output import Unknown
from pulumi.runtime import rpc

from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.errors import ApiError, GcoreTlsError, PropertyError
from gcore_tls_provider.hidden_inputs import ATTEMPT, CONTEXT, from_json, to_json
from gcore_tls_provider.lifecycle.impact import change_findings
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, Properties, format_finding
from gcore_tls_provider.lifecycle.kind import Diff, Lifecycle
from gcore_tls_provider.lifecycle.recovery.orphans import remove_of_resource, remove_of_stack
from gcore_tls_provider.lifecycle.recovery.owned import MadeLifecycle
from gcore_tls_provider.lifecycle.recovery.partial import half_updated
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from gcore_tls_provider.lifecycle.run.operation import ResourceContext, urn_of
from gcore_tls_provider.lifecycle.run.session import Session
from gcore_tls_provider.pulumi_internals.engine_client import EngineClient, raise_max_workers, save_partial_state

DEBUG: Final = "GCORE_TLS_DEBUG"
"""Environment variable: set to 1 for whole tracebacks in place of one line."""

PROVIDER: Final = "__provider"
"""The property in which the SDK keeps a pickled provider."""

_session: Session | None = None
_making = threading.Lock()


def _debugging() -> bool:
    return os.environ.get(DEBUG, "") not in ("", "0")


def _session_for(configured: Callable[[str], str | None]) -> Session:
    """The session of this process, made once: all resources share its client, its locks and its polls."""
    global _session
    with _making:
        if _session is None:
            engine = EngineClient.of_this_process()
            _session = Session(
                Configuration.read(configured, os.environ),
                engine,
                named=lambda namespace: Configuration.read(configured, {}, namespace),
            )
            engine.exit_with_engine()
        return _session


class Handlers:
    """What the engine asks of one kind's provider.

    Args:
        lifecycle: the kind.
    """

    def __init__(self, lifecycle: Lifecycle[Any]) -> None:
        """Starts nothing."""
        self.lifecycle = lifecycle

    def configure(self, req: ConfigureRequest) -> None:
        """Takes the stack's configuration; what is missing matters at the first request."""
        if _session is not None:
            return
        if not _debugging():
            # The engine prints what a traceback has: without one, an error is the single line that it says.
            sys.tracebacklimit = 0
        with _one_line():
            _session_for(req.config.get)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validates what is known; asks Gcore only for an object that is to be adopted."""
        with _one_line():
            session = _shared()
            given = _from_engine(news)
            session.checked = True
            context = _context(given)
            session.begin_glance(context.stack, settled=context.settled)
            if session.updates:
                # Before anything is done: what the run before left cut off is noted for as long as that.
                session.glance(context.stack)
            session.updates |= isinstance(given.get(ATTEMPT), str)
            checked = self.lifecycle.check(session, _from_engine(_olds), given)
            failures = _said(session, context, checked.findings)
        # The engine would print a failed property's value, which may be a key or a page of PEM, so the property is
        # named in the reason only.
        return CheckResult(_to_engine(_kept(checked.inputs)), [CheckFailure("", each) for each in failures])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compares by meaning, and says what the difference means for traffic."""
        with _one_line():
            olds, news = _from_engine(_olds), _from_engine(_news)
            difference = self.lifecycle.diff(olds, news, _id)
            if not difference.replaces:
                difference = self._after_a_run_that_died(difference, _id, olds, news)
            for finding in change_findings(self.lifecycle.kind, difference, olds, news):
                _shared().engine.warn(urn_of(news), format_finding(finding))
        return DiffResult(
            changes=difference.changes,
            replaces=list(difference.replaces),
            delete_before_replace=difference.delete_before_replace,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Makes the object and waits for it."""
        with _one_line(), _saving(props):
            _not_refused(props)
            live = self.lifecycle.create(_shared(), _from_engine(props))
        return CreateResult(live.id, live.properties)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Reads the object."""
        with _one_line():
            found = self.lifecycle.read(_shared(), id_, _from_engine(props))
        if found is None:
            return ReadResult("", {})
        return ReadResult(id_, found.outputs, found.inputs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Changes the object in place."""
        with _one_line(), _saving(_news):
            _not_refused(_news)
            olds, news = _from_engine(_olds), _from_engine(_news)
            state = _at_first(news)
            cut_off = news if _id in state.deleting else state.updating.get(urn_of(news))
            if cut_off is not None:
                olds = half_updated(self.lifecycle.fields, olds, cut_off)
            return UpdateResult(self.lifecycle.update(_shared(), _id, olds, news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Deletes the object and waits until it is gone."""
        with _one_line():
            props = _from_engine(_props)
            if not _shared().checked:
                remove_of_stack(_made(), _shared(), _context(props).stack)
            self._clear_up(props)
            self.lifecycle.delete(_shared(), _id, props)

    def _after_a_run_that_died(self, difference: Diff, object_id: str, olds: Properties, news: Properties) -> Diff:
        """What there is to do because a run died in a change of the resource; the program may have changed since."""
        if _shared().updates:
            self._clear_up(news)
        state = _at_first(news)
        if object_id in state.deleting and self.lifecycle.is_going(_shared(), object_id, olds):
            return replace(difference, changes=True, replaces=("name",), delete_before_replace=True)
        cut_off = object_id in state.deleting or urn_of(news) in state.updating
        return replace(difference, changes=difference.changes or cut_off)

    def _clear_up(self, properties: Properties) -> None:
        """Removes what runs that died have left of a resource that isn't made in this one."""
        if isinstance(self.lifecycle, MadeLifecycle):
            remove_of_resource(self.lifecycle, _shared(), _context(properties))


_MODULES: Final[Mapping[str, tuple[str, str]]] = {
    "Pool": ("pool.kind", "PoolLifecycle"),
    "Listener": ("listener.kind", "ListenerLifecycle"),
    "LoadBalancer": ("load_balancer", "LoadBalancerLifecycle"),
    "Secret": ("secret", "RawSecretLifecycle"),
    "ListenerCertificate": ("certificate", "ListenerCertificateLifecycle"),
    "ClientCertificate": ("certificate", "ClientCertificateLifecycle"),
    "CertificateAuthority": ("certificate", "CertificateAuthorityLifecycle"),
    "RevocationList": ("certificate", "RevocationListLifecycle"),
    "PoolTlsAttachment": ("pool.tls_attachment", "PoolTlsAttachmentLifecycle"),
    "PoolTlsSnapshot": ("pool.tls_attachment", "PoolTlsSnapshotLifecycle"),
}
"""Where the lifecycle of each kind is, by the last part of its type; first what uses others.

A kind is loaded when it is first asked for, so that the first answer doesn't wait for all of them.
"""


@cache
def handlers_for(kind: str) -> Handlers:
    """The handlers of a kind.

    Args:
        kind: the last part of its type: `Pool`.
    """
    module, name = _MODULES[kind]
    return Handlers(getattr(import_module(f"gcore_tls_provider.lifecycle.kinds.{module}"), name)())


@cache
def _made() -> Mapping[str, MadeLifecycle[Any]]:
    """The kinds that are made at Gcore."""
    kinds = {kind: handlers_for(kind).lifecycle for kind in _MODULES}
    return {kind: each for kind, each in kinds.items() if isinstance(each, MadeLifecycle)}


def _shared() -> Session:
    session = _session
    if session is None:
        raise GcoreTlsError("The provider was called before it was configured. Report this: it can't be.")
    raise_max_workers(session.configuration.parallel)
    return session


def _at_first(properties: Properties) -> StackState:
    """The stack's state as it was when the run began; an empty one where it can't be read."""
    return _shared().glance(_context(properties).stack) or StackState.nothing()


def _said(session: Session, context: ResourceContext, findings: Sequence[Finding]) -> list[str]:
    """Says what was found; returns what fails the check.

    The engine ends a preview at the first failed check. So that all findings of a graph are shown at once, each on its
    own resource, only the resource that comes last fails, for all that it refers to.
    """
    errors = []
    # What is true of a list and of the pool that uses it, with one severity, is said where it comes first.
    elsewhere = {each for urn in context.reports_errors_of for each in session.said.get(urn, ())}
    session.said[context.urn] = frozenset(map(_meaning, findings))
    for finding in findings:
        if _meaning(finding) in elsewhere:
            continue
        if finding.severity == "warning":
            session.engine.warn(context.urn, format_finding(finding))
        else:
            errors.append(format_finding(finding))
    session.refused.discard(context.urn)
    if any(each.severity == "error" for each in findings):
        session.refused.add(context.urn)
    if context.errors_deferred:
        for error in errors:
            session.engine.error(context.urn, error)
        return []
    refused = sorted({urn.rpartition("::")[2] for urn in context.reports_errors_of if urn in session.refused})
    if refused:
        names = ", ".join(f"'{name}'" for name in refused)
        errors.append(
            f"inputs: It refers to {names}, refused for the errors shown there. Mend them. [DEPENDENCY_HAS_ERRORS]"
        )
    return errors


def _kept(inputs: Properties) -> Properties:
    """Inputs as they are saved: the engine writes all of the state at each step, so what can be told is left out."""
    if CONTEXT not in inputs:
        return inputs
    context = from_json(inputs[CONTEXT])
    kept = {key: value for key, value in context.items() if key in ("urn", "timeouts") and value}
    return {**inputs, CONTEXT: to_json(kept)}


def _meaning(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.severity, finding.sentence


def _context(given: Properties) -> ResourceContext:
    """Who the resource is. Inputs without that, of a state that was edited by hand, are still to be checked."""
    return ResourceContext.of(given) if CONTEXT in given else ResourceContext(urn="", name="", stack="")


def _not_refused(properties: Mapping[str, Any]) -> None:
    """Stops what another resource should have failed for, and hasn't, in a run without a preview or with targets.

    Raises:
        PropertyError: the check has found errors.
    """
    if urn_of(properties) in _shared().refused:
        raise PropertyError("Nothing was sent to Gcore: the errors of this resource's inputs come first. Mend them.")


@contextmanager
def _saving(properties: Mapping[str, Any]) -> Iterator[None]:
    """Has what a failed handler leaves half-done kept in the stack's state."""
    try:
        yield
    except ApiError as failed:
        left = failed.partial
        if left is not None:
            outputs = {**_to_engine(dict(left.properties)), PROVIDER: properties.get(PROVIDER)}
            if not save_partial_state(left.id, outputs, str(failed)):
                _shared().engine.warn(
                    _context(_from_engine(properties)).urn,
                    f"The stack's state can't keep what was left half-done ({left.id}): this Pulumi SDK isn't known. "
                    f"Look for it with `gcore-tls orphans`; after an update that failed, `pulumi up --refresh` sees "
                    f"what was changed.",
                )
        raise


@contextmanager
def _one_line() -> Iterator[None]:
    """Lets out errors of our own only, each without its causes, which the engine would print too."""
    try:
        yield
    except Exception as error:
        if _debugging():
            raise
        if isinstance(error, GcoreTlsError):
            raise error from None
        # An unforeseen error's text could hold anything, so only its kind is shown.
        raise GcoreTlsError(
            f"An error of gcore-tls-provider itself ({type(error).__name__}). Run again with {DEBUG}=1 and report what "
            f"is printed; look through it for secrets first."
        ) from None


def _from_engine(properties: Mapping[str, Any]) -> Properties:
    return {key: _plain(value) for key, value in properties.items()}


def _plain(value: Any) -> object:
    if isinstance(value, Unknown) or value == rpc.UNKNOWN:
        return UNKNOWN
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _to_engine(properties: Properties) -> dict[str, Any]:
    return {key: _known_to_engine(value) for key, value in properties.items()}


def _known_to_engine(value: object) -> Any:
    if value is UNKNOWN:
        return rpc.UNKNOWN
    if isinstance(value, dict):
        return {key: _known_to_engine(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_known_to_engine(each) for each in value]
    return value
