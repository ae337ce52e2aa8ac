"""Fixtures of the fake account that the lifecycle tests use."""

from __future__ import annotations

from tests.lifecycle.conftest import material, network, served, world, worlds

__all__ = ["material", "network", "served", "world", "worlds"]
