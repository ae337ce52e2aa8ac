"""Accounts to probe: one emulator on a real port, reset for each test, with a fake clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from gcore_emulator import Emulator, Settings, TaskSeconds, parse_behavior, serving
from gcore_tls_provider.api.connection import Connection
from gcore_tls_provider.cli.probe.account import ProbeCertificates, ProbedAccount
from tests.fake_clock import FakeClock

KEY, PROJECT, REGION = "1234_probe", 11, 22
TASK_LIMIT = 120.0


@dataclass
class Probed:
    """An emulator and the account that a probe runs on."""

    emulator: Emulator
    account: ProbedAccount
    url: str

    @property
    def objects(self) -> dict[str, list[str]]:
        """Names of all objects, by kind."""
        account = self.emulator.account
        tables: dict[str, Any] = {
            "load balancers": account.load_balancers,
            "listeners": account.listeners,
            "pools": account.pools,
            "secrets": account.secrets,
        }
        return {kind: [each.name for each in table.values()] for kind, table in tables.items() if table}


ProbedStart = Callable[..., Probed]


@pytest.fixture(scope="session")
def probe_material() -> ProbeCertificates:
    return ProbeCertificates.generate()


@pytest.fixture(scope="session")
def probe_server() -> Iterator[tuple[Emulator, str, httpx.HTTPTransport]]:
    emulator = Emulator()
    with serving(emulator) as url, httpx.HTTPTransport() as network:
        yield emulator, url, network


@pytest.fixture
def probed(
    probe_server: tuple[Emulator, str, httpx.HTTPTransport], probe_material: ProbeCertificates, clock: FakeClock
) -> ProbedStart:
    """Return a function that creates an account on an emulator with `NAME=VALUE` behavior options."""
    emulator, url, network = probe_server

    def create(settings: Sequence[str] = (), task_seconds: float = 0.3, time: FakeClock = clock) -> Probed:
        emulator.settings = Settings(
            api_key=KEY,
            projects=frozenset({PROJECT}),
            regions=frozenset({REGION}),
            task_seconds=TaskSeconds(task_seconds),
            behavior=parse_behavior(settings),
        )
        emulator.clock = time.calendar
        emulator.reset()
        connection = Connection(api_key=SecretStr(KEY), project_id=PROJECT, region_id=REGION, base_url=url)
        account = ProbedAccount(connection, TASK_LIMIT, clock=time, transport=network, certificates=probe_material)
        return Probed(emulator, account, url)

    return create
