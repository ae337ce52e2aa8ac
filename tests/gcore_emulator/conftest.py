"""Emulators on real ports for these tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from gcore_emulator import ManualClock
from tests.gcore_emulator.data_plane.traffic import Traffic, TrafficEmulator
from tests.gcore_emulator.emulated_api import KEY, Api, serving_api
from tests.material import LoadBalancerPki

Start = Callable[..., Api]


@pytest.fixture(scope="session")
def material() -> LoadBalancerPki:
    return LoadBalancerPki.generate()


@pytest.fixture
def start(material: LoadBalancerPki) -> Iterator[Start]:
    """Start an emulator with the given behavior options, by field name of `Behavior`."""
    with ExitStack() as stack:
        yield lambda task_seconds=None, **options: stack.enter_context(serving_api(material, task_seconds, options))


@pytest.fixture(scope="session")
def _default(material: LoadBalancerPki) -> Iterator[Api]:
    with serving_api(material) as served:
        yield served


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
