"""A machine on which only fake programs are installed."""

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
    """A machine with a PATH and a cache folder of its own, on which only fake programs are installed."""

    root: Path

    @property
    def programs(self) -> Path:
        """The folder of fake programs on PATH."""
        return self.root / "programs"

    @property
    def cached_engine(self) -> Path:
        """Where the cached engine is, if there is one."""
        return self.root / "cache" / "gcore-tls-provider" / f"engine-v{ENGINE_VERSION}"

    @property
    def environ(self) -> Mapping[str, str]:
        """Its environment; the system's programs come last."""
        return {
            "HOME": str(self.root / "home"),
            "XDG_CACHE_HOME": str(self.root / "cache"),
            "PATH": f"{self.programs}:/usr/bin:/bin",
        }

    def install(self, name: str, script: str, folder: Path | None = None) -> Path:
        """Puts a fake program, a shell script, into a folder; by default the one on PATH."""
        program = (folder or self.programs) / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    def install_engine(self, version: str, folder: Path | None = None, programs: Sequence[str] = PROGRAMS) -> None:
        """Puts a fake engine that says this version into a folder; by default the one on PATH."""
        for name in programs:
            self.install(name, f"echo v{version}", folder)

    def set_up(self, clone: Path, *folders: str, tools: Mapping[str, str]) -> None:
        """Makes a clone whose virtual environment is up to date, and holds nothing but fake tools.

        Args:
            clone: where it is to be.
            folders: what it has of the repository.
            tools: the scripts of the tools, by their names.
        """
        for folder in folders:
            shutil.copytree(ROOT / folder, clone / folder, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("uv.lock", "pyproject.toml"):
            (clone / file).write_text("")
        for name, script in {"python": "", **tools}.items():
            self.install(name, script, clone / ".venv" / "bin")
        stamp_file(clone / ".venv").write_text(stamp(clone))
