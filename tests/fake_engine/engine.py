"""Fake Pulumi engine that runs programs through the real providers, in this process.

It does what the real engine was observed to do: check, diff and the operations in the program's order. A replacement is
created first, and the replaced object is deleted last, unless the provider requests its delete first, together with the
resources that cannot exist without it. Deletes come in reverse order at the end, and the first failure ends a run. A
create is saved as pending before it starts, and stays pending if the process is killed. Partial state that a provider
reports is saved with the resource, which the next run updates even if nothing differs.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import httpx
import pytest
from pulumi.runtime import rpc

from gcore_tls_provider import providers
from gcore_tls_provider.api.clock import Clock
from gcore_tls_provider.dynamic import handlers, process
from gcore_tls_provider.errors import GcoreTlsError
from gcore_tls_provider.hidden_inputs import RECORD, to_json
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from gcore_tls_provider.lifecycle.session import Session
from tests.fake_engine.stack import engine_value
from tests.fake_engine.state import (
    STACK,
    DeclaredResource,
    PendingOperation,
    Program,
    ResourceRef,
    SavedResource,
    SavedState,
)

RunOutcome = Literal["succeeded", "failed", "killed"]

_DELETE_ORDER = {"Pool": 0, "Listener": 1, "LoadBalancer": 2}


class ProcessKilled(BaseException):
    """The process was killed: no handler catches this, and nothing more is saved."""


@dataclass
class RunResult:
    """Result of one run.

    Attributes:
        outcome: How the run ended.
        error: Message of the error that ended the run.
        output: All texts that a user would see.
    """

    outcome: RunOutcome = "succeeded"
    error: str = ""
    output: list[str] = field(default_factory=list)


class _StepFailed(Exception):
    """A step failed, and its partial state is saved."""


@dataclass
class FakeEngine:
    """An engine with one stack.

    Attributes:
        network: Transport of the providers.
        clock: Source of time.
        configured: Configuration of the stack.
        state: State of the stack.
        process_killed: The process of the current run was killed.
    """

    network: httpx.BaseTransport
    clock: Clock
    configured: Mapping[str, str]
    state: SavedState = field(default_factory=SavedState)
    process_killed: bool = False

    # The lifecycle's `EnginePort`.

    def progress(self, urn: str, text: str) -> None:
        self._result.output.append(text)

    def warn(self, urn: str, text: str) -> None:
        self._result.output.append(text)

    def error(self, urn: str, text: str) -> None:
        self._result.output.append(text)

    def is_alive(self) -> bool:
        return not self.process_killed

    def exported_stack(self, stack: str) -> bytes | None:
        return self.state.export()

    # The commands of a user.

    def up(self, program: Program) -> RunResult:
        """Run `pulumi up --skip-preview`."""
        return self._run_process(lambda: self._up(program))

    def refresh(self) -> RunResult:
        """Run `pulumi refresh`."""
        return self._run_process(self._refresh)

    def destroy(self) -> RunResult:
        """Run `pulumi destroy`."""
        return self._run_process(self._destroy)

    def preview(self, program: Program) -> list[str]:
        """Run `pulumi preview`, and return its planned steps; empty if there is nothing to do."""
        steps: list[str] = []
        self._run_process(lambda: steps.extend(self._planned_steps(program)))
        return steps

    # The steps of the commands.

    def _run_process(self, command: Callable[[], None]) -> RunResult:
        """Run a command in a new process, which has only the state."""
        self._result, self.process_killed = RunResult(), False
        self._processed_urns: list[str] = []
        self._ids: dict[str, str] = {
            saved.declared.name: saved.id for saved in self.state.resources if not saved.delete_pending
        }
        configuration = Configuration.read(self.configured.get, {})
        session = Session.start(configuration, self, clock=self.clock, transport=_ProcessNetwork(self, self.network))
        partial_results: list[tuple[str, Mapping[str, Any]]] = []

        def save_partial_state(object_id: str, properties: Mapping[str, Any], reason: str) -> bool:
            partial_results.append((object_id, properties))
            return True

        self._partial_results = partial_results
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(process, "_process", process.ProviderProcess.of(session))
            patch.setattr(handlers, "save_partial_state", save_partial_state)
            try:
                command()
            except ProcessKilled:
                self._result.outcome = "killed"
            except _StepFailed as failed:
                self._result.outcome, self._result.error = "failed", str(failed)
                self._result.output.append(str(failed))
        return self._result

    def _up(self, program: Program) -> None:
        urns = {each.urn for each in program}
        if not self.state.identity:
            self.state = replace(self.state, identity=str(uuid.uuid4()))
        for declared in program:
            self._register(declared, program)
        for saved in self._in_delete_order():
            if saved.delete_pending or saved.urn not in urns:
                self._delete(saved)

    def _destroy(self) -> None:
        for saved in self._in_delete_order():
            self._delete(saved)
        # The next `up` creates another dynamic provider. Pending creates of interrupted runs stay.
        self.state = replace(self.state, identity="")

    def _in_delete_order(self) -> list[SavedResource]:
        """Return the resources in the order of their deletes.

        The real engine deletes independent resources at the same time, and the providers wait for each other.
        """
        last = len(_DELETE_ORDER)
        return sorted(reversed(self.state.resources), key=lambda saved: _DELETE_ORDER.get(saved.declared.kind, last))

    def _refresh(self) -> None:
        for saved in self.state.resources:
            if saved.delete_pending:
                continue
            with self._provider_call(saved.declared):
                found = _provider(saved.declared).read(saved.id, dict(saved.outputs))
            if not found.id:
                self._save([each for each in self.state.resources if each is not saved])
            else:
                inputs, outputs = engine_value(found.inputs), engine_value(found.outs)
                self._save_changed(saved, replace(saved, inputs=inputs, outputs=outputs, partial=False))

    def _planned_steps(self, program: Program) -> Iterator[str]:
        urns = {each.urn for each in program}
        for saved in self.state.resources:
            if saved.delete_pending or saved.urn not in urns:
                yield f"delete {saved.urn}"
        for declared in program:
            current = self._saved_resource(declared)
            news = self._program_inputs(declared, nonce=rpc.UNKNOWN)
            checked = self._check(declared, current.inputs if current else {}, news)
            if current is None:
                yield f"create {declared.urn}"
            elif current.partial or self._diff(current, checked).changes:
                yield f"update {declared.urn}"

    def _register(self, declared: DeclaredResource, program: Program) -> None:
        saved = self._saved_resource(declared)
        news = self._program_inputs(declared, nonce=secrets.token_hex(8))
        checked = self._check(declared, saved.inputs if saved else {}, news)
        if saved is None:
            self._create(declared, checked)
            return
        difference = self._diff(saved, checked)
        if difference.replaces:
            if difference.delete_before_replace:
                for dependent in reversed(self._dependents(declared)):
                    self._delete(dependent)
                self._delete(saved)
                self._create(declared, self._check(declared, {}, news))
            else:
                self._create(declared, self._check(declared, {}, news), replaced=saved)
        elif difference.changes or saved.partial:
            self._update(saved, declared, checked)
        else:
            self._save_changed(saved, replace(saved, declared=declared, inputs=checked))

    def _dependents(self, declared: DeclaredResource) -> list[SavedResource]:
        """Return the resources that cannot exist without another: their diff replaces them if its ID is unknown."""
        dependents = []
        for saved in self.state.resources:
            references = [name for name, value in saved.declared.inputs.items() if value == ResourceRef(declared.name)]
            if saved.delete_pending or not references:
                continue
            unknown = dict.fromkeys(references, rpc.UNKNOWN)
            if self._diff(saved, {**saved.inputs, **unknown}).replaces:
                dependents.append(saved)
        return dependents

    def _create(
        self, declared: DeclaredResource, inputs: Mapping[str, Any], replaced: SavedResource | None = None
    ) -> None:
        pending = self._start_pending(PendingOperation("creating", declared.urn, inputs, self.state.identity))
        with self._provider_call(declared, pending):
            try:
                created = _provider(declared).create(dict(inputs))
            except GcoreTlsError:
                for object_id, properties in self._partial_results:
                    outputs = engine_value(properties)
                    partial = SavedResource(declared, object_id, inputs, outputs, partial=True)
                    self._save_created(partial, None, replaced)
                self._partial_results.clear()
                raise
        self._save_created(SavedResource(declared, created.id, inputs, engine_value(created.outs)), pending, replaced)

    def _start_pending(self, pending: PendingOperation) -> PendingOperation:
        """Save a pending operation. Of the pending operations of earlier runs, only creates stay."""
        creates = tuple(each for each in self.state.pending if each.type == "creating")
        self.state = replace(self.state, pending=(*creates, pending))
        return pending

    def _end_pending(self, pending: PendingOperation | None) -> None:
        self.state = replace(self.state, pending=tuple(each for each in self.state.pending if each is not pending))

    def _save_created(
        self, created: SavedResource, pending: PendingOperation | None, replaced: SavedResource | None
    ) -> None:
        saved = [replace(each, delete_pending=True) if each is replaced else each for each in self.state.resources]
        self._processed_urns.append(created.urn)
        self._save([*saved, created])
        self._end_pending(pending)
        self._ids[created.declared.name] = created.id

    def _update(self, saved: SavedResource, declared: DeclaredResource, inputs: Mapping[str, Any]) -> None:
        pending = self._start_pending(PendingOperation("updating", declared.urn, inputs, self.state.identity, saved.id))
        with self._provider_call(declared, pending):
            try:
                updated = _provider(declared).update(saved.id, dict(saved.outputs), dict(inputs))
            except GcoreTlsError:
                for _, properties in self._partial_results:
                    outputs = engine_value(properties)
                    partial = replace(saved, declared=declared, inputs=inputs, outputs=outputs, partial=True)
                    self._save_changed(saved, partial)
                self._partial_results.clear()
                raise
        self._end_pending(pending)
        outputs = engine_value(updated.outs)
        self._save_changed(saved, replace(saved, declared=declared, inputs=inputs, outputs=outputs, partial=False))

    def _delete(self, saved: SavedResource) -> None:
        pending = PendingOperation("deleting", saved.urn, saved.inputs, self.state.identity, saved.id)
        self._start_pending(pending)
        with self._provider_call(saved.declared, pending):
            _provider(saved.declared).delete(saved.id, dict(saved.outputs))
        self._end_pending(pending)
        self._save([each for each in self.state.resources if each is not saved])

    def _save_changed(self, saved: SavedResource, changed: SavedResource) -> None:
        self._processed_urns.append(saved.urn)
        self._save([changed if each is saved else each for each in self.state.resources])
        self._ids[changed.declared.name] = changed.id

    def _save(self, resources: Sequence[SavedResource]) -> None:
        """Save the resources: first those that this run has processed, in that order, then the others."""
        order = {urn: number for number, urn in enumerate(self._processed_urns)}
        processed = [each for each in resources if each.urn in order and not each.delete_pending]
        others = [each for each in resources if each not in processed]
        processed.sort(key=lambda each: order[each.urn])
        self.state = replace(self.state, resources=(*processed, *others))

    def _saved_resource(self, declared: DeclaredResource) -> SavedResource | None:
        return next(
            (each for each in self.state.resources if each.urn == declared.urn and not each.delete_pending), None
        )

    def _check(self, declared: DeclaredResource, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        with self._provider_call(declared):
            result = _provider(declared).check(dict(olds), dict(news))
        if result.failures:
            raise _StepFailed("; ".join(each.reason for each in result.failures))
        checked: dict[str, Any] = engine_value(result.inputs)
        return checked

    def _diff(self, saved: SavedResource, inputs: Mapping[str, Any]) -> Any:
        with self._provider_call(saved.declared):
            return _provider(saved.declared).diff(saved.id, dict(saved.outputs), dict(inputs))

    @contextmanager
    def _provider_call(self, declared: DeclaredResource, pending: PendingOperation | None = None) -> Iterator[None]:
        """Call a provider; an error ends the pending operation and the run. Only a killed process keeps it pending."""
        try:
            yield
        except GcoreTlsError as error:
            self._end_pending(pending)
            raise _StepFailed(f"{declared.kind} {declared.name}: {error}") from None

    def _program_inputs(self, declared: DeclaredResource, nonce: str) -> dict[str, Any]:
        context = {"urn": declared.urn, "name": declared.name, "stack": STACK, "timeouts": {}}
        given = {name: self._resolve_ids(value) for name, value in declared.inputs.items()}
        record = {"v": 1, "resource": to_json(context), "nonce": nonce}
        inputs: dict[str, Any] = engine_value({**given, RECORD: record})
        return inputs

    def _resolve_ids(self, value: object) -> object:
        if isinstance(value, ResourceRef):
            return self._ids.get(value.name, rpc.UNKNOWN)
        if isinstance(value, list):
            return [self._resolve_ids(each) for each in value]
        return value


class _ProcessNetwork(httpx.BaseTransport):
    """Network of one process, which sends nothing after it was killed."""

    def __init__(self, engine: FakeEngine, network: httpx.BaseTransport) -> None:
        self._engine, self._network = engine, network

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._engine.process_killed:
            raise ProcessKilled
        try:
            return self._network.handle_request(request)
        except ProcessKilled:
            self._engine.process_killed = True
            raise


def _provider(declared: DeclaredResource) -> Any:
    return getattr(providers, f"{declared.kind}Provider")()
