"""Emulators on real ports for these tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from emulated_api import KEY, OTHER_PROJECT, OTHER_REGION, PROJECT, REGION, TASK_SECONDS, Api
from emulated_material import Material

from gcore_tls_provider.emulator import Behaviour, Emulator, ManualClock, Settings, TaskSeconds, serving

Start = Callable[..., Api]


@pytest.fixture(scope="session")
def material() -> Material:
    return Material.generate()


@pytest.fixture
def start(material: Material) -> Iterator[Start]:
    """Starts an emulator with the choices that are given, by field name of `Behaviour`."""
    with ExitStack() as stack:

        def start_one(task_seconds: TaskSeconds | None = None, **choices: Any) -> Api:
            clock = ManualClock()
            settings = Settings(
                api_key=KEY,
                projects=frozenset({PROJECT, OTHER_PROJECT}),
                regions=frozenset({REGION, OTHER_REGION}),
                task_seconds=task_seconds or TaskSeconds(TASK_SECONDS),
                behaviour=Behaviour.model_validate(choices),
            )
            emulator = Emulator(settings, clock)
            url = stack.enter_context(serving(emulator))
            http = stack.enter_context(httpx.Client(base_url=url, headers={"Authorization": f"APIKey {KEY}"}))
            return Api(url, emulator, clock, http, material)

        yield start_one


@pytest.fixture
def api(start: Start) -> Api:
    """An emulator with the default choices."""
    return start()
