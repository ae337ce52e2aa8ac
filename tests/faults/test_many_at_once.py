"""Many at once: threads of one process, and two stacks, against a Gcore that is busy and throttles at random."""

from __future__ import annotations

import random
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from gcore_emulator import Behavior, Emulator, Settings, TaskSeconds
from gcore_emulator.application import create_application
from gcore_emulator.settings import DIALECT_CHOICES
from gcore_tls_provider.api.clock import SystemClock
from gcore_tls_provider.hidden_inputs import RECORD, to_json
from gcore_tls_provider.lifecycle import apply, plan
from gcore_tls_provider.lifecycle.inputs.reference_cache import CertificateCache
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from gcore_tls_provider.lifecycle.session import Session
from tests.fake_engine.account import KEY, STACK, as_engine, context_of, member, urn_of
from tests.fake_engine.recording_host import IDENTITY, Making, RecordingHost
from tests.fake_engine.requests import PROJECT, REGION
from tests.faults.accounts import Snapshot, duplicates
from tests.faults.counts import Counts
from tests.faults.in_process import InProcess
from tests.material import LoadBalancerPki

LOAD_BALANCERS = 100
THREADS = 64
LEAST = 3
"""Requests that an object takes at least: its POST, one poll of its task, its GET."""
FACTOR = 3
"""How many times as many all of it may take, where every tenth request is throttled and every tenth write refused."""
_BELOW = "/v1/lb"
"""What is on a load balancer: only that can be busy."""


class Unreliable(httpx.BaseTransport):
    """Sends one request after the other, and answers some of them by itself: 429 to any, 409 to writes."""

    def __init__(self, inner: httpx.BaseTransport, share: float) -> None:
        self.requests, self.refused = 0, 0
        self._inner, self._share = inner, share
        self._luck = random.Random(20)
        self._one = threading.Lock()
        self._busy: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        with self._one:
            self.requests += 1
            status = 0
            if self._luck.random() < self._share:
                status = 429
            elif request.method != "GET" and _BELOW in request.url.path and self._is_busy(request):
                status = 409
            if not status:
                return self._inner.handle_request(request)
            self.refused += 1
        body = {"exception_class": "ConflictError" if status == 409 else "RateLimitError", "message": "busy"}
        return httpx.Response(status, json=body, headers={"Retry-After": "0"}, request=request)

    def _is_busy(self, request: httpx.Request) -> bool:
        """At random, but never twice in a row for the same write: a client may expect that it rests in between."""
        said = request.content.decode()
        if said in self._busy:
            self._busy.remove(said)
            return False
        busy = self._luck.random() < self._share
        if busy:
            self._busy.add(said)
        return busy


def emulated() -> Emulator:
    behavior = Behavior.model_validate(DIALECT_CHOICES["openapi"])
    places = {"projects": frozenset({PROJECT}), "regions": frozenset({REGION})}
    return Emulator(Settings(api_key=KEY, task_seconds=TaskSeconds(0.05), behavior=behavior, **places))


class Program:
    """One stack's process: threads make its resources."""

    def __init__(self, transport: httpx.BaseTransport, identity: str = IDENTITY) -> None:
        values = {
            "gcore:apiKey": KEY,
            "gcore:projectId": str(PROJECT),
            "gcore:regionId": str(REGION),
            "gcore:baseUrl": "http://gcore.example",
            "gcore:dialect": "openapi",
        }
        self.host = RecordingHost()
        self.identity = identity
        configuration = Configuration.read(values.get, {})
        self.session = Session.start(configuration, self.host, clock=SystemClock(), transport=transport)

    def make(self, kind: str, name: str, **properties: object) -> str:
        urn = urn_of(kind, name)
        resource = {"urn": urn, "name": name, "stack": STACK, "timeouts": {}}
        record = {"v": 1, "resource": to_json(resource), "nonce": secrets.token_hex(8)}
        bag = as_engine({**properties, RECORD: record})
        checked = plan.check(KINDS[kind], self.session, context_of(bag), CertificateCache(), {}, bag)
        assert [each for each in checked.findings if each.severity == "error"] == []
        inputs = as_engine(checked.inputs)
        self.host.creating.append(Making(urn, {RECORD: inputs[RECORD]}, self.identity))
        return apply.create(KINDS[kind], self.session, context_of(inputs), inputs).id


@pytest.mark.timeout(240)
def test_a_hundred_load_balancers_at_once(counted: Callable[[Counts], None]) -> None:
    material, emulator = LoadBalancerPki.generate(), emulated()
    transport = Unreliable(InProcess(create_application(emulator)), 0.1)
    stack = Program(transport)

    def whole(number: int) -> None:
        server = stack.make("ListenerCertificate", f"server-{number}", **material.pem(material.server))
        client = stack.make("ClientCertificate", f"client-{number}", **material.pem(material.client))
        ca = stack.make("CertificateAuthority", f"ca-{number}", certificate=material.ca.certificate_pem)
        balancer = stack.make("LoadBalancer", f"lb-{number}")
        listener = stack.make("Listener", f"listener-{number}", load_balancer_id=balancer, secret_id=server)
        where = {"load_balancer_id": balancer, "listener_id": listener}
        stack.make("Pool", f"pool-{number}", **where, ca_secret_id=ca, secret_id=client, members=[member()])

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(whole, range(LOAD_BALANCERS)))

    account = Snapshot.of(emulator)
    objects = 6 * LOAD_BALANCERS
    assert len(list(account.all())) == objects
    assert duplicates(account) == []
    assert {each.provisioning_status for each in account.all()} == {"ACTIVE"}
    assert emulator.audit().violations == ()
    assert transport.refused > objects * LEAST * 0.05
    assert transport.requests <= objects * LEAST * FACTOR
    counted(Counts(cases=1, fired=transport.refused))


def test_two_stacks_at_once_on_one_load_balancer() -> None:
    """Each waits while the other holds it; both finish."""
    emulator = emulated()
    transport = Unreliable(InProcess(create_application(emulator)), 0.0)
    balancer = Program(transport).make("LoadBalancer", "shared")
    stacks = [Program(transport, identity) for identity in ("one", "two")]

    def work(number: int) -> None:
        for port in range(80, 84):
            name, port = f"on-{port}", port + 100 * number
            plain = {"load_balancer_id": balancer, "protocol": "HTTP"}
            listener = stacks[number].make("Listener", name, **plain, protocol_port=port)
            stacks[number].make("Pool", name, **plain, listener_id=listener)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, range(2)))
    assert len(emulator.account.listeners) == len(emulator.account.pools) == 8
    assert emulator.audit().violations == ()
