"""Destruction of the demo's stack, with and without its program."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.reporting import ScriptError
from demonstration import stack
from tests.scripts.fake_machine import Machine

WITHOUT_PROGRAM = "destroy --yes --remove --suppress-outputs"
WITH_PROGRAM = f"{WITHOUT_PROGRAM} --run-program"


@pytest.fixture
def calls(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the log file of the fake `pulumi`, which omits `stack export`."""
    monkeypatch.setenv("PATH", f"{machine.programs}:/usr/bin:/bin")
    return machine.root / "calls"


def install_pulumi(machine: Machine, calls: Path, resources: str, fails: str = "nothing") -> None:
    """Install a fake `pulumi` for a stack.

    Args:
        machine: The machine.
        calls: The log file for its arguments.
        resources: The stack's resources, JSON.
        fails: A shell pattern of the commands that fail.
    """
    machine.install(
        "pulumi",
        f"""case "$*" in
            "stack export"*) echo '{{"version": 3, "deployment": {{"resources": {resources}}}}}' ;;
            *) echo "$*" >> "{calls}"; case "$*" in {fails}) exit 1 ;; esac ;;
        esac""",
    )


@pytest.mark.parametrize(
    ("resources", "fails", "called"),
    [
        ('[{"urn": "urn:pulumi:demo"}]', "nothing", [WITH_PROGRAM]),
        ('[{"urn": "urn:pulumi:demo"}]', "*--run-program*", [WITH_PROGRAM, WITHOUT_PROGRAM]),
        ("[]", "nothing", [WITHOUT_PROGRAM]),
        ("null", "nothing", [WITHOUT_PROGRAM]),
    ],
)
def test_the_program_runs_first_if_the_stack_has_resources(
    resources: str, fails: str, called: list[str], machine: Machine, calls: Path
) -> None:
    install_pulumi(machine, calls, resources, fails)
    stack.destroy()
    assert calls.read_text().splitlines() == called


def test_a_failure_with_and_without_the_program_is_an_error(machine: Machine, calls: Path) -> None:
    install_pulumi(machine, calls, '[{"urn": "urn:pulumi:demo"}]', fails="destroy*")
    with pytest.raises(ScriptError, match="run this again"):
        stack.destroy()
    assert calls.read_text().splitlines() == [WITH_PROGRAM, WITHOUT_PROGRAM]
