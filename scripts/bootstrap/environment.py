"""The project's virtual environment, made from `uv.lock`, and the private ones that hold its tools."""

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
from bootstrap.reporting import ScriptError, say
from bootstrap.system_packages import INSTALL_SECONDS, install_package

UV_VERSION = "0.13.9"
"""The version of uv that reads `uv.lock`."""


def ensure_environment() -> None:
    """Make `.venv` match `uv.lock`; do nothing if it already does.

    Raises:
        ScriptError: The packages can't be had, or Python lacks what makes virtual environments.
    """
    wanted = stamp(ROOT)
    if stamped(ENVIRONMENT) == wanted:
        say("      .venv is up to date")
        return
    with exclusive(ROOT, waiting_for="another run is setting up .venv", seconds=INSTALL_SECONDS):
        if stamped(ENVIRONMENT) == wanted:
            return
        uv = ensure_uv()
        say("      installing the packages of uv.lock into .venv")
        stamp_file(ENVIRONMENT).unlink(missing_ok=True)
        sync(uv)
        stamp_file(ENVIRONMENT).write_text(wanted)
    say("      .venv is ready")


def stamp(root: Path) -> str:
    """Return a hash of what decides over the contents of `.venv`: `uv.lock`, `pyproject.toml`, uv, the folder."""
    contents = hashlib.sha256(UV_VERSION.encode())
    contents.update(hashlib.sha256(os.fsencode(root)).digest())
    for name in ("uv.lock", "pyproject.toml"):
        contents.update(hashlib.sha256((root / name).read_bytes()).digest())
    return contents.hexdigest()


def stamp_file(environment: Path) -> Path:
    """Return the file in a virtual environment that remembers the `stamp` it was made from."""
    return environment / ".made-from"


def stamped(environment: Path) -> str | None:
    """Return the `stamp` that a virtual environment was made from; None if it is missing or unusable."""
    if not (environment / "bin" / "python").exists():  # also when it links to a Python that was uninstalled
        return None
    try:
        return stamp_file(environment).read_text()
    except OSError:
        return None


def ensure_uv() -> Path:
    """Return the path of the pinned uv, after installing it into the user's cache folder if necessary."""
    home = cache_folder() / f"uv-{UV_VERSION}"
    uv = home / "bin" / "uv"
    home.mkdir(parents=True, exist_ok=True)
    with exclusive(home, waiting_for="another run is installing uv", seconds=INSTALL_SECONDS):
        try:
            output_of([uv, "--version"], seconds=60)
        except CommandFailed:
            say(f"      installing uv {UV_VERSION}, which reads uv.lock, into {home}")
            make_private_environment(home, f"uv=={UV_VERSION}")
    return uv


def make_private_environment(home: Path, requirement: str) -> None:
    """Create a virtual environment with one package from the package registry in it, by pip and its configuration."""
    ensure_venv_module()
    output_of([sys.executable, "-m", "venv", "--clear", home], seconds=300)
    run_showing_progress(
        [home / "bin" / "python", "-m", "pip", "install", "--no-input", "--progress-bar", "off", requirement],
        seconds=INSTALL_SECONDS,
        progress=lambda lines: lines[-1].strip() if lines else f"downloading {requirement}",
    )


def ensure_venv_module() -> None:
    """Ensure that `python3 -m venv` works: Debian keeps a part of it in a package of its own.

    Raises:
        ScriptError: It doesn't, and only the user can install that package.
    """
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    broken = f"Python {sysconfig.get_python_version()} ({sys.executable}) can't make virtual environments"
    install_package("python3-venv", f"{broken}: its `ensurepip` module is missing")
    importlib.invalidate_caches()
    if not importlib.util.find_spec("ensurepip"):
        raise ScriptError(f"{broken}, though python3-venv is installed. Put the system's python3 first on PATH.")


def sync(uv: Path) -> None:
    """Installs exactly what `uv.lock` says into `.venv`, with the extras and the tools of development.

    uv takes the addresses of packages from the lock file. Where pip is configured to use another index (a mirror,
    say), the locked versions and their hashes are kept and the packages come from there.
    """
    pip = pip_configuration()
    environ = uv_variables(os.environ, pip)
    if not (was_made_in(ENVIRONMENT) and usable(PYTHON)):
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


def was_made_in(environment: Path) -> bool:
    """Tells whether a virtual environment was made where it is now: the scripts of a moved one start its old Python."""
    try:
        return str(environment) in (environment / "bin" / "activate").read_text()
    except OSError:
        return False


def usable(python: Path) -> bool:
    """Tells whether a Python interpreter runs and is new enough."""
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
    """Return the settings that hold for `pip install`, from what `pip config list` prints.

    The environment comes before the section `[install]` of pip's files, and that before `[global]`.
    """
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in sections:
            sections[section][name] = str(ast.literal_eval(value))
    return {**sections["global"], **sections["install"], **sections[":env:"]}


def uv_variables(environ: Mapping[str, str], pip: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for uv: what the user set for it, and pip's settings where they set nothing.

    Args:
        environ: The environment that the script was started in.
        pip: What `pip_configuration` found.
    """
    variables = {name: value for name, value in environ.items() if name != "VIRTUAL_ENV"}
    variables["UV_PROJECT_ENVIRONMENT"] = str(ENVIRONMENT)
    for name, value in (
        ("UV_SYSTEM_CERTS", "true"),  # as pip on Debian does: a company's own authority is trusted
        ("UV_PYTHON_DOWNLOADS", "never"),
        ("UV_COMPILE_BYTECODE", "true"),  # each command of Pulumi starts three interpreters that import it all
        ("UV_LINK_MODE", "copy"),  # without a warning where the cache folder is on another file system
        ("SSL_CERT_FILE", pip.get("cert")),
        ("ALL_PROXY", pip.get("proxy")),
        ("UV_DEFAULT_INDEX", pip.get("index-url")),
        ("UV_INDEX", pip.get("extra-index-url")),
    ):
        if value:
            variables.setdefault(name, value)
    return variables
