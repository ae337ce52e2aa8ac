"""Runs of `gcore-tls` on files in a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from typer.testing import CliRunner

from gcore_tls_provider.cli.app import app
from gcore_tls_provider.cli.check.report import Report


@dataclass(frozen=True)
class CommandRun:
    """Result of a run of the command."""

    code: int
    stdout: str
    stderr: str = field(default="")

    @property
    def report(self) -> Report:
        """Report that `--json` has printed."""
        return Report.model_validate_json(self.stdout)

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.report.findings]

    @property
    def roles(self) -> dict[str, str | None]:
        """Roles by the files' names, without their folders."""
        return {Path(file.file).name: file.role for file in self.report.files}

    @property
    def usage_error(self) -> str:
        """Text of stderr in one line."""
        assert self.code == 2 and self.stdout == "", self
        return " ".join(self.stderr.split())


def run(*arguments: str | Path, **environ: str) -> CommandRun:
    result = CliRunner().invoke(app, [str(each) for each in arguments], env=environ, prog_name="gcore-tls")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return CommandRun(result.exit_code, result.stdout, result.stderr)


def days_from_now(days: float) -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=days)


def write_files(folder: Path, **texts: str | bytes) -> Path:
    """Write files; in their names an underscore stands for the period: `server_pem`."""
    for name, text in texts.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder
