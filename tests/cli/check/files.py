"""Material as files in a folder, and the command run on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from typer.testing import CliRunner

from gcore_tls_provider.cli.app import app
from gcore_tls_provider.cli.check.report import Report


@dataclass(frozen=True)
class Ended:
    """How a run of the command has ended."""

    code: int
    stdout: str
    stderr: str = field(default="")

    @property
    def report(self) -> Report:
        """The report that `--json` has printed."""
        return Report.model_validate_json(self.stdout)

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.report.findings]

    @property
    def roles(self) -> dict[str, str | None]:
        """The roles by the files' names, without their folders."""
        return {Path(file.file).name: file.role for file in self.report.files}

    @property
    def refusal(self) -> str:
        """What stderr says, in one line."""
        assert self.code == 2 and self.stdout == "", self
        return " ".join(self.stderr.split())


def run(*arguments: str | Path, **environ: str) -> Ended:
    ended = CliRunner().invoke(app, [str(each) for each in arguments], env=environ, prog_name="gcore-tls")
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return Ended(ended.exit_code, ended.stdout, ended.stderr)


def days_from_now(days: float) -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=days)


def written(folder: Path, **texts: str | bytes) -> Path:
    """Writes files; their names have an underscore for the point: `server_pem`."""
    for name, text in texts.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder
