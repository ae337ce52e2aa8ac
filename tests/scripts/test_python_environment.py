"""Virtual environment of the scripts: updates, settings for uv, and Debian's venv package."""

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
    """Clone with a fake for uv, which counts its calls."""

    def __init__(self, root: Path) -> None:
        """Write the two files that determine the environment."""
        self.root = root
        self.syncs = 0
        self.sync_fails = False
        (root / "uv.lock").write_text("lock 1")
        (root / "pyproject.toml").write_text("project 1")

    def sync(self, _uv: Path) -> None:
        """Create a fake virtual environment."""
        self.syncs += 1
        python = self.root / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.unlink(missing_ok=True)
        python.symlink_to("/bin/sh")
        if self.sync_fails:
            raise CommandFailed("no connection")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Return a clone without a virtual environment."""
    new = Clone(tmp_path)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(environment, "ensure_uv", lambda: Path("uv"))
    monkeypatch.setattr(environment, "sync", new.sync)
    return new


def test_a_current_environment_is_not_synced_again(clone: Clone) -> None:
    ensure_environment()
    ensure_environment()
    assert clone.syncs == 1


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml"])
def test_a_changed_file_triggers_a_sync(clone: Clone, name: str) -> None:
    ensure_environment()
    (clone.root / name).write_text("changed")
    ensure_environment()
    assert clone.syncs == 2


def test_an_uninstalled_python_triggers_a_sync(clone: Clone) -> None:
    ensure_environment()
    python = clone.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(clone.root / "no such python")
    ensure_environment()
    assert clone.syncs == 2


def test_a_failed_sync_leaves_no_stamp(clone: Clone) -> None:
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


def test_the_stamp_depends_on_which_file_has_which_content(clone: Clone) -> None:
    before = stamp(clone.root)
    (clone.root / "uv.lock").write_text("project 1")
    (clone.root / "pyproject.toml").write_text("lock 1")
    assert stamp(clone.root) != before


def test_the_stamp_depends_on_the_clone_s_path(clone: Clone, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("uv.lock", "pyproject.toml"):
        (moved / name).write_bytes((clone.root / name).read_bytes())
    assert stamp(moved) != stamp(clone.root)


@pytest.mark.parametrize("pip", [{}, {"index-url": "https://mirror.example/simple"}])
def test_a_moved_environment_is_recreated(
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


def test_an_environment_created_by_hand_has_no_stamp(tmp_path: Path) -> None:
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
def test_pip_s_settings_apply_to_uv_unless_the_user_set_uv_s(
    environ: Mapping[str, str], pip: Mapping[str, str], name: str, value: str | None
) -> None:
    assert uv_variables(environ, pip).get(name) == value


def test_pip_s_environment_takes_precedence_over_its_files() -> None:
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
    """Machine whose Python lacks `ensurepip`, with an optional fake `apt-get` that installs it."""

    def __init__(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        """Hide `ensurepip` and all programs except the fake ones."""
        self.machine = machine
        self.installed = machine.root / "python3-venv is installed"
        find_spec = importlib.util.find_spec

        def find(name: str) -> ModuleSpec | None:
            return None if name == "ensurepip" and not self.installed.exists() else find_spec(name)

        monkeypatch.setattr(importlib.util, "find_spec", find)
        monkeypatch.setenv("PATH", str(machine.programs))

    def install_apt_get(self, last_command: str = "") -> None:
        """Install a fake `apt-get`.

        Args:
            last_command: The last shell command of the fake.
        """
        self.machine.install("apt-get", f"case \"$*\" in *python3-venv*) : > '{self.installed}'; {last_command};; esac")


@pytest.fixture
def debian(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Debian:
    """Return Debian without the package python3-venv."""
    return Debian(machine, monkeypatch)


def test_root_installs_the_missing_package(debian: Debian, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    debian.install_apt_get(":")
    ensure_venv_module()
    assert debian.installed.exists()


def test_sudo_installs_the_missing_package(debian: Debian, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    debian.install_apt_get(":")
    debian.machine.install("sudo", '[ "$1" = -n ] && shift && exec "$@"')
    ensure_venv_module()
    assert debian.installed.exists()


@pytest.mark.parametrize(
    ("user", "has_apt_get", "sudo"),
    [(1000, True, None), (1000, True, "echo a password is required >&2; exit 1"), (0, False, None)],
)
def test_the_error_without_permission_has_the_command_to_run(
    user: int, has_apt_get: bool, sudo: str | None, debian: Debian, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    if has_apt_get:
        debian.install_apt_get(":")
    if sudo:
        debian.machine.install("sudo", sudo)
    with pytest.raises(ScriptError, match="sudo apt-get install python3-venv"):
        ensure_venv_module()
    assert not debian.installed.exists()
