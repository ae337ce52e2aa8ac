"""Emulators on real ports for these tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from gcore_emulator import Behavior, Emulator, ManualClock, Settings, TaskSeconds, serving
from tests.gcore_emulator.data_plane.traffic import Traffic, TrafficEmulator
from tests.gcore_emulator.emulated_api import KEY, OTHER_PROJECT, OTHER_REGION, PROJECT, REGION, TASK_SECONDS, Api
from tests.material import LoadBalancerPki

Start = Callable[..., Api]


@pytest.fixture(scope="session")
def material() -> LoadBalancerPki:
    return LoadBalancerPki.generate()


def _serve(
    stack: ExitStack, material: LoadBalancerPki, task_seconds: TaskSeconds | None, options: dict[str, Any]
) -> Api:
    clock = ManualClock()
    settings = Settings(
        api_key=KEY,
        projects=frozenset({PROJECT, OTHER_PROJECT}),
        regions=frozenset({REGION, OTHER_REGION}),
        task_seconds=task_seconds or TaskSeconds(TASK_SECONDS),
        behavior=Behavior.model_validate(options),
    )
    emulator = Emulator(settings, clock)
    url = stack.enter_context(serving(emulator))
    # There is no TLS here: without `verify=False` each client would first load the system's CA certificates.
    client = httpx.Client(base_url=url, headers={"Authorization": f"APIKey {KEY}"}, verify=False)
    return Api(url, emulator, clock, stack.enter_context(client), material)


@pytest.fixture
def start(material: LoadBalancerPki) -> Iterator[Start]:
    """Start an emulator with the given behavior options, by field name of `Behavior`."""
    with ExitStack() as stack:
        yield lambda task_seconds=None, **options: _serve(stack, material, task_seconds, options)


@pytest.fixture(scope="session")
def _default(material: LoadBalancerPki) -> Iterator[Api]:
    with ExitStack() as stack:
        yield _serve(stack, material, None, {})


@pytest.fixture
def api(_default: Api) -> Api:
    """Empty emulator with the default behavior options."""
    clock = ManualClock()
    _default.emulator.clock = clock
    _default.emulator.reset()
    client = _default.http
    client.headers["Authorization"] = f"APIKey {KEY}"
    return Api(_default.url, _default.emulator, clock, client, _default.material)


@pytest.fixture
def traffic(material: LoadBalancerPki) -> Iterator[Traffic]:
    """Emulator with a real data plane and the default behavior options."""
    with TrafficEmulator(material) as found:
        yield found


@pytest.fixture
def start_traffic(material: LoadBalancerPki) -> Iterator[Callable[..., Traffic]]:
    """Start an emulator with a real data plane and the given behavior options, by field name of `Behavior`."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(TrafficEmulator(material, **options))
