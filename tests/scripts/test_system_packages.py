"""Programs of the operating system are found, or installed where that needs no question."""

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
    """Makes the process somebody's on a machine of fake programs, in an empty folder for system programs."""
    monkeypatch.setenv("PATH", str(machine.programs))
    monkeypatch.setattr(system_packages, "SYSTEM_FOLDERS", (str(machine.root / "sbin"),))
    return lambda user_id: monkeypatch.setattr(os, "geteuid", lambda: user_id)


def has_apt_get(machine: Machine, program: str) -> None:
    """Installs an `apt-get` whose package brings a program."""
    path = machine.programs / program
    made = f"echo '#!/bin/sh' > '{path}'; /bin/chmod +x '{path}'"
    machine.install("apt-get", f'case "$*" in *frob-tools*) {made};; esac')


@pytest.mark.parametrize("name", TOOL.names)
def test_a_program_on_path_is_taken(name: str, machine: Machine, user: Callable[[int], None]) -> None:
    user(0)
    installed = machine.install(name, "")
    assert ensure_program(TOOL) == installed


def test_system_programs_need_not_be_on_path(machine: Machine, user: Callable[[int], None]) -> None:
    user(1000)
    installed = machine.install("frob", "", machine.root / "sbin")
    assert ensure_program(TOOL) == installed


@pytest.mark.parametrize("user_id", [0, 1000])
def test_a_missing_program_is_installed(user_id: int, machine: Machine, user: Callable[[int], None]) -> None:
    user(user_id)
    has_apt_get(machine, "frob")
    machine.install("sudo", '[ "$1" = -n ] && shift && exec "$@"')
    assert ensure_program(TOOL) == machine.programs / "frob"


@pytest.mark.parametrize("sudo", [None, "exit 1"])
def test_who_cannot_install_it_is_told_what_to_type(
    sudo: str | None, machine: Machine, user: Callable[[int], None]
) -> None:
    user(1000)
    has_apt_get(machine, "frob")
    if sudo:
        machine.install("sudo", sudo)
    with pytest.raises(ScriptError, match=r"frobnicate is missing .*sudo apt-get install frob-tools"):
        ensure_program(TOOL)


def test_a_package_without_the_program_is_said(machine: Machine, user: Callable[[int], None]) -> None:
    user(0)
    has_apt_get(machine, "other")
    with pytest.raises(ScriptError, match="though the package frob-tools is installed"):
        ensure_program(TOOL)
