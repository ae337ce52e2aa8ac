"""One emulator on a real port for all of these tests, as new for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from gcore_emulator import Behavior, Emulator, Settings, TaskSeconds, serving
from gcore_emulator.settings import DIALECT_CHOICES, Dialect
from tests.certificates.issuing import NOW
from tests.fake_clock import FakeClock
from tests.fake_engine.account import KEY, World
from tests.fake_engine.requests import OTHER_REGION, PROJECT, REGION
from tests.lifecycle.judged import Pki
from tests.material import LoadBalancerPki

Worlds = Callable[..., World]

DIALECTS: tuple[Dialect, ...] = ("guide", "openapi")


@pytest.fixture(scope="session")
def material() -> LoadBalancerPki:
    return LoadBalancerPki.generate()


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[Emulator, str]]:
    emulator = Emulator()
    with serving(emulator) as url:
        yield emulator, url


@pytest.fixture(scope="session")
def network() -> Iterator[httpx.HTTPTransport]:
    """One for all tests: making one reads all of the machine's certificate authorities."""
    with httpx.HTTPTransport() as transport:
        yield transport


@pytest.fixture
def worlds(
    served: tuple[Emulator, str], network: httpx.HTTPTransport, material: LoadBalancerPki, clock: FakeClock
) -> Worlds:
    """Makes a world: a dialect that both sides speak (default: both, and `auto`), and choices of the emulator."""
    emulator, url = served

    def make(dialect: Dialect = "both", task_seconds: float = 0.05, **choices: object) -> World:
        emulator.settings = Settings(
            api_key=KEY,
            projects=frozenset({PROJECT}),
            regions=frozenset({REGION, OTHER_REGION}),
            task_seconds=TaskSeconds(task_seconds),
            behavior=Behavior.model_validate({**DIALECT_CHOICES[dialect], **choices}),
        )
        emulator.clock = clock.calendar
        emulator.reset()
        return World.of(emulator, url, network, clock, material, "auto" if dialect == "both" else dialect)

    return make


@pytest.fixture
def world(worlds: Worlds) -> World:
    return worlds()


@pytest.fixture(params=DIALECTS)
def spoken(request: pytest.FixtureRequest, worlds: Worlds) -> World:
    """A world of each dialect."""
    return worlds(request.param)


@pytest.fixture(scope="session")
def pki() -> Pki:
    """Made once: nothing of it changes."""
    return Pki()


@pytest.fixture
def dated_world(worlds: Worlds) -> World:
    """A world at the moment for which certificates are issued."""
    made = worlds()
    made.clock.began = NOW
    return made
