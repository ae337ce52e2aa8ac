"""Build of actionlint, which checks GitHub's workflow files, from the Go module pinned in `tools/actionlint`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from bootstrap.engine_sources import BUILD_SECONDS, Unavailable, go_of_wheel, go_on_path
from bootstrap.places import ROOT, cache_folder
from bootstrap.processes import CommandFailed, exclusive, run_showing_progress
from bootstrap.reporting import ScriptError, print_line

ACTIONLINT_VERSION = "1.7.12"
"""Version to build. `tools/actionlint/go.mod` names the same."""

WAIT_SECONDS = 30 * 60
"""Time limit for waiting for another run that builds it or the engine."""

_PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"


def ensure_actionlint(environ: Mapping[str, str]) -> Path:
    """Return the program in the cache folder. Build it first if it is missing, with the same `go` as the engine.

    Raises:
        ScriptError: The build fails.
    """
    folder = cache_folder(environ)
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / f"actionlint-v{ACTIONLINT_VERSION}"
    with exclusive(folder, waiting_for="another run is building", seconds=WAIT_SECONDS):
        if os.access(program, os.X_OK):
            return program
        print_line("      building actionlint; this takes a minute, only once")
        try:
            _build(program, *go_on_path(environ)[:1], environ)
        except (Unavailable, CommandFailed) as reason:
            print_line(f"      go: {reason}")
            with go_of_wheel(environ) as (go, private):
                _build(program, go, private)
    return program


def _build(program: Path, go: str, environ: Mapping[str, str]) -> None:
    unfinished = program.with_name(f"{program.name}.partial")
    run_showing_progress(
        [go, "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", unfinished, _PACKAGE],
        seconds=BUILD_SECONDS,
        progress=lambda _lines: "actionlint: compiling",
        cwd=ROOT / "tools" / "actionlint",
        env={**environ, "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"},
    )
    if not unfinished.exists():
        raise ScriptError(
            f"`{go} build` succeeded, but did not create {unfinished}. Remove {unfinished.parent} and run this again."
        )
    unfinished.rename(program)
