"""Emulators and certificate material for the tests of the API client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Protocol

import httpx
import pytest

from gcore_emulator import Emulator, Settings, TaskSeconds, parse_behavior, serving
from gcore_emulator import settings as emulated
from gcore_tls_provider.api.client import Client
from gcore_tls_provider.api.clock import Clock
from gcore_tls_provider.api.connection import Dialect
from gcore_tls_provider.api.tasks import Tasks
from gcore_tls_provider.certificates import DevelopmentCa, Identity
from tests.api.gcore import API_KEY, PROJECT, REGION, EmulatedAccount, connection
from tests.fake_clock import Calendar, FakeClock


class Emulate(Protocol):
    """Function that starts an emulator and a client of it, each with its own dialect; both share one clock."""

    def __call__(
        self,
        server_dialect: emulated.Dialect = "both",
        client_dialect: Dialect = "auto",
        *settings: str,
        task_seconds: float = 0.1,
        shared_clock: Clock | None = None,
    ) -> EmulatedAccount: ...


@pytest.fixture(scope="session")
def start_emulator() -> Iterator[Callable[[Settings], tuple[Emulator, str]]]:
    """Start an emulator once per settings: starting and stopping one takes longer than a test."""
    with ExitStack() as stack:
        started: dict[str, tuple[Emulator, str]] = {}

        def start(settings: Settings) -> tuple[Emulator, str]:
            if repr(settings) not in started:
                emulator = Emulator(settings)
                started[repr(settings)] = (emulator, stack.enter_context(serving(emulator)))
            return started[repr(settings)]

        yield start


@pytest.fixture
def emulate(start_emulator: Callable[[Settings], tuple[Emulator, str]], clock: FakeClock) -> Iterator[Emulate]:
    with ExitStack() as stack:

        def start(
            server_dialect: emulated.Dialect = "both",
            client_dialect: Dialect = "auto",
            *settings: str,
            task_seconds: float = 0.1,
            shared_clock: Clock | None = None,
        ) -> EmulatedAccount:
            time = shared_clock or clock
            emulator, url = start_emulator(
                Settings(
                    api_key=API_KEY,
                    projects=frozenset({PROJECT}),
                    regions=frozenset({REGION}),
                    task_seconds=TaskSeconds(task_seconds),
                    behavior=parse_behavior(settings, emulated.DIALECT_CHOICES[server_dialect]),
                )
            )
            emulator.clock = Calendar(time)
            emulator.reset()
            # Loading the CA certificates of the machine takes longer than a test.
            transport = httpx.HTTPTransport(verify=False)
            client = Client(connection(url, client_dialect), clock=time, transport=transport)
            stack.callback(client.close)
            control = httpx.Client(base_url=f"{url}/_emulator", transport=httpx.HTTPTransport(verify=False))
            stack.callback(control.close)
            return EmulatedAccount(client, Tasks(client), time, control)

        yield start


@pytest.fixture(scope="session")
def ca() -> DevelopmentCa:
    return DevelopmentCa.create("Backends CA")


@pytest.fixture(scope="session")
def identity(ca: DevelopmentCa) -> Identity:
    return ca.issue_client("load-balancer.example")
