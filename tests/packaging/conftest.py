"""Distributions that the packaging tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bootstrap.environment import ensure_uv
from tests.engine.conftest import files as files
from tests.packaging.environments import uv_environment
from tests.packaging.interpreters import ROOT


@dataclass(frozen=True)
class Distribution:
    """Output of `python -m build`.

    Attributes:
        sdist: Source distribution.
        wheel: Wheel, built from the sdist.
    """

    sdist: Path
    wheel: Path


def build(folder: Path, *options: str) -> None:
    """Run `python -m build` on the clone."""
    path = f"{ensure_uv().parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "build", "--installer", "uv", "--outdir", folder, *options, ROOT],
        env={**uv_environment(), "PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    """Build the sdist, and the wheel from it."""
    folder = tmp_path_factory.mktemp("dist")
    build(folder)
    (sdist,) = folder.glob("*.tar.gz")
    (wheel,) = folder.glob("*.whl")
    return Distribution(sdist, wheel)
