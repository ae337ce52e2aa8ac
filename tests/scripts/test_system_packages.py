"""Search and installation of programs of the operating system."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from bootstrap import system_packages
from bootstrap.reporting import ScriptError
from bootstrap.system_packages import Program, ensure_program
from tests.scripts.fake_machine import Machine

TOOL = Program(("frobnicate", "frob"), "frob-tools", "the tests need it")


@pytest.fixture
def user(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that sets the user ID of the process, on a machine with only fake programs."""
    monkeypatch.setenv("PATH", str(machine.programs))
    monkeypatch.setattr(system_packages, "SYSTEM_FOLDERS", (str(machine.root / "sbin"),))
    return lambda user_id: monkeypatch.setattr(os, "geteuid", lambda: user_id)


def install_apt_get(machine: Machine, program: str) -> None:
    """Install a fake `apt-get` that installs a program."""
    path = machine.programs / program
    creates = f"echo '#!/bin/sh' > '{path}'; /bin/chmod +x '{path}'"
    machine.install("apt-get", f'case "$*" in *frob-tools*) {creates};; esac')


@pytest.mark.parametrize("name", TOOL.names)
def test_a_program_on_path_is_used(name: str, machine: Machine, user: Callable[[int], None]) -> None:
    user(0)
    installed = machine.install(name, "")
    assert ensure_program(TOOL) == installed


def test_a_program_in_a_system_folder_is_used(machine: Machine, user: Callable[[int], None]) -> None:
    user(1000)
    installed = machine.install("frob", "", machine.root / "sbin")
    assert ensure_program(TOOL) == installed


@pytest.mark.parametrize("user_id", [0, 1000])
def test_a_missing_program_is_installed(user_id: int, machine: Machine, user: Callable[[int], None]) -> None:
    user(user_id)
    install_apt_get(machine, "frob")
    machine.install("sudo", '[ "$1" = -n ] && shift && exec "$@"')
    assert ensure_program(TOOL) == machine.programs / "frob"


@pytest.mark.parametrize("sudo", [None, "exit 1"])
def test_the_error_without_permission_has_the_command_to_run(
    sudo: str | None, machine: Machine, user: Callable[[int], None]
) -> None:
    user(1000)
    install_apt_get(machine, "frob")
    if sudo:
        machine.install("sudo", sudo)
    with pytest.raises(ScriptError, match=r"frobnicate is missing .*sudo apt-get install frob-tools"):
        ensure_program(TOOL)


def test_an_installed_package_without_the_program_is_an_error(machine: Machine, user: Callable[[int], None]) -> None:
    user(0)
    install_apt_get(machine, "other")
    with pytest.raises(ScriptError, match="although the package frob-tools is installed"):
        ensure_program(TOOL)
