"""The emulator of Gcore's API, as a process in the background."""

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
from bootstrap.reporting import ScriptError, say
from demonstration import background
from demonstration.background import becomes, command_line, end, end_of

PROJECT = 1
REGION = 1

TASK_SECONDS = 0.5
"""Duration of the emulator's tasks: long enough to see that the package waits for them."""

START_SECONDS = 60

LOG_FILE = DEMO / "emulator.log"
"""Log of the emulator and of its HAProxies, with a line for each request."""

STATE_FILE = DEMO / "emulator.state"
"""Saved objects of the emulator, which survive a kill. Contains private keys; only its owner can read it."""

_MODULE = "gcore_emulator"
_PROCESS_FILE = DEMO / "emulator.json"
_KEY_FILE = DEMO / "emulator.key"


class EmulatorProcess(BaseModel, frozen=True):
    """Record of a started emulator.

    Attributes:
        pid: Its process id.
        port: Its port on 127.0.0.1.
        carries: Whether its load balancers are HAProxies.
    """

    pid: int
    port: int
    carries: bool = False


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
        process: Its process id and port.
        api_key: The key that it accepts.
    """

    process: EmulatorProcess
    api_key: SecretStr

    @property
    def url(self) -> str:
        """Its base URL; the routes begin with `/cloud`."""
        return f"http://127.0.0.1:{self.process.port}"

    def client(self) -> Gcore:
        """Return Gcore's own SDK, set up for it."""
        key = self.api_key.get_secret_value()
        return Gcore(api_key=key, base_url=self.url, cloud_project_id=PROJECT, cloud_region_id=REGION)

    def object_counts(self) -> dict[str, int]:
        """Return how many objects of each kind it has; tasks, which stay as a record, are left out.

        Raises:
            ScriptError: It doesn't answer.
        """
        state = TypeAdapter(dict[str, dict[str, object]]).validate_json(self._state())
        return {kind: len(objects) for kind, objects in state.items() if kind != "tasks"}

    def endpoint(self, listener_id: str) -> tuple[str, int] | None:
        """Return the address and port on this machine where clients reach a listener; None if nothing carries it.

        Raises:
            ScriptError: It doesn't answer.
        """
        listener = _State.model_validate_json(self._state()).listeners.get(listener_id)
        entry = listener.data_plane if listener else None
        return (entry.host, entry.port) if entry else None

    def _state(self) -> bytes:
        try:
            return httpx.get(f"{self.url}/_emulator/state", timeout=10).raise_for_status().content
        except httpx.HTTPError as error:
            raise ScriptError(f"the emulator on {self.url} doesn't tell what it has: {error}") from error

    def is_ours(self) -> bool:
        """Tells whether it still runs and answers to the key, which no other emulator knows."""
        try:
            self.client().with_options(max_retries=0, timeout=5).cloud.load_balancers.list(limit=1)
        except GcoreError:
            return False
        return belongs_to_clone(self.process.pid)


def ensure_running(*, carries: bool) -> Emulator:
    """Return the demo's emulator, after starting it if necessary. It has what it had when it ended.

    Args:
        carries: Whether its load balancers shall be HAProxies. An emulator that runs without them is restarted.

    Raises:
        ScriptError: It doesn't start.
    """
    key = api_key()
    remembered = recall()
    if remembered is not None and (emulator := Emulator(remembered, key)).is_ours():
        if remembered.carries or not carries:
            say(f"      already running on {emulator.url}, process {remembered.pid}")
            return emulator
        say("      running without HAProxy; restarting it with HAProxy")
    stop()
    # The port of last time first: a shell in which the stack is used by hand may still know it.
    process = (start(remembered.port, key, carries=carries) if remembered else None) or start(0, key, carries=carries)
    if process is None:
        raise ScriptError(f"the emulator doesn't start. The end of {LOG_FILE}:\n{end_of(LOG_FILE)}")
    emulator = Emulator(process, key)
    say(f"      started on {emulator.url}, process {process.pid}; its log is {LOG_FILE.relative_to(ROOT)}")
    return emulator


def recall() -> EmulatorProcess | None:
    """Return the emulator that an earlier run started, running or not; None if there was none."""
    try:
        return EmulatorProcess.model_validate_json(_PROCESS_FILE.read_text())
    except (OSError, ValidationError):
        return None


def api_key() -> SecretStr:
    """Return the demo's API key: random, made at the first call, in a file that only its owner can read."""
    try:
        return SecretStr(_KEY_FILE.read_text())
    except FileNotFoundError:
        key = f"1_{secrets.token_hex(32)}"
        with os.fdopen(os.open(_KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key)
        return SecretStr(key)


def start(port: int, key: SecretStr, *, carries: bool) -> EmulatorProcess | None:
    """Start an emulator that outlives this process, and remember it; return None if it ended at once.

    Args:
        port: The port; 0 for any that is free.
        key: The API key that it shall accept.
        carries: Whether its load balancers shall be HAProxies.

    Raises:
        ScriptError: It neither listens nor ends within `START_SECONDS`.
    """
    command: list[str | Path] = [PYTHON, "-m", _MODULE, "--port", str(port)]
    command += ["--project", str(PROJECT), "--region", str(REGION), "--task-seconds", str(TASK_SECONDS)]
    command += ["--data-plane", "haproxy" if carries else "none", "--state", STATE_FILE]
    variables = {"GCORE_EMULATOR_API_KEY": key.get_secret_value()}  # arguments are visible to all users
    child = background.start(command, folder=ROOT, log=LOG_FILE, variables=variables)

    def listens() -> bool:
        return child.poll() is not None or _listening_port() is not None

    if not becomes(listens, seconds=START_SECONDS):
        child.kill()
        raise ScriptError(
            f"the emulator says nothing for {START_SECONDS} s. The end of {LOG_FILE}:\n{end_of(LOG_FILE)}"
        )
    listening = _listening_port()
    if child.poll() is not None or listening is None:
        return None
    process = EmulatorProcess(pid=child.pid, port=listening, carries=carries)
    _PROCESS_FILE.write_text(process.model_dump_json())
    return process


def stop() -> None:
    """Stop the emulator that an earlier run started, if it still runs."""
    if process := recall():
        end(process.pid, belongs_to_clone)


def belongs_to_clone(pid: int) -> bool:
    """Tells whether a process is an emulator that runs under this clone's Python: process ids are used again."""
    words = command_line(pid)
    return str(PYTHON) in words and _MODULE in words


def _listening_port() -> int | None:
    said = re.search(r"listening on http://127\.0\.0\.1:(\d+)", LOG_FILE.read_text(errors="replace"))
    return int(said[1]) if said else None
