"""Machine with only fake programs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.engine import PROGRAMS
from bootstrap.engine_sources import ENGINE_VERSION
from bootstrap.environment import stamp, stamp_file
from bootstrap.places import ROOT


@dataclass(frozen=True)
class Machine:
    """Machine with its own PATH and cache folder and with only fake programs."""

    root: Path

    @property
    def programs(self) -> Path:
        """Folder of fake programs on PATH."""
        return self.root / "programs"

    @property
    def cached_engine(self) -> Path:
        """Folder of the cached engine, which may not exist."""
        return self.root / "cache" / "gcore-tls-provider" / f"engine-v{ENGINE_VERSION}"

    @property
    def environ(self) -> Mapping[str, str]:
        """Environment with the system's programs last on PATH."""
        return {
            "HOME": str(self.root / "home"),
            "XDG_CACHE_HOME": str(self.root / "cache"),
            "PATH": f"{self.programs}:/usr/bin:/bin",
        }

    def install(self, name: str, script: str, folder: Path | None = None) -> Path:
        """Write a fake program, a shell script, to a folder. The default is the folder on PATH."""
        program = (folder or self.programs) / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    def install_engine(self, version: str, folder: Path | None = None, programs: Sequence[str] = PROGRAMS) -> None:
        """Write a fake engine with this version to a folder. The default is the folder on PATH."""
        for name in programs:
            self.install(name, f"echo v{version}", folder)

    def set_up(self, clone: Path, *folders: str, tools: Mapping[str, str]) -> None:
        """Create a clone with an up-to-date virtual environment that contains only fake tools.

        Args:
            clone: The root of the clone.
            folders: Folders of the repository to copy.
            tools: The scripts of the tools, by name.
        """
        for folder in folders:
            shutil.copytree(ROOT / folder, clone / folder, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("uv.lock", "pyproject.toml"):
            (clone / file).write_text("")
        for name, script in {"python": "", **tools}.items():
            self.install(name, script, clone / ".venv" / "bin")
        stamp_file(clone / ".venv").write_text(stamp(clone))
