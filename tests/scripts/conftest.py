"""Import path and shared fixtures of the tests of the scripts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from tests.scripts.fake_machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine without an engine."""
    for folder in ("programs", "home", "cache"):
        (tmp_path / folder).mkdir()
    return Machine(tmp_path)
