"""Virtual environments: the project's, created from `uv.lock`, and a private one for each tool."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

from bootstrap.places import ENVIRONMENT, PYTHON, ROOT, cache_folder
from bootstrap.processes import CommandFailed, exclusive, output_of, run_showing_progress
from bootstrap.reporting import ScriptError, print_line
from bootstrap.system_packages import INSTALL_SECONDS, install_package

UV_VERSION = "0.13.9"
"""Version of uv that reads `uv.lock`."""


def ensure_environment() -> None:
    """Update `.venv` to match `uv.lock`, unless it already does.

    Raises:
        ScriptError: The download of packages fails, or Python cannot create virtual environments.
    """
    wanted = stamp(ROOT)
    if stamped(ENVIRONMENT) == wanted:
        print_line("      .venv is up to date")
        return
    with exclusive(ROOT, waiting_for="another run is setting up .venv", seconds=INSTALL_SECONDS):
        if stamped(ENVIRONMENT) == wanted:
            return
        uv = ensure_uv()
        print_line("      installing the packages of uv.lock in .venv")
        stamp_file(ENVIRONMENT).unlink(missing_ok=True)
        sync(uv)
        stamp_file(ENVIRONMENT).write_text(wanted)
    print_line("      .venv is ready")


def stamp(root: Path) -> str:
    """Return a hash of the inputs of `.venv`: `uv.lock`, `pyproject.toml`, the version of uv, and the folder."""
    contents = hashlib.sha256(UV_VERSION.encode())
    contents.update(hashlib.sha256(os.fsencode(root)).digest())
    for name in ("uv.lock", "pyproject.toml"):
        contents.update(hashlib.sha256((root / name).read_bytes()).digest())
    return contents.hexdigest()


def stamp_file(environment: Path) -> Path:
    """Return the file in a virtual environment that records the `stamp` of its inputs."""
    return environment / ".made-from"


def stamped(environment: Path) -> str | None:
    """Return the `stamp` recorded in a virtual environment, or None if the environment is missing or unusable."""
    if not (environment / "bin" / "python").exists():  # also false for a link to an uninstalled Python
        return None
    try:
        return stamp_file(environment).read_text()
    except OSError:
        return None


def ensure_uv() -> Path:
    """Return the path of the pinned uv. Install it in the user's cache folder first if it is missing."""
    home = cache_folder() / f"uv-{UV_VERSION}"
    uv = home / "bin" / "uv"
    home.mkdir(parents=True, exist_ok=True)
    with exclusive(home, waiting_for="another run is installing uv", seconds=INSTALL_SECONDS):
        try:
            output_of([uv, "--version"], seconds=60)
        except CommandFailed:
            print_line(f"      installing uv {UV_VERSION}, which reads uv.lock, in {home}")
            create_private_environment(home, f"uv=={UV_VERSION}")
    return uv


def create_private_environment(home: Path, requirement: str) -> None:
    """Create a virtual environment and install one package in it, with pip and its configuration."""
    ensure_venv_module()
    output_of([sys.executable, "-m", "venv", "--clear", home], seconds=300)
    run_showing_progress(
        [home / "bin" / "python", "-m", "pip", "install", "--no-input", "--progress-bar", "off", requirement],
        seconds=INSTALL_SECONDS,
        progress=lambda lines: lines[-1].strip() if lines else f"downloading {requirement}",
    )


def ensure_venv_module() -> None:
    """Ensure that `python3 -m venv` works. On Debian, it needs the package python3-venv.

    Raises:
        ScriptError: It does not work, and only the user can install that package.
    """
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    broken = f"Python {sysconfig.get_python_version()} ({sys.executable}) cannot create virtual environments"
    install_package("python3-venv", f"{broken}: its `ensurepip` module is missing")
    importlib.invalidate_caches()
    if not importlib.util.find_spec("ensurepip"):
        raise ScriptError(f"{broken}, although python3-venv is installed. Put the system's python3 first on PATH.")


def sync(uv: Path) -> None:
    """Install exactly the packages of `uv.lock` in `.venv`, with all extras and the development tools.

    uv downloads packages from the addresses in the lock file. If pip is configured to use another index, such as a
    mirror, uv downloads the locked versions from that index and verifies the locked hashes.
    """
    pip = pip_configuration()
    environ = uv_variables(os.environ, pip)
    if not (was_created_in(ENVIRONMENT) and usable(PYTHON)):
        _uv([uv, "venv", "--clear", "--python", sys.executable, ENVIRONMENT], environ)
    if "index-url" not in pip:
        _uv([uv, "sync", "--frozen", "--all-extras", "--python", PYTHON], environ)
        return
    requirements = ENVIRONMENT / "requirements.txt"
    _uv([uv, "export", "--frozen", "--all-extras", "--no-emit-project", "--output-file", requirements], environ)
    _uv([uv, "pip", "sync", "--python", PYTHON, "--require-hashes", requirements], environ)
    _uv([uv, "pip", "install", "--python", PYTHON, "--no-deps", "--editable", ROOT], environ)


def _uv(command: Sequence[str | Path], environ: Mapping[str, str]) -> None:
    run_showing_progress(
        command,
        seconds=INSTALL_SECONDS,
        progress=lambda lines: lines[-1].strip() if lines else "downloading packages",
        cwd=ROOT,
        env=environ,
    )


def was_created_in(environment: Path) -> bool:
    """Return whether a virtual environment was created in this folder. Scripts of a moved one start its old Python."""
    try:
        return str(environment) in (environment / "bin" / "activate").read_text()
    except OSError:
        return False


def usable(python: Path) -> bool:
    """Return whether a Python interpreter runs and is new enough."""
    try:
        output_of([python, "-c", "import sys; sys.exit(sys.version_info < (3, 10))"], seconds=60)
    except CommandFailed:
        return False
    return True


def pip_configuration() -> dict[str, str]:
    """Return pip's own settings for downloads (`index-url`, `cert`, `proxy`, ...) from its files and environment."""
    python = cache_folder() / f"uv-{UV_VERSION}" / "bin" / "python"
    return settings_for_install(output_of([python, "-m", "pip", "config", "list"], seconds=60))


def settings_for_install(listing: str) -> dict[str, str]:
    """Return the settings that apply to `pip install`, from the output of `pip config list`.

    The environment takes precedence over the section `[install]` of pip's files, and `[install]` over `[global]`.
    """
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in sections:
            sections[section][name] = str(ast.literal_eval(value))
    return {**sections["global"], **sections["install"], **sections[":env:"]}


def uv_variables(environ: Mapping[str, str], pip: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for uv: the user's variables, and pip's settings where the user set no variable.

    Args:
        environ: The environment of the script.
        pip: The settings from `pip_configuration`.
    """
    variables = {name: value for name, value in environ.items() if name != "VIRTUAL_ENV"}
    variables["UV_PROJECT_ENVIRONMENT"] = str(ENVIRONMENT)
    for name, value in (
        ("UV_SYSTEM_CERTS", "true"),  # trust a company's own CA, as pip on Debian does
        ("UV_PYTHON_DOWNLOADS", "never"),
        ("UV_COMPILE_BYTECODE", "true"),  # each Pulumi command starts three interpreters that import the packages
        ("UV_LINK_MODE", "copy"),  # no warning if the cache folder is on another file system
        ("SSL_CERT_FILE", pip.get("cert")),
        ("ALL_PROXY", pip.get("proxy")),
        ("UV_DEFAULT_INDEX", pip.get("index-url")),
        ("UV_INDEX", pip.get("extra-index-url")),
    ):
        if value:
            variables.setdefault(name, value)
    return variables
