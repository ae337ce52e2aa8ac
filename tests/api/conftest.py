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
from tests.api.gcore import API_KEY, PROJECT, REGION, Emulated, connection
from tests.fake_clock import Calendar, FakeClock


class Emulate(Protocol):
    """Starts an emulator of one dialect, and a client that speaks another or the same, both by the same clock."""

    def __call__(
        self,
        serves: emulated.Dialect = "both",
        speaks: Dialect = "auto",
        *settings: str,
        task_seconds: float = 0.1,
        by: Clock | None = None,
    ) -> Emulated: ...


@pytest.fixture(scope="session")
def running() -> Iterator[Callable[[Settings], tuple[Emulator, str]]]:
    """Emulators by their settings, each started once: starting and stopping takes longer than a test."""
    with ExitStack() as stack:
        started: dict[str, tuple[Emulator, str]] = {}

        def start(settings: Settings) -> tuple[Emulator, str]:
            if repr(settings) not in started:
                emulator = Emulator(settings)
                started[repr(settings)] = (emulator, stack.enter_context(serving(emulator)))
            return started[repr(settings)]

        yield start


@pytest.fixture
def emulate(running: Callable[[Settings], tuple[Emulator, str]], clock: FakeClock) -> Iterator[Emulate]:
    with ExitStack() as stack:

        def start(
            serves: emulated.Dialect = "both",
            speaks: Dialect = "auto",
            *settings: str,
            task_seconds: float = 0.1,
            by: Clock | None = None,
        ) -> Emulated:
            time = by or clock
            emulator, url = running(
                Settings(
                    api_key=API_KEY,
                    projects=frozenset({PROJECT}),
                    regions=frozenset({REGION}),
                    task_seconds=TaskSeconds(task_seconds),
                    behavior=parse_behavior(settings, emulated.DIALECT_CHOICES[serves]),
                )
            )
            emulator.clock = Calendar(time)
            emulator.reset()
            # Without certificates of authorities, which take longer to load than a test takes.
            transport = httpx.HTTPTransport(verify=False)
            client = Client(connection(url, speaks), clock=time, transport=transport)
            stack.callback(client.close)
            control = httpx.Client(base_url=f"{url}/_emulator", transport=httpx.HTTPTransport(verify=False))
            stack.callback(control.close)
            return Emulated(client, Tasks(client), time, control)

        yield start


@pytest.fixture(scope="session")
def authority() -> DevelopmentCa:
    return DevelopmentCa.create("Backends CA")


@pytest.fixture(scope="session")
def identity(authority: DevelopmentCa) -> Identity:
    return authority.issue_client("load-balancer.example")
