"""Control routes for tests: state, requests, audit, faults, reset. They need no API key."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from gcore_emulator import account as stored
from gcore_emulator import responses
from gcore_emulator.data_plane import TrafficStatuses
from gcore_emulator.emulator import Emulator
from gcore_emulator.faults import Rule, RuleCount
from gcore_emulator.invariants import Audit
from gcore_emulator.printable import AsciiJsonResponse
from gcore_emulator.request_context import emulator_of
from gcore_tls_provider.api.wire.listeners import Listener
from gcore_tls_provider.api.wire.load_balancers import LoadBalancer
from gcore_tls_provider.api.wire.pools import Pool
from gcore_tls_provider.api.wire.secrets import Secret
from gcore_tls_provider.api.wire.tasks import Task

control = APIRouter(prefix="/_emulator", tags=["emulator"], default_response_class=AsciiJsonResponse)


class DataPlaneEndpoint(BaseModel):
    """Address and port at which clients on this machine reach a listener. The load balancer's VIP is not reachable."""

    host: str
    port: int


class ServedListener(Listener):
    """Listener with its data plane endpoint: null if the data plane does not serve it."""

    data_plane: DataPlaneEndpoint | None


class State(BaseModel):
    """All objects of all projects and regions by ID, without payloads."""

    secrets: dict[str, Secret]
    load_balancers: dict[str, LoadBalancer]
    listeners: dict[str, ServedListener]
    pools: dict[str, Pool]
    tasks: dict[str, Task]


class RequestLine(BaseModel):
    """Request to the API. `route` null: the route does not exist. `status` null: the connection was dropped."""

    method: str
    route: str | None
    path: str
    status: int | None


class RequestLog(BaseModel):
    """All requests to the API since the start or the last reset."""

    count: int
    requests: list[RequestLine]


@control.get("/state")
async def read_state(request: Request) -> State:
    """Return all objects that exist now."""
    emulator = emulator_of(request)
    account, traffic_statuses = emulator.account, emulator.data_plane.operating_statuses(emulator.account)
    return State(
        secrets={one.id: responses.secret(one) for one in account.secrets.values()},
        load_balancers={
            one.id: responses.load_balancer(one, account, traffic_statuses) for one in account.load_balancers.values()
        },
        listeners={one.id: _served(one, emulator, traffic_statuses) for one in account.listeners.values()},
        pools={one.id: responses.pool(one, traffic_statuses) for one in account.pools.values()},
        tasks={one.id: responses.task(one) for one in account.tasks.values() if not one.hidden},
    )


@control.get("/requests")
async def read_requests(request: Request) -> RequestLog:
    """Return the requests to the API, in order."""
    requests = [
        RequestLine(method=one.method, route=one.route, path=one.path, status=one.status)
        for one in emulator_of(request).requests
    ]
    return RequestLog(count=len(requests), requests=requests)


@control.get("/audit")
async def read_audit(request: Request) -> Audit:
    """Return every violation of an invariant, with its request and task."""
    return emulator_of(request).audit()


@control.get("/faults")
async def read_faults(request: Request) -> list[RuleCount]:
    """Return the active rules, each with the number of matching requests and how often it fired."""
    return emulator_of(request).faults.counts


@control.post("/faults")
async def add_faults(request: Request, rules: list[Rule]) -> list[RuleCount]:
    """Add rules to the active ones."""
    emulator_of(request).faults.add(rules)
    return emulator_of(request).faults.counts


@control.post("/reset", status_code=204)
async def reset(request: Request) -> None:
    """Delete everything: objects, tasks, requests, faults, and the violations that the audit found."""
    emulator_of(request).reset()


def _served(one: stored.Listener, emulator: Emulator, traffic_statuses: TrafficStatuses) -> ServedListener:
    endpoint = emulator.data_plane.endpoint(one.id)
    shown = responses.listener(one, emulator.account, traffic_statuses)
    return ServedListener(
        **dict(shown), data_plane=endpoint and DataPlaneEndpoint(host=endpoint.host, port=endpoint.port)
    )
