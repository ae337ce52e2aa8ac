"""One story of calls, lived by an emulator that keeps its state in a file, with and without restarts."""

from __future__ import annotations

import asyncio
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
from tests.gcore_emulator.emulated_api import KEY, blob, member_body, monitor_body, pool_body
from tests.material import Material


def settings(**choices: Any) -> Settings:
    """An emulator's, with choices by field name of `Behavior`."""
    return Settings(
        api_key=KEY,
        task_seconds=TaskSeconds(10, {"update_loadbalancer": 25, "failover_loadbalancer": None}),
        behavior=Behavior.model_validate(choices),
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
"""What a step may be."""


@dataclass
class Life:
    """An emulator, as its file lets it be."""

    file: Path
    material: Material
    settings: Settings = PLAIN
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self._open = ExitStack()
        self.begin()

    def begin(self) -> None:
        self.emulator = Emulator(self.settings, self.clock, state=self._open.enter_context(open_state_file(self.file)))
        self._application = create_application(self.emulator)

    def end(self) -> None:
        """Ends the emulator without a word: nothing is saved that isn't yet."""
        self._open.close()

    def restart(self) -> None:
        self.end()
        self.begin()

    def remembers(self) -> dict[RecordKey, str]:
        """All that there is in the emulator."""
        found = values_to_save(self.emulator.account, self.emulator.faults.counts, self.emulator.auditor.violations)
        return {key: serialize(value) for key, value in found.items()}

    def shape(self) -> Counter[tuple[str, ...]]:
        """All that there is, without ids and times."""
        account = self.emulator.account
        tables = (account.secrets, account.load_balancers, account.listeners, account.pools)
        found = [(type(one).__name__, one.name, one.provisioning_status) for table in tables for one in table.values()]
        tasks = [(task.task_type, task.state, _ID.sub("ID", task.failure or "")) for task in account.tasks.values()]
        return Counter[tuple[str, ...]](found) + Counter[tuple[str, ...]](tasks)

    def call(self, method: str, path: str, body: Any = None) -> int | None:
        """The answer's status; None if there is none."""

        async def send() -> int:
            transport = httpx.ASGITransport(self._application)
            headers = {"Authorization": f"APIKey {KEY}"}
            async with httpx.AsyncClient(transport=transport, base_url="http://emulator", headers=headers) as client:
                return (await client.request(method, path, json=body)).status_code

        try:
            return asyncio.run(send())
        except httpx.TransportError:
            return None

    def step(self, step: str, at: int) -> int | None:
        """One step of a story: `at` chooses the object that it is about, if it is about one."""
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
def lived(
    file: Path,
    material: Material,
    story: Sequence[tuple[str, int]],
    restarts: Collection[int] = (),
    settings: Settings = PLAIN,
) -> Iterator[tuple[Life, list[int | None]]]:
    """A whole story, with restarts before the steps of these numbers; gives what came of it, and the answers.

    The ids of one story are the same each time, unless something waited at a restart: its call is heard once more.
    """
    dice = random.Random(0)
    with mock.patch.object(os, "urandom", dice.randbytes):
        life = Life(file, material, settings)
        try:
            answers = []
            for number, (step, at) in enumerate(story):
                if number in restarts:
                    life.restart()
                answers.append(life.step(step, at))
            yield life, answers
        finally:
            life.end()
