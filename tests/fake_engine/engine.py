"""A stand-in for Pulumi's engine that runs programs through the real providers, in this process.

It does what the real engine was seen to do: check, diff and the operations in the program's order; a replacement is
made first and what it replaces deleted last, unless the provider says that it must go first, together with what can't
live without it; deletions in reverse order at the end, and the first failure ends a run. A create is noted as pending
before it begins, and stays so if the run dies in it. What a provider reports as half-done is saved with the resource,
which is then updated in the next run even if nothing differs. All this is written down beside each step.
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
from tests.fake_engine.account import as_engine
from tests.fake_engine.state import STACK, Declared, Pending, Program, Ref, Row, State

Outcome = Literal["done", "failed", "died"]

_DELETED_IN = {"Pool": 0, "Listener": 1, "LoadBalancer": 2}


class Died(BaseException):
    """The process was killed: no handler catches it, and nothing is saved any more."""


@dataclass
class Run:
    """One run, and what it said.

    Attributes:
        outcome: how it ended.
        error: the line of the error that ended it.
        said: everything that a user would see.
    """

    outcome: Outcome = "done"
    error: str = ""
    said: list[str] = field(default_factory=list)


class _Failed(Exception):
    """A step failed; what is to be saved of it is saved."""


@dataclass
class FakeEngine:
    """The engine, with one stack.

    Attributes:
        state: what is saved.
        died: whether the process of the run that goes on was killed.
    """

    network: httpx.BaseTransport
    clock: Clock
    configured: Mapping[str, str]
    state: State = field(default_factory=State)
    died: bool = False

    # What a provider asks its engine: the lifecycle's `Host`.

    def progress(self, urn: str, text: str) -> None:
        self._run.said.append(text)

    def warn(self, urn: str, text: str) -> None:
        self._run.said.append(text)

    def error(self, urn: str, text: str) -> None:
        self._run.said.append(text)

    def is_alive(self) -> bool:
        return not self.died

    def exported_stack(self, stack: str) -> bytes | None:
        return self.state.export()

    # What a user types.

    def up(self, program: Program) -> Run:
        """`pulumi up --skip-preview`."""
        return self._running(lambda: self._up(program))

    def refresh(self) -> Run:
        """`pulumi refresh`."""
        return self._running(self._refresh)

    def destroy(self) -> Run:
        """`pulumi destroy`."""
        return self._running(self._destroy)

    def preview(self, program: Program) -> list[str]:
        """`pulumi preview`: what would be done, in words; empty if nothing."""
        found: list[str] = []
        self._running(lambda: found.extend(self._planned(program)))
        return found

    # How it does it.

    def _running(self, work: Callable[[], None]) -> Run:
        """A new process: nothing but the state is known from before."""
        self._run, self.died = Run(), False
        self._done: list[str] = []
        self._ids: dict[str, str] = {row.declared.name: row.id for row in self.state.rows if not row.delete}
        configuration = Configuration.read(self.configured.get, {})
        session = Session.start(configuration, self, clock=self.clock, transport=_Of(self, self.network))
        saved: list[tuple[str, Mapping[str, Any]]] = []

        def save_half_done(object_id: str, properties: Mapping[str, Any], reason: str) -> bool:
            saved.append((object_id, properties))
            return True

        self._half_done = saved
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(process, "_process", process.ProviderProcess.of(session))
            patch.setattr(handlers, "save_partial_state", save_half_done)
            try:
                work()
            except Died:
                self._run.outcome = "died"
            except _Failed as failed:
                self._run.outcome, self._run.error = "failed", str(failed)
                self._run.said.append(str(failed))
        return self._run

    def _up(self, program: Program) -> None:
        names = {each.urn for each in program}
        if not self.state.identity:
            self.state = replace(self.state, identity=str(uuid.uuid4()))
        for declared in program:
            self._register(declared, program)
        for row in self._last_first():
            if row.delete or row.urn not in names:
                self._delete(row)

    def _destroy(self) -> None:
        for row in self._last_first():
            self._delete(row)
        # The next `up` makes another dynamic provider. Notes of creates that died stay.
        self.state = replace(self.state, identity="")

    def _last_first(self) -> list[Row]:
        """The order of deletions. Where the real engine has none, it deletes at the same time, and providers wait."""
        return sorted(reversed(self.state.rows), key=lambda row: _DELETED_IN.get(row.declared.kind, len(_DELETED_IN)))

    def _refresh(self) -> None:
        for row in self.state.rows:
            if row.delete:
                continue
            with self._step(row.declared):
                found = _provider(row.declared).read(row.id, dict(row.outputs))
            if not found.id:
                self._save([each for each in self.state.rows if each is not row])
            else:
                inputs, outputs = as_engine(found.inputs), as_engine(found.outs)
                self._put(row, replace(row, inputs=inputs, outputs=outputs, half_done=False))

    def _planned(self, program: Program) -> Iterator[str]:
        names = {each.urn for each in program}
        yield from (f"delete {row.urn}" for row in self.state.rows if row.delete or row.urn not in names)
        for declared in program:
            row = self._row(declared)
            news = self._bag(declared, attempt=rpc.UNKNOWN)
            checked = self._checked(declared, row.inputs if row else {}, news)
            if row is None:
                yield f"create {declared.urn}"
            elif row.half_done or self._diff(row, checked).changes:
                yield f"update {declared.urn}"

    def _register(self, declared: Declared, program: Program) -> None:
        row = self._row(declared)
        news = self._bag(declared, attempt=secrets.token_hex(8))
        checked = self._checked(declared, row.inputs if row else {}, news)
        if row is None:
            self._create(declared, checked)
            return
        difference = self._diff(row, checked)
        if difference.replaces:
            if difference.delete_before_replace:
                for dependent in reversed(self._dependents(declared, program)):
                    self._delete(dependent)
                self._delete(row)
                self._create(declared, self._checked(declared, {}, news))
            else:
                self._create(declared, self._checked(declared, {}, news), instead_of=row)
        elif difference.changes or row.half_done:
            self._update(row, declared, checked)
        else:
            self._put(row, replace(row, declared=declared, inputs=checked))

    def _dependents(self, declared: Declared, program: Program) -> list[Row]:
        """What can't be while the resource is away: whose diff says so when the id isn't known."""
        found = []
        for row in self.state.rows:
            refers = {name: rpc.UNKNOWN for name, value in row.declared.inputs.items() if value == Ref(declared.name)}
            if row.delete or not refers:
                continue
            with self._step(row.declared):
                if _provider(row.declared).diff(row.id, dict(row.outputs), {**row.inputs, **refers}).replaces:
                    found.append(row)
        return found

    def _create(self, declared: Declared, inputs: Mapping[str, Any], instead_of: Row | None = None) -> None:
        pending = self._begin(Pending("creating", declared.urn, inputs, self.state.identity))
        with self._step(declared, ends=pending):
            try:
                made = _provider(declared).create(dict(inputs))
            except GcoreTlsError:
                self._keep_half_done(declared, inputs, instead_of)
                raise
        self._keep(Row(declared, made.id, inputs, as_engine(made.outs)), pending, instead_of)

    def _begin(self, pending: Pending) -> Pending:
        """Notes what begins. Of what earlier runs have noted and never ended, creates stay."""
        stay = tuple(each for each in self.state.pending if each.type == "creating")
        self.state = replace(self.state, pending=(*stay, pending))
        return pending

    def _end(self, ended: Pending | None) -> None:
        self.state = replace(self.state, pending=tuple(each for each in self.state.pending if each is not ended))

    def _keep_half_done(self, declared: Declared, inputs: Mapping[str, Any], instead_of: Row | None) -> None:
        for object_id, properties in self._half_done:
            self._keep(Row(declared, object_id, inputs, as_engine(properties), half_done=True), None, instead_of)
        self._half_done.clear()

    def _keep(self, row: Row, ended: Pending | None, instead_of: Row | None) -> None:
        rows = [replace(each, delete=True) if each is instead_of else each for each in self.state.rows]
        self._done.append(row.urn)
        self._save([*rows, row])
        self._end(ended)
        self._ids[row.declared.name] = row.id

    def _update(self, row: Row, declared: Declared, inputs: Mapping[str, Any]) -> None:
        pending = self._begin(Pending("updating", declared.urn, inputs, self.state.identity, row.id))
        with self._step(declared, ends=pending):
            try:
                updated = _provider(declared).update(row.id, dict(row.outputs), dict(inputs))
            except GcoreTlsError:
                for _, properties in self._half_done:
                    half = replace(row, declared=declared, inputs=inputs, outputs=as_engine(properties), half_done=True)
                    self._put(row, half)
                self._half_done.clear()
                raise
        self._end(pending)
        outputs = as_engine(updated.outs)
        self._put(row, replace(row, declared=declared, inputs=inputs, outputs=outputs, half_done=False))

    def _delete(self, row: Row) -> None:
        pending = self._begin(Pending("deleting", row.urn, row.inputs, self.state.identity, row.id))
        with self._step(row.declared, ends=pending):
            _provider(row.declared).delete(row.id, dict(row.outputs))
        self._end(pending)
        self._save([each for each in self.state.rows if each is not row])

    def _put(self, row: Row, changed: Row) -> None:
        self._done.append(row.urn)
        self._save([changed if each is row else each for each in self.state.rows])
        self._ids[changed.declared.name] = changed.id

    def _save(self, rows: Sequence[Row]) -> None:
        """First what this run is done with, in that order; then what was there before."""
        order = {urn: number for number, urn in enumerate(self._done)}
        now = [each for each in rows if each.urn in order and not each.delete]
        before = [each for each in rows if each not in now]
        self.state = replace(self.state, rows=(*sorted(now, key=lambda each: order[each.urn]), *before))

    def _row(self, declared: Declared) -> Row | None:
        return next((row for row in self.state.rows if row.urn == declared.urn and not row.delete), None)

    def _checked(self, declared: Declared, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        with self._step(declared):
            result = _provider(declared).check(dict(olds), dict(news))
        if result.failures:
            raise _Failed("; ".join(each.reason for each in result.failures))
        checked: dict[str, Any] = as_engine(result.inputs)
        return checked

    def _diff(self, row: Row, inputs: Mapping[str, Any]) -> Any:
        with self._step(row.declared):
            return _provider(row.declared).diff(row.id, dict(row.outputs), dict(inputs))

    @contextmanager
    def _step(self, declared: Declared, ends: Pending | None = None) -> Iterator[None]:
        """One call of a provider: if it fails, the run ends; what was pending is so only if the process died."""
        try:
            yield
        except GcoreTlsError as error:
            self._end(ends)
            raise _Failed(f"{declared.kind} {declared.name}: {error}") from None

    def _bag(self, declared: Declared, attempt: str) -> dict[str, Any]:
        context = {"urn": declared.urn, "name": declared.name, "stack": STACK, "timeouts": {}}
        given = {name: self._resolved(value) for name, value in declared.inputs.items()}
        record = {"v": 1, "resource": to_json(context), "nonce": attempt}
        bag: dict[str, Any] = as_engine({**given, RECORD: record})
        return bag

    def _resolved(self, value: object) -> object:
        if isinstance(value, Ref):
            return self._ids.get(value.name, rpc.UNKNOWN)
        if isinstance(value, list):
            return [self._resolved(each) for each in value]
        return value


class _Of(httpx.BaseTransport):
    """The network of one process: once that was killed, it sends nothing."""

    def __init__(self, engine: FakeEngine, network: httpx.BaseTransport) -> None:
        self._engine, self._network = engine, network

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._engine.died:
            raise Died
        try:
            return self._network.handle_request(request)
        except Died:
            self._engine.died = True
            raise


def _provider(declared: Declared) -> Any:
    return getattr(providers, f"{declared.kind}Provider")()
