"""Scenarios of requests to an emulator with a state file, with and without restarts."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

from gcore_emulator import Behavior, Emulator, ManualClock, Settings, TaskSeconds, create_application
from gcore_emulator.persistence import RecordKey, serialize, values_to_save
from gcore_emulator.state_file import open_state_file
from tests.gcore_emulator.emulated_api import KEY, blob, member_body, monitor_body, pool_body, run_async
from tests.material import LoadBalancerPki


def settings(**options: Any) -> Settings:
    """Return settings with behavior options by field name of `Behavior`."""
    return Settings(
        api_key=KEY,
        task_seconds=TaskSeconds(10, {"update_loadbalancer": 25, "failover_loadbalancer": None}),
        behavior=Behavior.model_validate(options),
    )


PLAIN = settings(read_lag=1, secret_in_use="allow", failed_task="leave-error-object")
QUEUE = settings(locked_load_balancer="queue")

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

STEPS = (
    "secret",
    "unsecret",
    "balancer",
    "listener",
    "pool",
    "tls",
    "rename",
    "member",
    "failover",
    "remove",
    "fault",
    "read",
    "wait",
    "wait long",
)
"""Steps of a scenario."""


@dataclass
class RestartableEmulator:
    """Emulator with a state file that can be restarted."""

    file: Path
    material: LoadBalancerPki
    settings: Settings = PLAIN
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self._open = ExitStack()
        self.start()

    def start(self) -> None:
        self.emulator = Emulator(self.settings, self.clock, state=self._open.enter_context(open_state_file(self.file)))
        self._application = create_application(self.emulator)

    def stop(self) -> None:
        """Stop the emulator as if it were killed: nothing more is saved."""
        self._open.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def records(self) -> dict[RecordKey, str]:
        """Return the records of the whole state."""
        found = values_to_save(self.emulator.account, self.emulator.faults.counts, self.emulator.auditor.violations)
        return {key: serialize(value) for key, value in found.items()}

    def outline(self) -> Counter[tuple[str, ...]]:
        """Return the names, kinds and statuses of all objects and tasks, without IDs and times."""
        account = self.emulator.account
        tables = (account.secrets, account.load_balancers, account.listeners, account.pools)
        found = [(type(one).__name__, one.name, one.provisioning_status) for table in tables for one in table.values()]
        tasks = [(task.task_type, task.state, _ID.sub("ID", task.failure or "")) for task in account.tasks.values()]
        return Counter[tuple[str, ...]](found) + Counter[tuple[str, ...]](tasks)

    def call(self, method: str, path: str, body: Any = None) -> int | None:
        """Send a request, and return the status of the response; None if the connection was dropped."""

        async def send() -> int:
            transport = httpx.ASGITransport(self._application)
            headers = {"Authorization": f"APIKey {KEY}"}
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
                return (await client.request(method, path, json=body)).status_code

        try:
            return run_async(send())
        except httpx.TransportError:
            return None

    def step(self, step: str, at: int) -> int | None:
        """Execute one step. `at` chooses the object, if the step needs one."""
        account = self.emulator.account
        balancers, listeners, pools, secrets = (
            list(table) for table in (account.load_balancers, account.listeners, account.pools, account.secrets)
        )
        if step.startswith("wait"):
            self.clock.advance(30 if step == "wait long" else 3)
            return None
        if step == "secret":
            return self.call("POST", "/cloud/v1/secrets/1/1", blob(f"ca{at % 3}", self.material.ca_payload))
        if step == "balancer":
            return self.call("POST", "/cloud/v1/loadbalancers/1/1", {"name": f"web{at}"})
        if step == "fault":
            rule = {"action": ("fail_task", "hang_task", "drop_after", "lock")[at % 4], "nth": 1 + at % 3}
            return self.call("POST", "/_emulator/faults", [rule])
        if step == "read":
            return self.call("GET", "/cloud/v1/lbpools/1/1")
        if step == "unsecret" and secrets:
            return self.call("DELETE", f"/cloud/v1/secrets/1/1/{secrets[at % len(secrets)]}")
        if step == "listener" and balancers:
            body = {"protocol": "HTTP", "protocol_port": 80 + at, "load_balancer_id": balancers[at % len(balancers)]}
            return self.call("POST", "/cloud/v1/lblisteners/1/1", {"name": f"http{at}", **body})
        if step == "pool" and listeners:
            body = pool_body(name=f"pool{at}", listener_id=listeners[at % len(listeners)], healthmonitor=monitor_body())
            return self.call("POST", "/cloud/v1/lbpools/1/1", body)
        if step in ("tls", "member") and pools:
            body = {"ca_secret_id": secrets[at % len(secrets)]} if secrets and step == "tls" else {}
            body |= {"members": [member_body(f"10.0.0.{at}")]} if step == "member" else {}
            return self.call("PATCH", f"/cloud/v2/lbpools/1/1/{pools[at % len(pools)]}", body)
        if not balancers:
            return None
        balancer = f"loadbalancers/1/1/{balancers[at % len(balancers)]}"
        if step == "rename":
            return self.call("PATCH", f"/cloud/v{1 + at % 2}/{balancer}", {"name": f"new{at}"})
        if step == "failover":
            return self.call("POST", f"/cloud/v1/{balancer}/failover", {})
        return self.call("DELETE", f"/cloud/v1/{balancer}") if step == "remove" else None


@contextmanager
def run_scenario(
    file: Path,
    material: LoadBalancerPki,
    scenario: Sequence[tuple[str, int]],
    restarts: Collection[int] = (),
    settings: Settings = PLAIN,
) -> Iterator[tuple[RestartableEmulator, list[int | None]]]:
    """Run a scenario with restarts before the steps of these numbers; yield the emulator and the statuses.

    The IDs of one scenario are the same in each run, unless a request was queued at a restart and is replayed.
    """
    generator = random.Random(0)
    with mock.patch.object(os, "urandom", generator.randbytes):
        emulator = RestartableEmulator(file, material, settings)
        try:
            statuses = []
            for number, (step, at) in enumerate(scenario):
                if number in restarts:
                    emulator.restart()
                statuses.append(emulator.step(step, at))
            yield emulator, statuses
        finally:
            emulator.stop()
