"""Concurrency: threads of one process, and two stacks, with random throttling and locks."""

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
from tests.fake_engine.recording_engine import IDENTITY, PendingCreateRecord, RecordingEngine
from tests.fake_engine.requests import PROJECT, REGION
from tests.fake_engine.stack import KEY, STACK, context_of, engine_value, member, urn_of
from tests.faults.account_snapshot import AccountSnapshot, duplicate_names
from tests.faults.counts import FaultCounts
from tests.faults.in_process_transport import InProcessTransport
from tests.material import LoadBalancerPki

LOAD_BALANCERS = 100
THREADS = 64
MIN_REQUESTS = 3
"""Minimum number of requests for an object: its POST, one poll of its task, its GET."""
MAX_FACTOR = 3
"""Maximum factor between all requests and the minimum, if every tenth request is throttled or finds a lock."""
_CHILD_PATH = "/v1/lb"
"""Start of the paths of listeners and pools: only their writes can find the load balancer locked."""


class UnreliableTransport(httpx.BaseTransport):
    """Transport that rejects some requests by itself: any request with 429, writes with 409."""

    def __init__(self, inner: httpx.BaseTransport, share: float) -> None:
        self.requests, self.rejected = 0, 0
        self._inner, self._share = inner, share
        self._random = random.Random(20)
        self._lock = threading.Lock()
        self._locked: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        with self._lock:
            self.requests += 1
            status = 0
            if self._random.random() < self._share:
                status = 429
            elif request.method != "GET" and _CHILD_PATH in request.url.path and self._is_locked(request):
                status = 409
            if not status:
                return self._inner.handle_request(request)
            self.rejected += 1
        body = {"exception_class": "ConflictError" if status == 409 else "RateLimitError", "message": "locked"}
        return httpx.Response(status, json=body, headers={"Retry-After": "0"}, request=request)

    def _is_locked(self, request: httpx.Request) -> bool:
        """Return at random whether a write finds a lock; the same write never finds it twice in a row."""
        body = request.content.decode()
        if body in self._locked:
            self._locked.remove(body)
            return False
        locked = self._random.random() < self._share
        if locked:
            self._locked.add(body)
        return locked


def create_emulator() -> Emulator:
    behavior = Behavior.model_validate(DIALECT_CHOICES["openapi"])
    locations = {"projects": frozenset({PROJECT}), "regions": frozenset({REGION})}
    return Emulator(
        Settings(
            api_key=KEY,
            task_seconds=TaskSeconds(0.05),
            behavior=behavior,
            allowed_hosts=frozenset({"gcore.example"}),
            **locations,
        )
    )


class Program:
    """Process of one stack, whose threads create resources."""

    def __init__(self, transport: httpx.BaseTransport, identity: str = IDENTITY) -> None:
        values = {
            "gcore:apiKey": KEY,
            "gcore:projectId": str(PROJECT),
            "gcore:regionId": str(REGION),
            "gcore:baseUrl": "https://gcore.example",
            "gcore:dialect": "openapi",
        }
        self.engine = RecordingEngine()
        self.identity = identity
        configuration = Configuration.read(values.get, {})
        self.session = Session.start(configuration, self.engine, clock=SystemClock(), transport=transport)

    def create(self, kind: str, name: str, **properties: object) -> str:
        urn = urn_of(kind, name)
        resource = {"urn": urn, "name": name, "stack": STACK, "timeouts": {}}
        record = {"v": 1, "resource": to_json(resource), "nonce": secrets.token_hex(8)}
        bag = engine_value({**properties, RECORD: record})
        checked = plan.check(KINDS[kind], self.session, context_of(bag), CertificateCache(), {}, bag)
        assert [each for each in checked.findings if each.severity == "error"] == []
        inputs = engine_value(checked.inputs)
        self.engine.pending_creates.append(PendingCreateRecord(urn, {RECORD: inputs[RECORD]}, self.identity))
        return apply.create(KINDS[kind], self.session, context_of(inputs), inputs).id


@pytest.mark.timeout(240)
def test_a_hundred_load_balancers_are_created_concurrently(add_counts: Callable[[FaultCounts], None]) -> None:
    material, emulator = LoadBalancerPki.generate(), create_emulator()
    transport = UnreliableTransport(InProcessTransport(create_application(emulator)), 0.1)
    stack = Program(transport)

    def create_all(number: int) -> None:
        server = stack.create("ListenerCertificate", f"server-{number}", **material.pem(material.server))
        client = stack.create("ClientCertificate", f"client-{number}", **material.pem(material.client))
        ca = stack.create("CertificateAuthority", f"ca-{number}", certificate=material.ca.certificate_pem)
        balancer = stack.create("LoadBalancer", f"lb-{number}")
        listener = stack.create("Listener", f"listener-{number}", load_balancer_id=balancer, secret_id=server)
        parents = {"load_balancer_id": balancer, "listener_id": listener}
        stack.create("Pool", f"pool-{number}", **parents, ca_secret_id=ca, secret_id=client, members=[member()])

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(create_all, range(LOAD_BALANCERS)))

    account = AccountSnapshot.of(emulator)
    objects = 6 * LOAD_BALANCERS
    assert len(list(account.objects())) == objects
    assert duplicate_names(account) == []
    assert {each.provisioning_status for each in account.objects()} == {"ACTIVE"}
    assert emulator.audit().violations == ()
    assert transport.rejected > objects * MIN_REQUESTS * 0.05
    assert transport.requests <= objects * MIN_REQUESTS * MAX_FACTOR
    add_counts(FaultCounts(cases=1, fired=transport.rejected))


def test_two_stacks_create_objects_on_one_load_balancer_concurrently() -> None:
    """Each stack waits while the other has locked the load balancer."""
    emulator = create_emulator()
    transport = UnreliableTransport(InProcessTransport(create_application(emulator)), 0.0)
    balancer = Program(transport).create("LoadBalancer", "shared")
    stacks = [Program(transport, identity) for identity in ("one", "two")]

    def create_listeners_and_pools(number: int) -> None:
        for port in range(80, 84):
            name, port = f"port-{port}", port + 100 * number
            plain = {"load_balancer_id": balancer, "protocol": "HTTP"}
            listener = stacks[number].create("Listener", name, **plain, protocol_port=port)
            stacks[number].create("Pool", name, **plain, listener_id=listener)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(create_listeners_and_pools, range(2)))
    assert len(emulator.account.listeners) == len(emulator.account.pools) == 8
    assert emulator.audit().violations == ()
