"""The virtual environment is made when the lock file changed, and only then; pip's settings hold for uv."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from bootstrap import environment
from bootstrap.environment import (
    ensure_environment,
    ensure_venv_module,
    settings_for_install,
    stamp,
    stamped,
    sync,
    uv_variables,
)
from bootstrap.places import ENVIRONMENT
from bootstrap.processes import CommandFailed
from bootstrap.reporting import ScriptError
from tests.scripts.fake_machine import Machine


class Clone:
    """A clone whose virtual environment is made by a stand-in for uv, which is counted."""

    def __init__(self, root: Path) -> None:
        """Writes the two files that decide."""
        self.root = root
        self.syncs = 0
        self.sync_fails = False
        (root / "uv.lock").write_text("lock 1")
        (root / "pyproject.toml").write_text("project 1")

    def sync(self, _uv: Path) -> None:
        """Makes something like a virtual environment."""
        self.syncs += 1
        python = self.root / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.unlink(missing_ok=True)
        python.symlink_to("/bin/sh")
        if self.sync_fails:
            raise CommandFailed("no connection")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A clone without a virtual environment."""
    made = Clone(tmp_path)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(environment, "ensure_uv", lambda: Path("uv"))
    monkeypatch.setattr(environment, "sync", made.sync)
    return made


def test_nothing_is_done_twice(clone: Clone) -> None:
    ensure_environment()
    ensure_environment()
    assert clone.syncs == 1


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml"])
def test_a_changed_file_is_followed(clone: Clone, name: str) -> None:
    ensure_environment()
    (clone.root / name).write_text("changed")
    ensure_environment()
    assert clone.syncs == 2


def test_a_python_that_was_uninstalled_is_replaced(clone: Clone) -> None:
    ensure_environment()
    python = clone.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(clone.root / "no such python")
    ensure_environment()
    assert clone.syncs == 2


def test_a_failed_attempt_does_not_count(clone: Clone) -> None:
    ensure_environment()
    first = (clone.root / "uv.lock").read_text()
    clone.sync_fails = True
    (clone.root / "uv.lock").write_text("lock 2")
    with pytest.raises(CommandFailed):
        ensure_environment()
    clone.sync_fails = False
    (clone.root / "uv.lock").write_text(first)
    ensure_environment()
    assert clone.syncs == 3


def test_the_stamp_knows_which_file_says_what(clone: Clone) -> None:
    before = stamp(clone.root)
    (clone.root / "uv.lock").write_text("project 1")
    (clone.root / "pyproject.toml").write_text("lock 1")
    assert stamp(clone.root) != before


def test_the_stamp_knows_the_clone_s_path(clone: Clone, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("uv.lock", "pyproject.toml"):
        (moved / name).write_bytes((clone.root / name).read_bytes())
    assert stamp(moved) != stamp(clone.root)


@pytest.mark.parametrize("pip", [{}, {"index-url": "https://mirror.example/simple"}])
def test_a_moved_environment_is_made_anew(
    pip: Mapping[str, str], clone: Clone, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = clone.root / "calls"
    uv = machine.install("uv", f'echo "$*" >> "{calls}"')
    home = clone.root / ".venv"
    machine.install("python", "", home / "bin")
    monkeypatch.setattr(environment, "PYTHON", home / "bin" / "python")
    monkeypatch.setattr(environment, "pip_configuration", lambda: pip)
    for folder in ("/old/clone/.venv", home):
        (home / "bin" / "activate").write_text(f"VIRTUAL_ENV='{folder}'")
        calls.write_text("")
        sync(uv)
        assert ("venv --clear" in calls.read_text()) == (folder != home)


def test_an_environment_made_by_hand_has_no_stamp(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/bin/sh")
    assert stamped(tmp_path) is None


@pytest.mark.parametrize(
    ("environ", "pip", "name", "value"),
    [
        ({}, {}, "UV_SYSTEM_CERTS", "true"),
        ({}, {}, "SSL_CERT_FILE", None),
        ({}, {"cert": "/etc/company.pem"}, "SSL_CERT_FILE", "/etc/company.pem"),
        ({"SSL_CERT_FILE": "/mine.pem"}, {"cert": "/etc/company.pem"}, "SSL_CERT_FILE", "/mine.pem"),
        ({}, {"index-url": "https://mirror.example/simple"}, "UV_DEFAULT_INDEX", "https://mirror.example/simple"),
        (
            {"UV_DEFAULT_INDEX": "https://a.example"},
            {"index-url": "https://b.example"},
            "UV_DEFAULT_INDEX",
            "https://a.example",
        ),
        ({}, {"extra-index-url": "https://extra.example"}, "UV_INDEX", "https://extra.example"),
        ({}, {"proxy": "http://proxy.example:3128"}, "ALL_PROXY", "http://proxy.example:3128"),
        ({"VIRTUAL_ENV": "/elsewhere"}, {}, "VIRTUAL_ENV", None),
        ({"UV_PROJECT_ENVIRONMENT": "/elsewhere"}, {}, "UV_PROJECT_ENVIRONMENT", str(ENVIRONMENT)),
        ({"HOME": "/home/me"}, {}, "HOME", "/home/me"),
    ],
)
def test_pip_s_settings_hold_for_uv_where_it_has_none(
    environ: Mapping[str, str], pip: Mapping[str, str], name: str, value: str | None
) -> None:
    assert uv_variables(environ, pip).get(name) == value


def test_pip_s_environment_comes_before_its_files() -> None:
    listing = "\n".join(
        [
            ":env:.index-url='https://environment.example/simple'",
            "download.cert='/other/command.pem'",
            "global.cert='/etc/company.pem'",
            "global.index-url='https://global.example/simple'",
            "global.proxy='http://global.example'",
            "install.index-url='https://install.example/simple'",
            "install.proxy='http://install.example'",
        ]
    )
    assert settings_for_install(listing) == {
        "cert": "/etc/company.pem",
        "index-url": "https://environment.example/simple",
        "proxy": "http://install.example",
    }


class Debian:
    """A Python whose `ensurepip` is in a package of its own, and a fake `apt-get` that may install it."""

    def __init__(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        """Hides `ensurepip`, and every program but the fake ones."""
        self.machine = machine
        self.installed = machine.root / "python3-venv is installed"
        find_spec = importlib.util.find_spec

        def find(name: str) -> ModuleSpec | None:
            return None if name == "ensurepip" and not self.installed.exists() else find_spec(name)

        monkeypatch.setattr(importlib.util, "find_spec", find)
        monkeypatch.setenv("PATH", str(machine.programs))

    def has_apt_get(self, last_words: str = "") -> None:
        """Installs an `apt-get`.

        Args:
            last_words: A shell command that it ends with.
        """
        self.machine.install("apt-get", f"case \"$*\" in *python3-venv*) : > '{self.installed}'; {last_words};; esac")


@pytest.fixture
def debian(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Debian:
    """Debian without the package python3-venv."""
    return Debian(machine, monkeypatch)


def test_root_gets_the_missing_package(debian: Debian, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    debian.has_apt_get(":")
    ensure_venv_module()
    assert debian.installed.exists()


def test_sudo_is_asked_for_the_missing_package(debian: Debian, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    debian.has_apt_get(":")
    debian.machine.install("sudo", '[ "$1" = -n ] && shift && exec "$@"')
    ensure_venv_module()
    assert debian.installed.exists()


@pytest.mark.parametrize(
    ("user", "has_apt_get", "sudo"),
    [(1000, True, None), (1000, True, "echo a password is required >&2; exit 1"), (0, False, None)],
)
def test_who_cannot_install_it_is_told_what_to_type(
    user: int, has_apt_get: bool, sudo: str | None, debian: Debian, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    if has_apt_get:
        debian.has_apt_get(":")
    if sudo:
        debian.machine.install("sudo", sudo)
    with pytest.raises(ScriptError, match="sudo apt-get install python3-venv"):
        ensure_venv_module()
    assert not debian.installed.exists()
