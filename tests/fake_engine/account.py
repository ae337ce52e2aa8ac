"""A small stand-in for Pulumi's engine, in front of the lifecycles and an emulator on a real port.

It hands properties over as the engine does (numbers as floats, nothing that is None), keeps the state of each resource,
and records every write with its body.
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
from tests.fake_engine.recording_host import Making, RecordingHost
from tests.fake_engine.referring import as_programs, as_saved
from tests.fake_engine.requests import PROJECT, REGION, SCOPE, RecordingTransport, Sent
from tests.material import LoadBalancerPki

KEY = "1234_lifecycle"
STACK = "dev"
NOWHERE = "00000000-0000-4000-8000-000000000000"

MONITOR: Mapping[str, object] = {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3}

_RULES = TypeAdapter(list[Rule])


def as_engine(value: Any) -> Any:
    """A value as it comes out of the engine: numbers are floats, lists are lists, None isn't there."""
    if isinstance(value, Mapping):
        return {key: as_engine(each) for key, each in value.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [as_engine(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def member(address: object = "10.0.0.11", protocol_port: object = 8443, **properties: object) -> dict[str, object]:
    """A member as a program gives it, right or wrong."""
    return {"address": address, "protocol_port": protocol_port, **properties}


def urn_of(kind: str, name: str) -> str:
    return f"urn:pulumi:{STACK}::shop::pulumi-python:dynamic/gcore:{kind}::{name}"


def hidden(**parts: object) -> dict[str, object]:
    """A hidden record with these parts."""
    return {RECORD: {"v": VERSION, **parts}}


def nonce_of(properties: Mapping[str, object]) -> str:
    return Record.of(properties).nonce


def context_of(properties: Properties) -> ResourceContext:
    return ResourceContext.of(Record.of(properties))


@dataclass
class Resource:
    """One resource of the program, with its saved state."""

    world: World
    kind: str
    name: str
    id: str
    inputs: Properties
    outputs: Properties

    @property
    def kind_data(self) -> Kind[Any]:
        return KINDS[self.kind]

    def diff(self, **properties: object) -> Diff:
        """The difference between the saved state and a program that says this now."""
        news = self.world.checked(self.kind, self.name, properties, self.inputs)
        return plan.diff(self.kind_data, as_engine(self.outputs), as_engine(news), self.id)

    def again(self) -> Diff:
        """The difference between the saved outputs and the saved inputs."""
        return plan.diff(self.kind_data, as_engine(self.outputs), as_engine(self.inputs), self.id)

    def update(self, **properties: object) -> list[Sent]:
        """Lets the program say this now; gives the writes that it took."""
        news = self.world.checked(self.kind, self.name, properties, self.inputs)
        difference = plan.diff(self.kind_data, as_engine(self.outputs), as_engine(news), self.id)
        assert difference.changes, "there is nothing to update"
        assert not difference.replaces, f"{difference.replaces} replaces it"
        with self.world.writes() as sent:
            try:
                outputs = apply.update(
                    self.kind_data,
                    self.world.session,
                    context_of(as_engine(news)),
                    self.id,
                    as_engine(self.outputs),
                    as_engine(news),
                )
            except ApiError as failed:
                if failed.partial is not None:
                    self.inputs, self.outputs = news, dict(failed.partial.properties)
                raise
        self.inputs, self.outputs = news, outputs
        return sent

    def update_again(self) -> Properties:
        """The outputs of an update with the saved inputs."""
        context = context_of(self.inputs)
        return apply.update(self.kind_data, self.world.session, context, self.id, self.outputs, self.inputs)

    def refresh(self) -> bool:
        """Reads the object; whether it is still there."""
        found = self._read()
        if found is None:
            return False
        self.inputs, self.outputs = found.inputs, found.outputs
        return True

    def delete(self) -> None:
        outputs = as_engine(self.outputs)
        apply.delete(self.kind_data, self.world.session, context_of(outputs), self.id, outputs)

    def _read(self) -> apply.ReadResult | None:
        outputs = as_engine(self.outputs)
        return apply.read(self.kind_data, self.world.session, context_of(outputs), self.id, outputs)

    def live(self) -> Properties:
        """What a fresh read gives."""
        found = self._read()
        assert found is not None
        return found.outputs


@dataclass(repr=False)
class World:
    """An account at an emulator, and a stack that has things in it.

    Attributes:
        under: a load balancer that a test makes other things on.
        half_done: what creates that failed have left in the state.
    """

    emulator: Emulator
    clock: FakeClock
    transport: RecordingTransport
    host: RecordingHost
    session: Session
    certificates: CertificateCache
    material: LoadBalancerPki
    under: Resource | None = None
    half_done: list[Resource] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        emulator: Emulator,
        url: str,
        network: httpx.BaseTransport,
        clock: FakeClock,
        material: LoadBalancerPki,
        dialect: str,
    ) -> World:
        values = {
            "gcore:apiKey": KEY,
            "gcore:projectId": str(PROJECT),
            "gcore:regionId": str(REGION),
            "gcore:baseUrl": url,
            "gcore:dialect": dialect,
        }
        transport, host = RecordingTransport(network), RecordingHost()
        session = Session.start(Configuration.read(values.get, {}), host, clock=clock, transport=transport)
        return cls(emulator, clock, transport, host, session, CertificateCache(), material)

    def another_run(self, configuration: Configuration | None = None) -> World:
        """The next run of the same program: a new process, and a state in which creates of dead runs are under way."""
        host = RecordingHost(ids=list(self.host.ids), creating=list(self.host.creating), readable=self.host.readable)
        session = Session.start(
            configuration or self.session.configuration, host, clock=self.clock, transport=self.transport
        )
        return replace(self, host=host, session=session, certificates=CertificateCache())

    # What the engine does.

    def bag(self, kind: str, name: str, properties: Mapping[str, object], **timeouts: float) -> Properties:
        """A program's inputs as the provider gets them."""
        resource = {"urn": urn_of(kind, name), "name": name, "stack": STACK, "timeouts": timeouts}
        references, visible = as_programs(properties, self.certificates)
        record = {
            "v": VERSION,
            "resource": to_json(resource),
            "nonce": secrets.token_hex(8),
            "references": None if references is None else to_json(references),
        }
        given: Properties = as_engine({**visible, RECORD: record})
        return given

    def check(self, kind: str, olds: Properties, news: Properties) -> CheckOutcome:
        """The check of a resource, whose certificates later checks see."""
        context = ResourceContext.of(Record.of(news))
        outcome = plan.check(KINDS[kind], self.session, context, self.certificates, olds, news)
        self.certificates.put(outcome.published)
        return outcome

    def findings(
        self, kind: str, properties: Mapping[str, object], olds: Mapping[str, object] | None = None
    ) -> tuple[Finding, ...]:
        before = as_saved(olds or {}, self.certificates)
        return self.check(kind, before, self.bag(kind, "it", properties)).findings

    def checked(
        self, kind: str, name: str, properties: Mapping[str, object], olds: Mapping[str, object] | None = None
    ) -> Properties:
        """A program's inputs after check, which must find no error."""
        checked = self.check(kind, as_engine(olds or {}), self.bag(kind, name, properties))
        assert [each for each in checked.findings if each.severity == "error"] == []
        return checked.inputs

    def create(self, kind: str, name: str, /, **properties: object) -> Resource:
        inputs = self.checked(kind, name, properties)
        making = Making(urn_of(kind, name), as_engine(inputs))
        self.host.creating.append(making)
        try:
            live = apply.create(KINDS[kind], self.session, context_of(as_engine(inputs)), as_engine(inputs))
        except ApiError as failed:
            left = failed.partial
            if left is not None:
                self.host.ids.append(left.id)
                self.half_done.append(Resource(self, kind, name, left.id, inputs, dict(left.properties)))
            raise
        finally:
            self.host.creating.remove(making)
        self.host.ids.append(live.id)
        assert Record.of(live.properties).explicit is not None
        return Resource(self, kind, name, live.id, inputs, live.properties)

    def dies(self, *left: Resource) -> World:
        """The run after one that died before the state knew of these objects: their creates are under way for ever."""
        self.clock.advance(60)
        later = self.another_run()
        later.host.ids = [each for each in later.host.ids if each not in {resource.id for resource in left}]
        later.host.creating += [Making(urn_of(each.kind, each.name), as_engine(each.inputs)) for each in left]
        return later

    def create_from(self, kind: str, inputs: Properties) -> str:
        """The ID of an object created from checked inputs, in no state."""
        return apply.create(KINDS[kind], self.session, context_of(inputs), inputs).id

    @property
    def warnings(self) -> str:
        """All warnings of this run."""
        return "\n".join(text for _, text in self.host.warnings)

    # What a program has.

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

    # Beside the engine.

    @contextmanager
    def writes(self) -> Iterator[list[Sent]]:
        """The writes of a block, in order."""
        begin, sent = len(self.transport.sent), list[Sent]()
        yield sent
        sent += [each for each in self.transport.sent[begin:] if each.method != "GET"]

    @contextmanager
    def requests(self) -> Iterator[list[Sent]]:
        """The requests of a block, in order."""
        begin, sent = len(self.transport.sent), list[Sent]()
        yield sent
        sent += self.transport.sent[begin:]

    def by_hand(self, method: str, path: str, json: object = None) -> JsonValue:
        """What somebody else does in the portal; waits until it is done."""
        version, kind, *rest = path.strip("/").split("/")
        url = "/".join((self.session.configuration.base_url, "cloud", version, kind + SCOPE, *rest))
        request = httpx.Request(method, url, json=json, headers={"Authorization": f"APIKey {KEY}"})
        response = self.transport.network.handle_request(request)
        content = response.read()
        assert response.is_success, response.text
        self.clock.advance(60)
        answer: JsonValue = response.json() if content else None
        return answer

    def fault(self, **rule: JsonValue) -> None:
        self.emulator.faults.add(_RULES.validate_python([rule]))

    def faultless(self) -> None:
        """From now on nothing goes wrong."""
        self.emulator.faults.counts.clear()

    def end_hanging_tasks(self, failure: str | None = None) -> None:
        """Lets tasks that would never end come to their end: well, or with a failure."""
        for task in list(self.emulator.account.tasks.values()):
            if task.finished_at is None and task.due_at is None:
                self.emulator.task_engine.put_task(replace(task, due_at=task.created_at, failure=failure))
        self.emulator.task_engine.advance_to_now()

    def answer_with(self, route: str, body: JsonValue) -> None:
        """Has every read of an object answered by this, whatever it is like."""
        self.fault(action="respond", method="GET", route=route, status=200, body=body)

    @property
    def fired(self) -> list[int]:
        """How often each fault has happened."""
        return [count.fired for count in self.emulator.faults.counts]

    def objects(self, table: str) -> list[Any]:
        """What there is at Gcore: `secrets`, `load_balancers`, `listeners` or `pools`."""
        self.emulator.task_engine.advance_to_now()
        return list(getattr(self.emulator.account, table).values())
