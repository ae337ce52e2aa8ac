"""Fake stack: runs the lifecycle against an emulator on a real port, one resource at a time.

It passes properties as the engine does (numbers as floats, no None), keeps the state of each resource, and records each
write with its body.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from pydantic import JsonValue, TypeAdapter

from gcore_emulator import Emulator
from gcore_emulator.faults import Rule
from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.errors import ApiError
from gcore_tls_provider.hidden_inputs import RECORD, VERSION, to_json
from gcore_tls_provider.lifecycle import apply, plan
from gcore_tls_provider.lifecycle.inputs.properties import Properties
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.inputs.reference_cache import CertificateCache
from gcore_tls_provider.lifecycle.kind import Kind
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.plan import CheckOutcome, Diff
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from gcore_tls_provider.lifecycle.run.context import ResourceContext
from gcore_tls_provider.lifecycle.session import Session
from tests.fake_clock import FakeClock
from tests.fake_engine.recording_engine import PendingCreateRecord, RecordingEngine
from tests.fake_engine.references import saved_inputs, split_references
from tests.fake_engine.requests import LOCATION_PATH, PROJECT, REGION, RecordingTransport, SentRequest
from tests.material import LoadBalancerPki

KEY = "1234_lifecycle"
STACK = "dev"
MISSING_ID = "00000000-0000-4000-8000-000000000000"

MONITOR: Mapping[str, object] = {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3}

_RULES = TypeAdapter(list[Rule])


def engine_value(value: Any) -> Any:
    """Return a value as the engine passes it: numbers are floats, tuples are lists, and None is absent."""
    if isinstance(value, Mapping):
        return {key: engine_value(each) for key, each in value.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [engine_value(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def member(address: object = "10.0.0.11", protocol_port: object = 8443, **properties: object) -> dict[str, object]:
    """Return a member as a program declares it, valid or not."""
    return {"address": address, "protocol_port": protocol_port, **properties}


def urn_of(kind: str, name: str) -> str:
    return f"urn:pulumi:{STACK}::shop::pulumi-python:dynamic/gcore:{kind}::{name}"


def hidden_record(**parts: object) -> dict[str, object]:
    """Return a hidden record with these parts."""
    return {RECORD: {"v": VERSION, **parts}}


def nonce_of(properties: Mapping[str, object]) -> str:
    return Record.of(properties).nonce


def context_of(properties: Properties) -> ResourceContext:
    return ResourceContext.of(Record.of(properties))


@dataclass
class Resource:
    """One resource of the program, with its saved state."""

    stack: FakeStack
    kind: str
    name: str
    id: str
    inputs: Properties
    outputs: Properties

    @property
    def kind_data(self) -> Kind[Any]:
        return KINDS[self.kind]

    def diff(self, **properties: object) -> Diff:
        """Return the diff between the saved state and a program with these properties."""
        news = self.stack.checked_inputs(self.kind, self.name, properties, self.inputs)
        return plan.diff(self.kind_data, engine_value(self.outputs), engine_value(news), self.id)

    def saved_diff(self) -> Diff:
        """Return the diff between the saved outputs and the saved inputs."""
        return plan.diff(self.kind_data, engine_value(self.outputs), engine_value(self.inputs), self.id)

    def update(self, **properties: object) -> list[SentRequest]:
        """Update the object to a program with these properties, and return the writes that were sent."""
        news = self.stack.checked_inputs(self.kind, self.name, properties, self.inputs)
        difference = plan.diff(self.kind_data, engine_value(self.outputs), engine_value(news), self.id)
        assert difference.changes, "there is nothing to update"
        assert not difference.replaces, f"{difference.replaces} replaces it"
        with self.stack.writes() as sent:
            try:
                outputs = apply.update(
                    self.kind_data,
                    self.stack.session,
                    context_of(engine_value(news)),
                    self.id,
                    engine_value(self.outputs),
                    engine_value(news),
                )
            except ApiError as failed:
                if failed.partial is not None:
                    self.inputs, self.outputs = news, dict(failed.partial.properties)
                raise
        self.inputs, self.outputs = news, outputs
        return sent

    def update_with_saved_inputs(self) -> Properties:
        """Update the object with the saved inputs, and return the outputs."""
        context = context_of(self.inputs)
        return apply.update(self.kind_data, self.stack.session, context, self.id, self.outputs, self.inputs)

    def refresh(self) -> bool:
        """Read the object into the state, and return whether it still exists."""
        found = self._read()
        if found is None:
            return False
        self.inputs, self.outputs = found.inputs, found.outputs
        return True

    def delete(self) -> None:
        outputs = engine_value(self.outputs)
        apply.delete(self.kind_data, self.stack.session, context_of(outputs), self.id, outputs)

    def _read(self) -> apply.ReadResult | None:
        outputs = engine_value(self.outputs)
        return apply.read(self.kind_data, self.stack.session, context_of(outputs), self.id, outputs)

    def live_properties(self) -> Properties:
        """Return the properties of a fresh read."""
        found = self._read()
        assert found is not None
        return found.outputs


@dataclass(repr=False)
class FakeStack:
    """One run of a stack's program, with an emulated account.

    Attributes:
        emulator: Emulator of the account.
        clock: Source of time, for the lifecycle and the emulator.
        transport: Transport that records all requests.
        engine: Engine of this run.
        session: Session of this run.
        certificates: Certificates that the checks of this run have published.
        material: Certificates that programs can use.
        parent_load_balancer: Load balancer on which a test creates listeners and pools.
        partial_resources: Resources that failed creates have saved with partial state.
    """

    emulator: Emulator
    clock: FakeClock
    transport: RecordingTransport
    engine: RecordingEngine
    session: Session
    certificates: CertificateCache
    material: LoadBalancerPki
    parent_load_balancer: Resource | None = None
    partial_resources: list[Resource] = field(default_factory=list)

    @classmethod
    def start(
        cls,
        emulator: Emulator,
        url: str,
        network: httpx.BaseTransport,
        clock: FakeClock,
        material: LoadBalancerPki,
        dialect: str,
    ) -> FakeStack:
        values = {
            "gcore:apiKey": KEY,
            "gcore:projectId": str(PROJECT),
            "gcore:regionId": str(REGION),
            "gcore:baseUrl": url,
            "gcore:dialect": dialect,
        }
        transport, engine = RecordingTransport(network), RecordingEngine()
        session = Session.start(Configuration.read(values.get, {}), engine, clock=clock, transport=transport)
        return cls(emulator, clock, transport, engine, session, CertificateCache(), material)

    def next_run(self, configuration: Configuration | None = None) -> FakeStack:
        """Return the next run of the same program: a new process, whose state has the same pending creates."""
        engine = RecordingEngine(
            ids=list(self.engine.ids), pending_creates=list(self.engine.pending_creates), readable=self.engine.readable
        )
        session = Session.start(
            configuration or self.session.configuration, engine, clock=self.clock, transport=self.transport
        )
        return replace(self, engine=engine, session=session, certificates=CertificateCache())

    # The engine.

    def program_inputs(self, kind: str, name: str, properties: Mapping[str, object], **timeouts: float) -> Properties:
        """Return a program's inputs as the provider receives them."""
        resource = {"urn": urn_of(kind, name), "name": name, "stack": STACK, "timeouts": timeouts}
        references, others = split_references(properties, self.certificates)
        record = {
            "v": VERSION,
            "resource": to_json(resource),
            "nonce": secrets.token_hex(8),
            "references": None if references is None else to_json(references),
        }
        given: Properties = engine_value({**others, RECORD: record})
        return given

    def check(self, kind: str, olds: Properties, news: Properties) -> CheckOutcome:
        """Check a resource, and publish its certificates to later checks."""
        context = ResourceContext.of(Record.of(news))
        outcome = plan.check(KINDS[kind], self.session, context, self.certificates, olds, news)
        self.certificates.put(outcome.published)
        return outcome

    def findings(
        self, kind: str, properties: Mapping[str, object], olds: Mapping[str, object] | None = None
    ) -> tuple[Finding, ...]:
        """Return the findings of the resource `it`; `olds` are the inputs of the previous run."""
        before = saved_inputs(olds or {}, self.certificates)
        return self.check(kind, before, self.program_inputs(kind, "it", properties)).findings

    def checked_inputs(
        self, kind: str, name: str, properties: Mapping[str, object], olds: Mapping[str, object] | None = None
    ) -> Properties:
        """Return a program's inputs after a check, which must find no error."""
        checked = self.check(kind, engine_value(olds or {}), self.program_inputs(kind, name, properties))
        assert [each for each in checked.findings if each.severity == "error"] == []
        return checked.inputs

    def create(self, kind: str, name: str, /, **properties: object) -> Resource:
        """Create a resource and save it; save partial state if the create fails."""
        inputs = self.checked_inputs(kind, name, properties)
        pending = PendingCreateRecord(urn_of(kind, name), engine_value(inputs))
        self.engine.pending_creates.append(pending)
        try:
            live = apply.create(KINDS[kind], self.session, context_of(engine_value(inputs)), engine_value(inputs))
        except ApiError as failed:
            partial = failed.partial
            if partial is not None:
                self.engine.ids.append(partial.id)
                self.partial_resources.append(Resource(self, kind, name, partial.id, inputs, dict(partial.properties)))
            raise
        finally:
            self.engine.pending_creates.remove(pending)
        self.engine.ids.append(live.id)
        assert Record.of(live.properties).explicit is not None
        return Resource(self, kind, name, live.id, inputs, live.properties)

    def run_after_interrupted_creates(self, *orphans: Resource) -> FakeStack:
        """Return the run after one that was killed before it saved these objects: their creates stay pending."""
        self.clock.advance(60)
        later, orphan_ids = self.next_run(), {each.id for each in orphans}
        later.engine.ids = [each for each in later.engine.ids if each not in orphan_ids]
        later.engine.pending_creates += [
            PendingCreateRecord(urn_of(each.kind, each.name), engine_value(each.inputs)) for each in orphans
        ]
        return later

    def create_outside_state(self, kind: str, inputs: Properties) -> str:
        """Create an object from checked inputs without saving it, and return its ID."""
        return apply.create(KINDS[kind], self.session, context_of(inputs), inputs).id

    @property
    def warnings(self) -> str:
        """Warnings of this run, one a line."""
        return "\n".join(text for _, text in self.engine.warnings)

    # Resources of programs.

    def ca(self, name: str = "ca") -> Resource:
        return self.create("CertificateAuthority", name, certificate=self.material.ca.certificate_pem)

    def crl(self, name: str = "crl") -> Resource:
        return self.create("RevocationList", name, revocation_list=self.material.crl)

    def client_certificate(self, name: str = "client") -> Resource:
        return self.create("ClientCertificate", name, **self.material.pem(self.material.client))

    def listener_certificate(self, name: str = "server") -> Resource:
        return self.create("ListenerCertificate", name, **self.material.pem(self.material.server))

    def load_balancer(self, name: str = "lb", /, **properties: object) -> Resource:
        return self.create("LoadBalancer", name, **properties)

    def listener(self, balancer: Resource, name: str = "listener", /, **properties: object) -> Resource:
        plain = {"load_balancer_id": balancer.id, "protocol": "HTTP", "protocol_port": 80}
        return self.create("Listener", name, **{**plain, **properties})

    def pool(self, balancer: Resource, name: str = "pool", /, **properties: object) -> Resource:
        return self.create("Pool", name, **{"load_balancer_id": balancer.id, **properties})

    # The network and the account.

    @contextmanager
    def writes(self) -> Iterator[list[SentRequest]]:
        """Collect the writes of a block, in order; the list is filled at its end."""
        begin, sent = len(self.transport.sent), list[SentRequest]()
        yield sent
        sent += [each for each in self.transport.sent[begin:] if each.method != "GET"]

    @contextmanager
    def requests(self) -> Iterator[list[SentRequest]]:
        """Collect the requests of a block, in order; the list is filled at its end."""
        begin, sent = len(self.transport.sent), list[SentRequest]()
        yield sent
        sent += self.transport.sent[begin:]

    def by_hand(self, method: str, path: str, json: object = None) -> JsonValue:
        """Send a request outside the stack, as the portal would, and wait until it is done."""
        version, kind, *rest = path.strip("/").split("/")
        url = "/".join((self.session.configuration.base_url, "cloud", version, kind + LOCATION_PATH, *rest))
        request = httpx.Request(method, url, json=json, headers={"Authorization": f"APIKey {KEY}"})
        response = self.transport.network.handle_request(request)
        content = response.read()
        assert response.is_success, response.text
        self.clock.advance(60)
        body: JsonValue = response.json() if content else None
        return body

    def inject_fault(self, **rule: JsonValue) -> None:
        self.emulator.faults.add(_RULES.validate_python([rule]))

    def clear_faults(self) -> None:
        """Remove all faults."""
        self.emulator.faults.counts.clear()

    def finish_hanging_tasks(self, failure: str | None = None) -> None:
        """End the tasks that would never end: successfully, or with a failure."""
        for task in list(self.emulator.account.tasks.values()):
            if task.finished_at is None and task.due_at is None:
                self.emulator.task_engine.put_task(replace(task, due_at=task.created_at, failure=failure))
        self.emulator.task_engine.advance_to_now()

    def respond_to_reads_with(self, route: str, body: JsonValue) -> None:
        """Respond to every read of this route with `body`."""
        self.inject_fault(action="respond", method="GET", route=route, status=200, body=body)

    @property
    def fault_counts(self) -> list[int]:
        """Number of times that each fault has occurred."""
        return [count.fired for count in self.emulator.faults.counts]

    def objects(self, table: str) -> list[Any]:
        """Return the objects in the account: `secrets`, `load_balancers`, `listeners` or `pools`."""
        self.emulator.task_engine.advance_to_now()
        return list(getattr(self.emulator.account, table).values())
