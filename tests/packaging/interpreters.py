"""Python interpreters of this machine, among the versions that the package declares."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def declared_minors() -> list[int]:
    """Return the minor versions that `pyproject.toml` declares: 10 is Python 3.10."""
    found = re.findall(r'"Programming Language :: Python :: 3\.(\d+)"', (ROOT / "pyproject.toml").read_text())
    return sorted(map(int, found))


def interpreters() -> Mapping[int, Path]:
    """Return an interpreter of each installed declared version. It always includes that of the tests."""
    found = {minor: path for minor in declared_minors() for path in _candidates(minor) if _is_version(path, minor)}
    return found | {sys.version_info.minor: Path(sys.executable)}


def _candidates(minor: int) -> Iterator[Path]:
    """Yield possible paths of an interpreter. Those of pyenv are not on PATH."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/3.{minor}.*/bin/python3.{minor}"))
    on_path = shutil.which(f"python3.{minor}")
    if on_path:
        yield Path(on_path)


def _is_version(python: Path, minor: int) -> bool:
    """Return whether an interpreter runs and has this version: shims exist for missing versions, too."""
    code = f"import sys; sys.exit(sys.version_info[:2] != (3, {minor}))"
    return subprocess.run([python, "-c", code], capture_output=True, timeout=60, check=False).returncode == 0
