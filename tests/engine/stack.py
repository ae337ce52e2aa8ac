"""Stack of the real engine, with a copy of a program and its own backend, and results of commands."""

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
class CommandResult:
    """Result of a command.

    Attributes:
        arguments: Arguments of `pulumi`.
        code: Exit code.
        output: Standard output and standard error.
    """

    arguments: tuple[str, ...]
    code: int
    output: str

    @property
    def diagnostics(self) -> list[str]:
        """Error and warning lines of the diagnostics, without indentation."""
        _, _, diagnostics = self.output.partition("\nDiagnostics:\n")
        return [line.strip() for line in diagnostics.splitlines() if line.strip().startswith(("error:", "warning:"))]

    @property
    def errors(self) -> list[str]:
        """Error lines, without the engine's closing ones."""
        closing = ("error: update failed", "error: preview failed", "error: an unhandled error occurred")
        return [line for line in self.diagnostics if line.startswith("error:") and not line.startswith(closing)]

    def counts(self) -> dict[str, int]:
        """Return the summary: `{"created": 10}`, `{"unchanged": 10}`."""
        _, _, summary = self.output.rpartition("\nResources:\n")
        totals: dict[str, int] = {}
        for line in summary.splitlines():
            found = re.fullmatch(r"\s+(?:[-+~<>]+\s?)?(\d+) ([a-z ]+)", line)
            if found is None:
                break
            totals[found[2]] = int(found[1])
        return totals

    def lines(self) -> list[str]:
        """Return the lines of the output with collapsed white space."""
        return [" ".join(line.split()) for line in self.output.splitlines()]

    def expect_success(self) -> CommandResult:
        """Assert that the command succeeded, and return the result."""
        assert self.code == 0, f"pulumi {' '.join(self.arguments)} failed with {self.code}:\n{self.output}"
        return self

    def expect_failure(self) -> CommandResult:
        """Assert that the command failed, and return the result."""
        assert self.code != 0, f"pulumi {' '.join(self.arguments)} succeeded:\n{self.output}"
        return self

    def expect_no_changes(self) -> CommandResult:
        """Assert that the command succeeded without changes, and return the result."""
        assert set(self.expect_success().counts()) == {"unchanged"}, self.output
        return self


@dataclass
class Stack:
    """Stack of a program.

    Attributes:
        program: Folder of the program, which tests can change between commands.
        home: Folder for the backend and Pulumi's home.
        variables: Additional environment variables of the commands.
        name: Name of the stack.
        seconds: Time limit of a command.
    """

    program: Path
    home: Path
    variables: dict[str, str] = field(default_factory=dict)
    name: str = "test"
    seconds: int = COMMAND_SECONDS

    @classmethod
    def of(cls, source: Path, folder: Path, variables: Mapping[str, str]) -> Stack:
        """Create a stack with a copy of a program."""
        program = folder / "program"
        wanted = ("Pulumi.yaml", "__main__.py")
        if source == ROOT:
            program.mkdir(parents=True)
            for name in wanted:
                shutil.copy(source / name, program / name)
            # Pulumi.yaml names the virtual environment of the clone.
            (program / ".venv").symlink_to(sys.prefix)
        else:
            shutil.copytree(source, program)
        stack = cls(program, folder / "home", dict(variables))
        stack.backend.mkdir(parents=True)
        stack.run("stack", "init", stack.name, "--non-interactive").expect_success()
        return stack

    @property
    def backend(self) -> Path:
        """Folder of the state."""
        return self.home / "backend"

    @property
    def environment(self) -> dict[str, str]:
        """Environment of the commands, without the GCORE_ and PULUMI_ variables of this process."""
        own = {key: value for key, value in os.environ.items() if not key.startswith(("GCORE_", "PULUMI_"))}
        return {
            **own,
            "NO_COLOR": "1",
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_HOME": str(self.home / "pulumi"),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            **self.variables,
        }

    def run(self, *arguments: str, typed: str = "") -> CommandResult:
        """Run `pulumi` in the program's folder. `typed` is its standard input."""
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
        return CommandResult(arguments, done.returncode, done.stdout)

    def configure(self, values: Mapping[str, object]) -> None:
        """Write plaintext values, including structured ones, to the stack's configuration file."""
        path = self.program / f"Pulumi.{self.name}.yaml"
        settings = yaml.safe_load(path.read_text()) if path.exists() else {}
        configured = settings.setdefault("config", {})
        for key, value in values.items():
            plain = value if isinstance(value, (dict, list)) else str(value)
            configured[key if ":" in key else f"{self.project}:{key}"] = plain
        path.write_text(yaml.safe_dump(settings))

    @property
    def project(self) -> str:
        """Name of the project."""
        return str(yaml.safe_load((self.program / "Pulumi.yaml").read_text())["name"])

    def configure_secret(self, key: str, value: str) -> None:
        """Set a secret value."""
        self.run("config", "set", "--secret", key, "--non-interactive", typed=value).expect_success()

    def preview(self, *arguments: str) -> CommandResult:
        """Run `pulumi preview`."""
        return self.run("preview", "--non-interactive", *arguments)

    def up(self, *arguments: str) -> CommandResult:
        """Run `pulumi up` without a preview."""
        return self.run("up", "--yes", "--skip-preview", "--non-interactive", *arguments)

    def refresh(self, *arguments: str) -> CommandResult:
        """Run `pulumi refresh`."""
        return self.run("refresh", "--yes", "--skip-preview", "--non-interactive", *arguments)

    def destroy(self, *arguments: str) -> CommandResult:
        """Run `pulumi destroy`."""
        return self.run("destroy", "--yes", "--skip-preview", "--non-interactive", *arguments)

    def outputs(self) -> dict[str, object]:
        """Return the outputs of the stack."""
        found: dict[str, object] = json.loads(self.run("stack", "output", "--json").expect_success().output)
        return found

    def state_text(self) -> str:
        """Return the text of all state files."""
        return "\n".join(each.read_text() for each in sorted(self.backend.rglob("*.json*")) if each.is_file())
