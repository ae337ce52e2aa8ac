"""Virtual environments as users have them: with nothing of the clone in them."""

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
    """A virtual environment.

    Attributes:
        folder: where it is.
    """

    folder: Path

    @classmethod
    def made(cls, folder: Path, interpreter: Path) -> Environment:
        """A new one, with the pip that Pulumi lists its packages with."""
        _uv("venv", "--seed", "--python", interpreter, folder)
        return cls(folder)

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def install(self, *arguments: str | Path) -> None:
        """Installs packages."""
        _uv("pip", "install", "--python", self.python, *arguments)

    def run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Runs one of its programs, with nothing of this process's packages."""
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
    """Starts the `gcore-emulator` of an environment on a free port, and gives its URL."""
    command = [str(emulator.folder / "bin" / "gcore-emulator"), "--port", "0", "--task-seconds", "0.05"]
    process = subprocess.Popen(
        command, env=without_python_variables(), cwd=emulator.folder, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found, said
        yield found[0]
    finally:
        process.kill()
        process.communicate()


def without_python_variables() -> dict[str, str]:
    """The environment of this process without what leads Python to other packages."""
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}


def uv_environment() -> dict[str, str]:
    """The same for uv, which gets packages from where pip does."""
    variables = uv_variables(without_python_variables(), pip_configuration())
    del variables["UV_PROJECT_ENVIRONMENT"]  # the clone's own
    return variables


def _uv(*arguments: str | Path) -> None:
    command = [ensure_uv(), *arguments]
    done = subprocess.run(command, env=uv_environment(), capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
