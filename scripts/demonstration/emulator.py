"""Emulator of Gcore's API, as a background process."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

import httpx
from gcore import Gcore, GcoreError
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from bootstrap.places import DEMO, PYTHON, ROOT
from bootstrap.reporting import ScriptError, print_line
from demonstration import background
from demonstration.background import command_line, last_lines, wait_until

PROJECT = 1
REGION = 1

TASK_SECONDS = 0.5
"""Duration of the emulator's tasks: long enough to show that the package waits for them."""

START_SECONDS = 60

LOG_FILE = DEMO / "emulator.log"
"""Log of the emulator and its HAProxy processes, with a line for each request."""

STATE_FILE = DEMO / "emulator.state"
"""Saved objects of the emulator, which survive a kill. Contains private keys. Only its owner can read it."""

_MODULE = "gcore_emulator"
_PROCESS_FILE = DEMO / "emulator.json"
_KEY_FILE = DEMO / "emulator.key"


class EmulatorProcess(BaseModel, frozen=True):
    """Record of a started emulator.

    Attributes:
        pid: Process ID.
        port: Port on 127.0.0.1.
        has_data_plane: Whether HAProxy carries traffic for its load balancers.
    """

    pid: int
    port: int
    has_data_plane: bool = False


class _DataPlane(BaseModel):
    host: str
    port: int


class _Listener(BaseModel):
    data_plane: _DataPlane | None = None


class _State(BaseModel):
    listeners: dict[str, _Listener]


@dataclass(frozen=True)
class Emulator:
    """A running emulator.

    Attributes:
        process: Process ID and port.
        api_key: Accepted API key.
    """

    process: EmulatorProcess
    api_key: SecretStr

    @property
    def url(self) -> str:
        """Base URL. The routes begin with `/cloud`."""
        return f"http://127.0.0.1:{self.process.port}"

    def client(self) -> Gcore:
        """Return a client from Gcore's SDK for this emulator."""
        key = self.api_key.get_secret_value()
        return Gcore(api_key=key, base_url=self.url, cloud_project_id=PROJECT, cloud_region_id=REGION)

    def object_counts(self) -> dict[str, int]:
        """Return the number of objects of each kind, except tasks, which the emulator never removes.

        Raises:
            ScriptError: The emulator does not respond.
        """
        state = TypeAdapter(dict[str, dict[str, object]]).validate_json(self._state())
        return {kind: len(objects) for kind, objects in state.items() if kind != "tasks"}

    def endpoint(self, listener_id: str) -> tuple[str, int] | None:
        """Return the address and port of a listener on this machine, or None if no HAProxy serves it.

        Raises:
            ScriptError: The emulator does not respond.
        """
        listener = _State.model_validate_json(self._state()).listeners.get(listener_id)
        entry = listener.data_plane if listener else None
        return (entry.host, entry.port) if entry else None

    def _state(self) -> bytes:
        try:
            return httpx.get(f"{self.url}/_emulator/state", timeout=10).raise_for_status().content
        except httpx.HTTPError as error:
            raise ScriptError(
                f"the emulator on {self.url} did not return its state: {error}. Run this again."
            ) from error

    def is_ours(self) -> bool:
        """Return whether it is running and accepts the key, which no other emulator accepts."""
        try:
            self.client().with_options(max_retries=0, timeout=5).cloud.load_balancers.list(limit=1)
        except GcoreError:
            return False
        return belongs_to_clone(self.process.pid)


def ensure_running(*, with_data_plane: bool) -> Emulator:
    """Return the demo's emulator. Start it first if necessary. Its objects survive a restart.

    Args:
        with_data_plane: Whether HAProxy carries traffic. If a running emulator has no HAProxy, restart it.

    Raises:
        ScriptError: It does not start.
    """
    key = api_key()
    remembered = last_process()
    if remembered is not None and (emulator := Emulator(remembered, key)).is_ours():
        if remembered.has_data_plane or not with_data_plane:
            print_line(f"      already running on {emulator.url}, process {remembered.pid}")
            return emulator
        print_line("      running without HAProxy; restarting it with HAProxy")
    stop()
    # Try the last port first: the stack configuration of the user can still contain it.
    ports = (0,) if remembered is None else (remembered.port, 0)
    attempts = (start(port, key, with_data_plane=with_data_plane) for port in ports)
    process = next((process for process in attempts if process is not None), None)
    if process is None:
        raise ScriptError(f"the emulator did not start. The end of {LOG_FILE}:\n{last_lines(LOG_FILE)}")
    emulator = Emulator(process, key)
    print_line(f"      started on {emulator.url}, process {process.pid}; log: {LOG_FILE.relative_to(ROOT)}")
    return emulator


def last_process() -> EmulatorProcess | None:
    """Return the record of the emulator that an earlier run started, running or not, or None."""
    try:
        return EmulatorProcess.model_validate_json(_PROCESS_FILE.read_text())
    except (OSError, ValidationError):
        return None


def api_key() -> SecretStr:
    """Return the demo's API key. Generate it at the first call, in a file that only its owner can read."""
    try:
        return SecretStr(_KEY_FILE.read_text())
    except FileNotFoundError:
        key = f"1_{secrets.token_hex(32)}"
        with os.fdopen(os.open(_KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key)
        return SecretStr(key)


def start(port: int, key: SecretStr, *, with_data_plane: bool) -> EmulatorProcess | None:
    """Start an emulator that outlives this process, and record it. Return None if it ended at once.

    Args:
        port: The port; 0 for any free port.
        key: Accepted API key.
        with_data_plane: Whether HAProxy carries traffic for its load balancers.

    Raises:
        ScriptError: It neither listens nor ends within `START_SECONDS`.
    """
    command: list[str | Path] = [PYTHON, "-m", _MODULE, "--port", str(port)]
    command += ["--project", str(PROJECT), "--region", str(REGION), "--task-seconds", str(TASK_SECONDS)]
    command += ["--data-plane", "haproxy" if with_data_plane else "none", "--state", STATE_FILE]
    variables = {"GCORE_EMULATOR_API_KEY": key.get_secret_value()}  # all users can see arguments
    child = background.start(command, folder=ROOT, log=LOG_FILE, variables=variables)

    def listens() -> bool:
        return child.poll() is not None or _listening_port() is not None

    if not wait_until(listens, seconds=START_SECONDS):
        child.kill()
        raise ScriptError(
            f"the emulator did not start within {START_SECONDS} s. The end of {LOG_FILE}:\n{last_lines(LOG_FILE)}"
        )
    listening = _listening_port()
    if child.poll() is not None or listening is None:
        return None
    process = EmulatorProcess(pid=child.pid, port=listening, has_data_plane=with_data_plane)
    _PROCESS_FILE.write_text(process.model_dump_json())
    return process


def stop() -> None:
    """Stop the emulator of an earlier run if it is running."""
    if process := last_process():
        background.stop(process.pid, belongs_to_clone)


def belongs_to_clone(pid: int) -> bool:
    """Return whether a process is an emulator of this clone: the system reuses process IDs."""
    words = command_line(pid)
    return str(PYTHON) in words and _MODULE in words


def _listening_port() -> int | None:
    line = re.search(r"listening on http://127\.0\.0\.1:(\d+)", LOG_FILE.read_text(errors="replace"))
    return int(line[1]) if line else None
