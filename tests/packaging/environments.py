"""Virtual environments that contain nothing of the clone."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bootstrap.environment import ensure_uv, pip_configuration, uv_variables

SECONDS = 300


@dataclass(frozen=True)
class Environment:
    """Virtual environment.

    Attributes:
        folder: Folder of the environment.
    """

    folder: Path

    @classmethod
    def create(cls, folder: Path, interpreter: Path) -> Environment:
        """Create an environment with pip, which Pulumi needs to list the packages."""
        _uv("venv", "--seed", "--python", interpreter, folder)
        return cls(folder)

    @property
    def python(self) -> Path:
        """Interpreter of the environment."""
        return self.folder / "bin" / "python"

    def install(self, *arguments: str | Path) -> None:
        """Install packages."""
        _uv("pip", "install", "--python", self.python, *arguments)

    def run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, without the Python variables of this process."""
        return subprocess.run(
            [self.folder / "bin" / program, *arguments],
            env=without_python_variables(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


@contextmanager
def serving(emulator: Environment) -> Iterator[str]:
    """Run the `gcore-emulator` of an environment on a free port, and yield its URL."""
    command = [str(emulator.folder / "bin" / "gcore-emulator"), "--port", "0", "--task-seconds", "0.05"]
    process = subprocess.Popen(
        command, env=without_python_variables(), cwd=emulator.folder, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, line
        yield found[0]
    finally:
        process.kill()
        process.communicate()


def without_python_variables() -> dict[str, str]:
    """Return the environment of this process without the variables that add packages to Python."""
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}


def uv_environment() -> dict[str, str]:
    """Return the environment for uv, which uses the package index of pip."""
    variables = uv_variables(without_python_variables(), pip_configuration())
    del variables["UV_PROJECT_ENVIRONMENT"]  # names the environment of the clone
    return variables


def _uv(*arguments: str | Path) -> None:
    command = [ensure_uv(), *arguments]
    done = subprocess.run(command, env=uv_environment(), capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
