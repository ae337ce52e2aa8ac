"""Paths of the scripts: in the clone and in the user's cache folder. The scripts write to no other folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""Root of the clone."""

ENVIRONMENT = ROOT / ".venv"
"""Virtual environment of the project, created from `uv.lock`."""

PYTHON = ENVIRONMENT / "bin" / "python"
"""Interpreter of `ENVIRONMENT`."""

DEMO = ROOT / ".demo"
"""Files of the demo, except for `STACK_FILE`: Pulumi's state, the emulator's log, the certificates."""

STACK = "demo"
"""Name of the demo's stack."""

STACK_FILE = ROOT / f"Pulumi.{STACK}.yaml"
"""Configuration file of the demo's stack, in the folder where Pulumi looks for it."""


def demo_stack_exists() -> bool:
    """Return whether the demo's stack exists, deployed or not. Its folder is no evidence: Pulumi recreates it."""
    return any((DEMO / "state").glob(f".pulumi/stacks/*/{STACK}.json"))


def cache_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return this project's folder in the user's cache folder (XDG Base Directory Specification).

    Args:
        environ: The environment with `XDG_CACHE_HOME`. The default is the environment of this process.
    """
    xdg = (os.environ if environ is None else environ).get("XDG_CACHE_HOME", "")
    base = Path(xdg) if os.path.isabs(xdg) else Path.home() / ".cache"
    return base / "gcore-tls-provider"
