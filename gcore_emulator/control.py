"""What tests may ask and tell the emulator, beside the API: state, calls, audit, faults, reset. No key is needed."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from gcore_emulator import account as stored
from gcore_emulator import responses as answers
from gcore_emulator.data_plane import Seen
from gcore_emulator.emulator import Emulator
from gcore_emulator.faults import Rule, RuleCount
from gcore_emulator.invariants import Audit
from gcore_emulator.request_context import emulator_of
from gcore_tls_provider.api.wire.listeners import Listener
from gcore_tls_provider.api.wire.load_balancers import LoadBalancer
from gcore_tls_provider.api.wire.pools import Pool
from gcore_tls_provider.api.wire.secrets import Secret
from gcore_tls_provider.api.wire.tasks import Task

control = APIRouter(prefix="/_emulator", tags=["emulator"])


class DataPlaneEndpoint(BaseModel):
    """Where clients on this machine reach a listener. Its load balancer's VIP is for show."""

    host: str
    port: int


class CarriedListener(Listener):
    """A listener, and where its traffic goes in: null if nothing carries it."""

    data_plane: DataPlaneEndpoint | None


class State(BaseModel):
    """Everything that exists, of all projects and regions, by id. No payloads."""

    secrets: dict[str, Secret]
    load_balancers: dict[str, LoadBalancer]
    listeners: dict[str, CarriedListener]
    pools: dict[str, Pool]
    tasks: dict[str, Task]


class CallLine(BaseModel):
    """A call of the API. `route` null: no such route. `status` null: the connection was dropped."""

    method: str
    route: str | None
    path: str
    status: int | None


class Calls(BaseModel):
    """All calls of the API since the start or the last reset."""

    count: int
    calls: list[CallLine]


@control.get("/state")
async def read_state(request: Request) -> State:
    """Everything that exists now."""
    emulator = emulator_of(request)
    account, seen = emulator.account, emulator.data_plane.seen(emulator.account)
    return State(
        secrets={one.id: answers.secret(one) for one in account.secrets.values()},
        load_balancers={one.id: answers.load_balancer(one, account, seen) for one in account.load_balancers.values()},
        listeners={one.id: _carried(one, emulator, seen) for one in account.listeners.values()},
        pools={one.id: answers.pool(one, seen) for one in account.pools.values()},
        tasks={one.id: answers.task(one) for one in account.tasks.values() if not one.hidden},
    )


@control.get("/requests")
async def read_requests(request: Request) -> Calls:
    """The calls of the API, in order."""
    calls = [
        CallLine(method=call.method, route=call.route, path=call.path, status=call.status)
        for call in emulator_of(request).calls
    ]
    return Calls(count=len(calls), calls=calls)


@control.get("/audit")
async def read_audit(request: Request) -> Audit:
    """Whether anything was ever broken that must not be, with the call and the task that it happened in."""
    return emulator_of(request).audit()


@control.get("/faults")
async def read_faults(request: Request) -> list[RuleCount]:
    """The rules in force, with how many calls matched each and how often it fired."""
    return emulator_of(request).faults.counts


@control.post("/faults")
async def add_faults(request: Request, rules: list[Rule]) -> list[RuleCount]:
    """Adds rules to those in force."""
    emulator_of(request).faults.add(rules)
    return emulator_of(request).faults.counts


@control.post("/reset", status_code=204)
async def reset(request: Request) -> None:
    """Forgets everything: objects, tasks, calls, faults, and what the audit found."""
    emulator_of(request).reset()


def _carried(one: stored.Listener, emulator: Emulator, seen: Seen) -> CarriedListener:
    endpoint = emulator.data_plane.endpoint(one.id)
    shown = answers.listener(one, emulator.account, seen)
    return CarriedListener(
        **dict(shown), data_plane=endpoint and DataPlaneEndpoint(host=endpoint.host, port=endpoint.port)
    )
