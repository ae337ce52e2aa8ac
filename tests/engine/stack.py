"""A stack of the real engine: a copy of a program, a backend of its own, and what its commands print."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMMAND_SECONDS = 180
PASSPHRASE = "correct horse battery staple"


@dataclass(frozen=True)
class Command:
    """What a command printed, and how it ended."""

    arguments: tuple[str, ...]
    code: int
    output: str

    @property
    def diagnostics(self) -> list[str]:
        """The lines of its diagnostics that are errors or warnings, without their margin."""
        _, _, diagnostics = self.output.partition("\nDiagnostics:\n")
        return [line.strip() for line in diagnostics.splitlines() if line.strip().startswith(("error:", "warning:"))]

    @property
    def errors(self) -> list[str]:
        """The error lines, but the engine's own closing ones."""
        closing = ("error: update failed", "error: preview failed", "error: an unhandled error occurred")
        return [line for line in self.diagnostics if line.startswith("error:") and not line.startswith(closing)]

    def counts(self) -> dict[str, int]:
        """The summary: `{"created": 10}`, `{"unchanged": 10}`."""
        _, _, summary = self.output.rpartition("\nResources:\n")
        counted: dict[str, int] = {}
        for line in summary.splitlines():
            found = re.fullmatch(r"\s+(?:[-+~<>]+\s?)?(\d+) ([a-z ]+)", line)
            if found is None:
                break
            counted[found[2]] = int(found[1])
        return counted

    def lines(self) -> list[str]:
        """The output's lines with white space folded, for looking one up whatever its margin is."""
        return [" ".join(line.split()) for line in self.output.splitlines()]

    def expect_success(self) -> Command:
        """The result itself, if it succeeded."""
        assert self.code == 0, f"pulumi {' '.join(self.arguments)} ended with {self.code}:\n{self.output}"
        return self

    def expect_failure(self) -> Command:
        """The result itself, if it failed."""
        assert self.code != 0, f"pulumi {' '.join(self.arguments)} succeeded:\n{self.output}"
        return self

    def expect_nothing_to_do(self) -> Command:
        """The result itself, if it succeeded and would change nothing."""
        assert set(self.expect_success().counts()) == {"unchanged"}, self.output
        return self


@dataclass
class Stack:
    """A stack.

    Attributes:
        program: the folder of its program; may be changed between commands.
        home: a folder of its own for the backend and Pulumi's home.
        variables: what its commands find in their environment beside Pulumi's own.
        name: what it is called.
        seconds: how long a command may take.
    """

    program: Path
    home: Path
    variables: dict[str, str] = field(default_factory=dict)
    name: str = "test"
    seconds: int = COMMAND_SECONDS

    @classmethod
    def of(cls, source: Path, folder: Path, variables: Mapping[str, str]) -> Stack:
        """A new stack of a copy of a program."""
        program = folder / "program"
        wanted = ("Pulumi.yaml", "__main__.py")
        if source == ROOT:
            program.mkdir(parents=True)
            for name in wanted:
                shutil.copy(source / name, program / name)
            # Its Pulumi.yaml names the virtual environment of the clone.
            (program / ".venv").symlink_to(sys.prefix)
        else:
            shutil.copytree(source, program)
        stack = cls(program, folder / "home", dict(variables))
        stack.backend.mkdir(parents=True)
        stack.run("stack", "init", stack.name, "--non-interactive").expect_success()
        return stack

    @property
    def backend(self) -> Path:
        """Where its state is."""
        return self.home / "backend"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands: nothing of Gcore's comes in from outside."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("GCORE_", "PULUMI_"))}
        return {
            **kept,
            "NO_COLOR": "1",
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_HOME": str(self.home / "pulumi"),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            **self.variables,
        }

    def run(self, *arguments: str, typed: str = "") -> Command:
        """Runs `pulumi` with these arguments in the program's folder; `typed` is its standard input."""
        done = subprocess.run(
            ["pulumi", *arguments],
            cwd=self.program,
            env=self.environment,
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self.seconds,
            check=False,
        )
        return Command(arguments, done.returncode, done.stdout)

    def configure(self, values: Mapping[str, object]) -> None:
        """Sets plain values, structured ones included: in the stack's file, as people do."""
        path = self.program / f"Pulumi.{self.name}.yaml"
        settings = yaml.safe_load(path.read_text()) if path.exists() else {}
        configured = settings.setdefault("config", {})
        for key, value in values.items():
            plain = value if isinstance(value, (dict, list)) else str(value)
            configured[key if ":" in key else f"{self.project}:{key}"] = plain
        path.write_text(yaml.safe_dump(settings))

    @property
    def project(self) -> str:
        """The name of the program's project."""
        return str(yaml.safe_load((self.program / "Pulumi.yaml").read_text())["name"])

    def configure_secret(self, key: str, value: str) -> None:
        """Sets a secret value."""
        self.run("config", "set", "--secret", key, "--non-interactive", typed=value).expect_success()

    def preview(self, *arguments: str) -> Command:
        """`pulumi preview`."""
        return self.run("preview", "--non-interactive", *arguments)

    def up(self, *arguments: str) -> Command:
        """`pulumi up`, without a preview of its own."""
        return self.run("up", "--yes", "--skip-preview", "--non-interactive", *arguments)

    def refresh(self, *arguments: str) -> Command:
        """`pulumi refresh`."""
        return self.run("refresh", "--yes", "--skip-preview", "--non-interactive", *arguments)

    def destroy(self, *arguments: str) -> Command:
        """`pulumi destroy`."""
        return self.run("destroy", "--yes", "--skip-preview", "--non-interactive", *arguments)

    def outputs(self) -> dict[str, object]:
        """The stack's outputs."""
        found: dict[str, object] = json.loads(self.run("stack", "output", "--json").expect_success().output)
        return found

    def state_text(self) -> str:
        """The state files as they are on disk."""
        return "\n".join(each.read_text() for each in sorted(self.backend.rglob("*.json*")) if each.is_file())
