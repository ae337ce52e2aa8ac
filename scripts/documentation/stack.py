"""Run the repository's own program with the real Pulumi engine, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from bootstrap.places import ROOT

_SECONDS: Final = 300
_NAME: Final = "web"


@dataclass(frozen=True)
class Stack:
    """A stack of the repository's program with a file backend.

    Attributes:
        folder: Folder of the program and of the backend.
        variables: Environment variables in addition to Pulumi's own.
    """

    folder: Path
    variables: Mapping[str, str]

    def initialize(self, configuration: Mapping[str, object], password: str) -> None:
        """Create the stack.

        Args:
            configuration: Plain configuration values of the program.
            password: Password of the client certificate's PKCS12 file, set as a secret.
        """
        (self.folder / "backend").mkdir(parents=True)
        for name in ("Pulumi.yaml", "__main__.py"):
            shutil.copy(ROOT / name, self.folder / name)
        (self.folder / ".venv").symlink_to(sys.prefix)
        self.run("stack", "init", _NAME)
        path = self.folder / f"Pulumi.{_NAME}.yaml"
        settings = yaml.safe_load(path.read_text())
        path.write_text(yaml.safe_dump({**settings, "config": dict(configuration)}))
        self.run("config", "set", "--secret", "clientPassword", typed=password)

    def run(self, *arguments: str, typed: str = "", check: bool = True) -> str:
        """Run `pulumi` and return its output.

        Args:
            arguments: Command and options.
            typed: Standard input.
            check: Whether a non-zero exit status is an error.

        Raises:
            RuntimeError: The command failed.
        """
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("GCORE_", "PULUMI_"))}
        own = {
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": "documentation",
            "PULUMI_HOME": str(self.folder / "pulumi"),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
        }
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env={**kept, **own, **self.variables},
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if check and done.returncode:
            raise RuntimeError(f"`pulumi {' '.join(arguments)}` failed:\n{done.stdout}")
        return done.stdout
