"""Accounts to probe: one emulator on a real port, as new for each test, with time that passes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from gcore_emulator import Emulator, Settings, TaskSeconds, behaviour_from, serving
from gcore_tls_provider.api.connection import Connection
from gcore_tls_provider.cli.probe.account import ProbeCertificates, ProbedAccount
from tests.fake_clock import FakeClock

KEY, PROJECT, REGION = "1234_probe", 11, 22
TASK_LIMIT = 120.0


@dataclass
class Probed:
    """An emulator, and the account at it that a probe gets."""

    emulator: Emulator
    account: ProbedAccount
    url: str

    @property
    def objects(self) -> dict[str, list[str]]:
        """Names of all that is there, by kind."""
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
    """Makes an account whose emulator behaves as the `QUESTION=CHOICE` settings say."""
    emulator, url, network = probe_server

    def make(settings: Sequence[str] = (), task_seconds: float = 0.3, time: FakeClock = clock) -> Probed:
        emulator.settings = Settings(
            api_key=KEY,
            projects=frozenset({PROJECT}),
            regions=frozenset({REGION}),
            task_seconds=TaskSeconds(task_seconds),
            behaviour=behaviour_from(settings),
        )
        emulator.clock = time.calendar
        emulator.reset()
        connection = Connection(api_key=SecretStr(KEY), project_id=PROJECT, region_id=REGION, base_url=url)
        account = ProbedAccount(connection, TASK_LIMIT, clock=time, transport=network, certificates=probe_material)
        return Probed(emulator, account, url)

    return make
