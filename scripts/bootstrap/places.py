"""Paths of the scripts: in the clone and in the user's cache folder. The scripts write nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The clone."""

ENVIRONMENT = ROOT / ".venv"
"""The virtual environment of the project, made from `uv.lock`."""

PYTHON = ENVIRONMENT / "bin" / "python"
"""The interpreter of `ENVIRONMENT`."""

DEMO = ROOT / ".demo"
"""Files of the demo, except for `STACK_FILE`: Pulumi's state, the emulator's log, the certificates."""

STACK = "demo"
"""The name of the demo's stack."""

STACK_FILE = ROOT / f"Pulumi.{STACK}.yaml"
"""The demo's stack configuration, where Pulumi looks for it."""


def demo_stack_exists() -> bool:
    """Return whether the demo has a stack, deployed or not. Its folder proves nothing: Pulumi recreates it."""
    return any((DEMO / "state").glob(f".pulumi/stacks/*/{STACK}.json"))


def cache_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return this project's folder in the user's cache folder (XDG Base Directory Specification).

    Args:
        environ: The environment to look at; by default this process's.
    """
    xdg = (os.environ if environ is None else environ).get("XDG_CACHE_HOME", "")
    base = Path(xdg) if os.path.isabs(xdg) else Path.home() / ".cache"
    return base / "gcore-tls-provider"
