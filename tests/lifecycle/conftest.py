"""Fixtures: one emulator on a real port, which each test resets."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from gcore_emulator import Behavior, Emulator, Settings, TaskSeconds, serving
from gcore_emulator.settings import DIALECT_CHOICES, Dialect
from tests.certificates.issuing import NOW
from tests.fake_clock import FakeClock
from tests.fake_engine.requests import OTHER_REGION, PROJECT, REGION
from tests.fake_engine.stack import KEY, FakeStack
from tests.lifecycle.certificate_cases import Pki
from tests.lifecycle.create_cases import CREATES, PrepareCreate, PreparedCreate
from tests.material import LoadBalancerPki

MakeStack = Callable[..., FakeStack]

DIALECTS: tuple[Dialect, ...] = ("guide", "openapi")


@pytest.fixture(scope="session")
def material() -> LoadBalancerPki:
    return LoadBalancerPki.generate()


@pytest.fixture(scope="session")
def served_emulator() -> Iterator[tuple[Emulator, str]]:
    emulator = Emulator()
    with serving(emulator) as url:
        yield emulator, url


@pytest.fixture(scope="session")
def network() -> Iterator[httpx.HTTPTransport]:
    """Return one transport for all tests: creating one reads all root CAs of the machine."""
    with httpx.HTTPTransport() as transport:
        yield transport


@pytest.fixture
def make_stack(
    served_emulator: tuple[Emulator, str], network: httpx.HTTPTransport, material: LoadBalancerPki, clock: FakeClock
) -> MakeStack:
    """Return a function that creates a stack.

    Its arguments are the dialect of the emulator and the provider (default: both, and `auto`), and behavior options of
    the emulator.
    """
    emulator, url = served_emulator

    def make(dialect: Dialect = "both", task_seconds: float = 0.05, **options: object) -> FakeStack:
        emulator.settings = Settings(
            api_key=KEY,
            projects=frozenset({PROJECT}),
            regions=frozenset({REGION, OTHER_REGION}),
            task_seconds=TaskSeconds(task_seconds),
            behavior=Behavior.model_validate({**DIALECT_CHOICES[dialect], **options}),
        )
        emulator.clock = clock.calendar
        emulator.reset()
        return FakeStack.start(emulator, url, network, clock, material, "auto" if dialect == "both" else dialect)

    return make


@pytest.fixture
def stack(make_stack: MakeStack) -> FakeStack:
    return make_stack()


@pytest.fixture(params=DIALECTS)
def dialect_stack(request: pytest.FixtureRequest, make_stack: MakeStack) -> FakeStack:
    """Return a stack of each dialect."""
    return make_stack(request.param)


@pytest.fixture(scope="session")
def pki() -> Pki:
    """Return certificates that all tests share: no test changes them."""
    return Pki()


@pytest.fixture
def dated_stack(make_stack: MakeStack) -> FakeStack:
    """Return a stack at the time for which certificates are issued."""
    stack = make_stack()
    stack.clock.start_date = NOW
    return stack


@pytest.fixture
def prepare_create(make_stack: MakeStack) -> PrepareCreate:
    """Return a function that prepares a create: its arguments are the name and behavior options of the emulator."""

    def prepare(name: str, **options: object) -> PreparedCreate:
        case = CREATES[name]
        stack = make_stack(case.dialect, **options)
        if case.table in ("listeners", "pools"):
            stack.parent_load_balancer = stack.load_balancer("parent")
        return PreparedCreate(stack, case)

    return prepare
