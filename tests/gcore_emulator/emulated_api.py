"""Client of an emulator on a real port, with a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import httpx

from gcore_emulator import Behavior, Emulator, ManualClock, Settings, TaskSeconds, serving
from tests.material import LoadBalancerPki

T = TypeVar("T")

KEY = "1234_emulated"
PROJECT, REGION = 11, 22
OTHER_PROJECT, OTHER_REGION = 33, 44
LOCATION = f"{PROJECT}/{REGION}"
TASK_SECONDS = 10
LISTENER = {"name": "https", "protocol": "TERMINATED_HTTPS", "protocol_port": 443}
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})


def blob(name: str, payload: str, **changes: Any) -> dict[str, Any]:
    """Return the guide's body of a secret."""
    body = {
        "name": name,
        "secret_type": "certificate",
        "payload": payload,
        "payload_content_type": "application/octet-stream",
        "payload_content_encoding": "base64",
    }
    return {**body, **changes}


@dataclass
class Api:
    """Client of an emulator. Paths are relative to `/cloud`; `@` in a path is the project and region."""

    url: str
    emulator: Emulator
    clock: ManualClock
    http: httpx.Client
    material: LoadBalancerPki

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.http.request(method, f"/cloud{path.replace('@', LOCATION)}", **options)

    def get(self, path: str, **params: Any) -> Any:
        response = self.call("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def rejected(self, method: str, path: str, status: int, exception_class: str | None = None, **options: Any) -> Any:
        """Send a request that must be rejected, and return the error body."""
        response = self.call(method, path, **options)
        assert response.status_code == status, response.text
        body = response.json()
        if exception_class is not None:
            assert body["exception_class"] == exception_class
        assert body["message"]
        assert body["request_id"]
        return body

    def start_task(self, method: str, path: str, json: Any = None, **params: Any) -> str:
        """Send a request that creates a task, and return the task's ID."""
        response = self.call(method, path, json=json, params=params)
        assert response.status_code == 200, response.text
        tasks = response.json()["tasks"]
        assert len(tasks) == 1
        return str(tasks[0])

    def task(self, task_id: str) -> Any:
        return self.get(f"/v1/tasks/{task_id}")

    def do(self, method: str, path: str, json: Any = None, **params: Any) -> dict[str, list[str]]:
        """Send a request that creates a task, finish it, and return the created resources."""
        return self.finish(self.start_task(method, path, json, **params))

    def finish(self, task_id: str) -> dict[str, list[str]]:
        self.clock.advance(TASK_SECONDS)
        task = self.task(task_id)
        assert task["state"] == "FINISHED", task["error"]
        return {kind: ids for kind, ids in task["created_resources"].items() if ids}

    def fail(self, method: str, path: str, json: Any = None) -> str:
        """Send a request whose task must fail, and return the task's error."""
        task_id = self.start_task(method, path, json)
        self.clock.advance(TASK_SECONDS)
        task = self.task(task_id)
        assert task["state"] == "ERROR"
        assert task["created_resources"] is None
        return str(task["error"])

    # Objects that most tests need first.

    def secret(self, payload: str, name: str = "secret") -> str:
        return self.do("POST", "/v1/secrets/@", blob(name, payload))["secrets"][0]

    def server_secret(self) -> str:
        return self.secret(self.material.server_payload, "web")

    def client_secret(self) -> str:
        return self.secret(self.material.client_payload, "client")

    def ca_secret(self) -> str:
        return self.secret(self.material.ca_payload, "ca")

    def crl_secret(self) -> str:
        return self.secret(self.material.crl_payload, "crl")

    def load_balancer(self, **fields: Any) -> str:
        return self.do("POST", "/v1/loadbalancers/@", {"name": "web", **fields})["loadbalancers"][0]

    def listener(self, load_balancer_id: str, **fields: Any) -> str:
        body = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "load_balancer_id": load_balancer_id}
        return self.do("POST", "/v1/lblisteners/@", {**body, **fields})["listeners"][0]

    def pool(self, **fields: Any) -> str:
        return self.do("POST", "/v1/lbpools/@", pool_body(**fields))["pools"][0]

    def pool_on_new_load_balancer(self, **fields: Any) -> tuple[str, str]:
        balancer_id = self.load_balancer()
        return balancer_id, self.pool(load_balancer_id=balancer_id, **fields)

    # Control routes.

    def state(self) -> Any:
        return self.http.get("/_emulator/state").json()

    def add_fault(self, **rule: Any) -> None:
        response = self.http.post("/_emulator/faults", json=[rule])
        assert response.status_code == 200, response.text

    def fired(self) -> list[int]:
        return [count["fired"] for count in self.http.get("/_emulator/faults").json()]

    def statuses(self) -> list[int | None]:
        return [call["status"] for call in self.http.get("/_emulator/requests").json()["requests"]]


def run_async(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a new event loop.

    `asyncio.run` would leave the thread without an event loop, which Pulumi's SDK needs in later tests.
    """
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


def pool_body(**fields: Any) -> dict[str, Any]:
    return {"name": "backends", "protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN", **fields}


def member_body(address: str = "10.0.0.1", protocol_port: int = 443, **fields: Any) -> dict[str, Any]:
    return {"address": address, "protocol_port": protocol_port, **fields}


def monitor_body(**fields: Any) -> dict[str, Any]:
    return {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3, **fields}


def without(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def mtls(api: Api, protocol: str = "TERMINATED_HTTPS") -> dict[str, Any]:
    """Return the body of a load balancer with TLS to clients and to members."""
    return {
        "name": "web",
        "flavor": "lb1-2-4",
        "tags": {"owner": "tests"},
        "listeners": [
            {
                "name": "https",
                "protocol": protocol,
                "protocol_port": 443,
                "secret_id": api.server_secret(),
                "insert_x_forwarded": True,
                "pools": [
                    pool_body(
                        protocol="HTTPS",
                        ca_secret_id=api.ca_secret(),
                        crl_secret_id=api.crl_secret(),
                        secret_id=api.client_secret(),
                        members=[member_body(), member_body("10.0.0.2", backup=True, weight=7)],
                        healthmonitor=monitor_body(),
                    )
                ],
            }
        ],
    }


@contextmanager
def serving_api(
    material: LoadBalancerPki,
    task_seconds: TaskSeconds | None = None,
    options: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[Api]:
    """Serve an empty emulator on a port, and end it after the block.

    Args:
        material: Certificates of the tests.
        task_seconds: Durations of the tasks; None for `TASK_SECONDS` each.
        options: Behavior options by field name of `Behavior`.
    """
    clock = ManualClock()
    settings = Settings(
        api_key=KEY,
        projects=frozenset({PROJECT, OTHER_PROJECT}),
        regions=frozenset({REGION, OTHER_REGION}),
        task_seconds=task_seconds or TaskSeconds(TASK_SECONDS),
        behavior=Behavior.model_validate(options),
    )
    emulator = Emulator(settings, clock)
    with (
        serving(emulator) as url,
        # There is no TLS here: without `verify=False` each client would first load the system's CA certificates.
        httpx.Client(base_url=url, headers={"Authorization": f"APIKey {KEY}"}, verify=False) as client,
    ):
        yield Api(url, emulator, clock, client, material)


def environment_of(api: Api) -> dict[str, str]:
    """Return the configuration of this account for a command."""
    return {
        "GCORE_API_KEY": KEY,
        "GCORE_CLOUD_PROJECT_ID": str(PROJECT),
        "GCORE_CLOUD_REGION_ID": str(REGION),
        "GCORE_BASE_URL": api.url,
    }
