"""Fixtures of the fake account that the lifecycle tests use."""

from __future__ import annotations

from tests.lifecycle.conftest import make_stack, material, network, served_emulator, stack

__all__ = ["make_stack", "material", "network", "served_emulator", "stack"]
