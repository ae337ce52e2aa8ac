"""Search and installation of the engine: order of the ways, cache and versions."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from bootstrap import engine
from bootstrap.engine import PROGRAMS, Source, ensure_engine, find_engine, parsed_version
from bootstrap.engine_sources import ENGINE_VERSION, Unavailable
from bootstrap.reporting import ScriptError
from tests.scripts.fake_machine import Machine


class Sources:
    """Fake installer, Go build and wheel build, which record their calls."""

    def __init__(self, machine: Machine) -> None:
        """Make all sources unavailable."""
        self.machine = machine
        self.works: set[str] = set()
        self.calls: list[str] = []

    def source(self, way: str) -> Source:
        """Return the fake source for a way."""

        def fill(folder: Path, _environ: Mapping[str, str]) -> str:
            self.calls.append(way)
            if way not in self.works:
                self.machine.install("pulumi", "echo incomplete engine", folder)
                raise Unavailable(f"no {way} here")
            self.machine.install_engine(ENGINE_VERSION, folder)
            return f"created by {way}"

        return fill


@pytest.fixture
def sources(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Sources:
    """Replace the sources that download or build the engine."""
    fakes = Sources(machine)
    monkeypatch.setattr(engine, "SOURCES", {way: fakes.source(way) for way in engine.SOURCES})
    return fakes


def test_an_engine_on_path_takes_precedence_over_the_cached_one(machine: Machine, sources: Sources) -> None:
    machine.install_engine("3.300.1")
    machine.install_engine(ENGINE_VERSION, machine.cached_engine)
    found = ensure_engine(machine.environ)
    assert (found.directory, found.version, found.origin) == (machine.programs, "3.300.1", "found on PATH")
    assert sources.calls == []


@pytest.mark.parametrize("missing", PROGRAMS)
def test_an_incomplete_engine_on_path_is_skipped(
    missing: str, machine: Machine, sources: Sources, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.install_engine("3.300.1", programs=[name for name in PROGRAMS if name != missing])
    sources.works = {"go"}
    assert ensure_engine(machine.environ).directory == machine.cached_engine
    assert missing in capsys.readouterr().out


def test_an_old_engine_on_path_is_skipped(
    machine: Machine, sources: Sources, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.install_engine("3.99.0")
    sources.works = {"go"}
    assert ensure_engine(machine.environ).directory == machine.cached_engine
    assert "is version 3.99.0, and 3.200.0 or newer is needed" in capsys.readouterr().out


def test_a_cached_engine_prints_one_line(
    machine: Machine, sources: Sources, capsys: pytest.CaptureFixture[str]
) -> None:
    sources.works = {"go"}
    ensure_engine(machine.environ)
    slow = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in slow] == ["no", "installer:", "Pulumi"]
    for reason in ("path: there is no `pulumi` on PATH", "cache: the cache has no engine"):
        assert reason in slow[0]
    ensure_engine(machine.environ)
    (line,) = capsys.readouterr().out.splitlines()
    assert line == f"      Pulumi engine {ENGINE_VERSION}: cached (created by go), in {machine.cached_engine}"


def test_a_pulumi_on_path_that_fails_is_skipped(machine: Machine, sources: Sources) -> None:
    machine.install_engine("3.300.1")
    machine.install("pulumi", "echo 'no version set' >&2; exit 126")
    machine.install_engine(ENGINE_VERSION, machine.cached_engine)
    assert ensure_engine(machine.environ).directory == machine.cached_engine


def test_the_cached_engine_on_path_is_reported_as_cached(machine: Machine, sources: Sources) -> None:
    sources.works = {"go"}
    built = ensure_engine(machine.environ)
    again = ensure_engine({**machine.environ, "PATH": f"{built.directory}:/usr/bin:/bin"})
    assert again.origin == "cached (created by go)"


@pytest.mark.parametrize(
    ("works", "tried"),
    [
        ({"installer", "go", "wheel"}, ["installer"]),
        ({"go", "wheel"}, ["installer", "go"]),
        ({"wheel"}, ["installer", "go", "wheel"]),
    ],
)
def test_sources_are_tried_in_order_until_one_works(
    works: set[str], tried: list[str], machine: Machine, sources: Sources, capsys: pytest.CaptureFixture[str]
) -> None:
    sources.works = works
    built = ensure_engine(machine.environ)
    assert sources.calls == tried
    assert (built.directory, built.origin) == (machine.cached_engine, f"created by {tried[-1]}")
    assert f"created by {tried[-1]}" in capsys.readouterr().out

    assert ensure_engine(machine.environ).origin == f"cached (created by {tried[-1]})"
    assert sources.calls == tried


@pytest.mark.parametrize("flaw", ["incomplete", "another version"])
def test_an_unusable_cached_engine_is_replaced(flaw: str, machine: Machine, sources: Sources) -> None:
    if flaw == "incomplete":
        machine.install_engine(ENGINE_VERSION, machine.cached_engine, programs=PROGRAMS[:2])
    else:
        machine.install_engine("3.1.0", machine.cached_engine)
    sources.works = {"wheel"}
    assert ensure_engine(machine.environ).version == ENGINE_VERSION
    assert all((machine.cached_engine / name).exists() for name in PROGRAMS)


def test_an_error_without_any_engine_names_every_reason_and_clears_the_cache(
    machine: Machine, sources: Sources
) -> None:
    partial_folder = machine.cached_engine.with_name(f"{machine.cached_engine.name}.partial-killed")
    machine.install_engine(ENGINE_VERSION, partial_folder)
    with pytest.raises(ScriptError) as error:
        ensure_engine(machine.environ)
    for reason in (
        "no `pulumi` on PATH",
        "the cache has no engine",
        "no installer here",
        "no go here",
        "no wheel here",
    ):
        assert reason in str(error.value)
    assert list(machine.cached_engine.parent.iterdir()) == []


def test_two_concurrent_runs_build_the_engine_once(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    builds: list[Path] = []
    both_started = threading.Barrier(2, timeout=20)

    def build(folder: Path, _environ: Mapping[str, str]) -> str:
        builds.append(folder)
        machine.install_engine(ENGINE_VERSION, folder)
        return "built"

    monkeypatch.setattr(engine, "SOURCES", {"go": build})
    found: list[Path] = []

    def run() -> None:
        both_started.wait()
        found.append(ensure_engine(machine.environ).directory)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert found == [machine.cached_engine] * 2
    assert len(builds) == 1


@pytest.mark.parametrize("way", engine.WAYS)
def test_the_environment_variable_selects_the_way(way: str, machine: Machine, sources: Sources) -> None:
    machine.install_engine("3.300.1")
    machine.install_engine(ENGINE_VERSION, machine.cached_engine)
    if way in engine.SOURCES:
        sources.works = {way}
    origin = ensure_engine({**machine.environ, "GCORE_TLS_ENGINE": way}).origin
    assert origin == {"path": "found on PATH", "cache": "cached"}.get(way, f"created by {way}")


def test_a_selected_way_has_no_fallback(machine: Machine, sources: Sources) -> None:
    machine.install_engine(ENGINE_VERSION, machine.cached_engine)
    with pytest.raises(ScriptError, match="there is no `pulumi` on PATH"):
        ensure_engine({**machine.environ, "GCORE_TLS_ENGINE": "path"})


def test_an_unknown_way_is_an_error(machine: Machine) -> None:
    with pytest.raises(ScriptError, match=r"`brew`\. Unset it, or set it to one of: path, cache, installer, go, wheel"):
        ensure_engine({**machine.environ, "GCORE_TLS_ENGINE": "brew"})


def test_find_engine_installs_no_engine(machine: Machine, sources: Sources) -> None:
    sources.works = {"installer", "go", "wheel"}
    assert find_engine(machine.environ) is None
    assert sources.calls == []
    machine.install_engine(ENGINE_VERSION, machine.cached_engine)
    cached = find_engine(machine.environ)
    assert cached is not None and cached.directory == machine.cached_engine
    machine.install_engine("3.300.1")
    on_path = find_engine(machine.environ)
    assert on_path is not None and on_path.directory == machine.programs


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("3.99.0", "3.200.0"),
        ("3.9.10", "3.10.9"),
        ("v3.259.0", "3.259.1"),
        ("3.259", "4.0"),
        ("", "0.0.1"),
        ("unknown", "1.0.0"),
    ],
)
def test_versions_are_compared_as_numbers(older: str, newer: str) -> None:
    assert parsed_version(older) < parsed_version(newer)


@pytest.mark.parametrize("version", ["v3.259.0", "3.259.0-alpha.1+abc", "3.259"])
def test_version_prefixes_and_suffixes_are_ignored(version: str) -> None:
    assert parsed_version(version) == (3, 259, 0)
