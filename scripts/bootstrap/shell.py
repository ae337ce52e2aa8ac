"""Environment variables with which `pulumi` works on the demo's stack."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from bootstrap.engine import Engine
from bootstrap.places import DEMO, ENVIRONMENT, PYTHON

PASSPHRASE = "gcore-tls-demo"
"""Passphrase of the demo's state, which contains only generated secrets. Only its owner can read the state."""


def tool_variables(engine: Engine | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Return variables that put the virtual environment and the engine first on PATH, and select the Python for Pulumi.

    Args:
        engine: The engine, or None if it is not installed yet.
        environ: The environment to extend.
    """
    first = [str(ENVIRONMENT / "bin"), *([str(engine.directory)] if engine else [])]
    rest = environ.get("PATH", os.defpath).split(os.pathsep)
    return {
        "PATH": os.pathsep.join([*first, *(folder for folder in rest if folder not in first)]),
        "PULUMI_PYTHON_CMD": str(PYTHON),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def demo_variables(engine: Engine | None, environ: Mapping[str, str], demo: Path = DEMO) -> dict[str, str]:
    """Return the variables for work on the demo's stack: the tools, the state and the passphrase.

    Pulumi's home is in the demo's folder, so that the user's own login and selected stack do not change.

    Args:
        engine: The engine, or None if it is not installed yet.
        environ: The environment to extend.
        demo: The demo's folder.
    """
    return {
        **tool_variables(engine, environ),
        "PULUMI_HOME": str(demo / "pulumi"),
        "PULUMI_BACKEND_URL": (demo / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        **{name: hosts_without_proxy(environ) for name in ("NO_PROXY", "no_proxy")},
    }


def hosts_without_proxy(environ: Mapping[str, str]) -> str:
    """Return the hosts to connect to without a proxy: the user's, and 127.0.0.1, where the emulator listens."""
    hosts = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").split(",")
    return ",".join([*(host for host in hosts if host not in ("", "127.0.0.1")), "127.0.0.1"])


def export_lines(variables: Mapping[str, str]) -> str:
    """Return the `export` lines that set variables in a shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())
