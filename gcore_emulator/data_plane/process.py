"""One HAProxy process: start it, reload it without refusing a connection, and stop it.

The private folder holds `c` (the configuration), `m` and `s` (the sockets of master and worker), `state` (the statuses
of members before a reload) and the files that the configuration names. If HAProxy rejects a configuration, the folder
does not change, so that HAProxy can always be started from it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gcore_emulator.data_plane import sockets
from gcore_emulator.data_plane.configuration import Configuration
from gcore_emulator.data_plane.program import (
    ENVIRONMENT,
    ConfigurationRejected,
    check_configuration,
    first_alert,
)
from gcore_emulator.printable import printable

LOG = logging.getLogger("gcore_emulator.traffic")
"""Log of HAProxy's output: one line for each request and for each status change of a member."""

_SETPRIV = shutil.which("setpriv")
_EXIT_WITH_PARENT: tuple[str, ...] = (_SETPRIV, "--pdeathsig", "TERM", "--") if _SETPRIV else ()
"""Prefix that ends HAProxy when this process is killed or the thread that started it ends. Needs setpriv."""

_READY_SECONDS = 10.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.01
_LINES = 1000


class Haproxy:
    """HAProxy in master-worker mode, with its own private folder."""

    def __init__(self, program: Path, folder: Path) -> None:
        """Store the paths, and start no process yet.

        Args:
            program: Path of HAProxy.
            folder: Empty folder of mode 0700. Its path is short and has no blanks.
        """
        self._program = program
        self._folder = folder
        self._master: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._printed: deque[str] = deque(maxlen=_LINES)

    @property
    def folder(self) -> Path:
        """Private folder."""
        return self._folder

    @property
    def log_lines(self) -> Sequence[str]:
        """Last 1,000 lines of HAProxy's output, with a line for each request."""
        return tuple(self._printed)

    def apply(self, configuration: Configuration) -> None:
        """Run this configuration: start or reload HAProxy, or stop it if there is nothing to serve.

        When this returns, HAProxy serves new connections with the new configuration. Open connections continue with the
        previous one.

        Raises:
            ConfigurationRejected: HAProxy rejects the configuration, and continues with the previous one.
        """
        if not configuration.listener_ids:
            self.stop()
            return
        try:
            self._apply(configuration)
        except OSError as error:
            raise ConfigurationRejected(f"the configuration cannot be passed to HAProxy: {error}") from error

    def stop(self) -> None:
        """Stop HAProxy and all its workers, with all connections."""
        master, self._master = self._master, None
        if master is not None:
            master.terminate()
            try:
                master.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                master.kill()
                master.wait(_STOP_SECONDS)
        if self._reader is not None:
            self._reader.join(_STOP_SECONDS)
            self._reader = None
        (self._folder / "state").unlink(missing_ok=True)

    def statistics(self) -> Sequence[Mapping[str, str]]:
        """Return the rows of `show stat`; no rows while HAProxy does not run or respond."""
        if not self._is_running():
            return ()
        try:
            return sockets.statistics(self._folder / "s")
        except OSError:
            return ()

    def _apply(self, configuration: Configuration) -> None:
        candidate, current = self._folder / "c.new", self._folder / "c"
        before = current.read_bytes() if current.exists() else None
        added = self._write(configuration.files)
        try:
            _write_private(candidate, configuration.text.encode())
            check_configuration(self._program, candidate)
            os.replace(candidate, current)
            self._reload() if self._is_running() else self._start()
        except BaseException:
            _restore(current, before)
            for path in (candidate, *added):
                path.unlink(missing_ok=True)
            raise
        self._remove_files_except(configuration.files)

    def _is_running(self) -> bool:
        return self._master is not None and self._master.poll() is None

    def _start(self) -> None:
        self.stop()
        self._printed.clear()
        master = subprocess.Popen(
            [*_EXIT_WITH_PARENT, self._program, "-W", "-db", "-S", self._folder / "m", "-f", self._folder / "c"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=ENVIRONMENT,
            # A new session, so that Ctrl-C in a terminal stops the emulator only, which then stops HAProxy.
            start_new_session=True,
        )
        self._master = master
        self._reader = threading.Thread(target=self._read, args=(master,), daemon=True)
        self._reader.start()

        def ready() -> bool:
            if master.poll() is not None:
                raise self._exit_error(master)
            return bool(self._workers() and self._is_worker_ready())

        try:
            self._wait(ready, "start")
        except ConfigurationRejected:
            self.stop()
            raise

    def _reload(self) -> None:
        assert self._master is not None
        master = self._master
        self._save_server_states()
        before = sockets.workers(self._folder / "m")
        printed = len(self._printed)
        master.send_signal(signal.SIGUSR2)

        def reloaded() -> bool:
            if master.poll() is not None:
                raise self._exit_error(master)
            now = self._workers()
            if now is None or now.reloads <= before.reloads:
                return False
            if now.failed > before.failed:
                raise ConfigurationRejected(first_alert(list(self._printed)[printed:], self._folder))
            fresh = now.current - before.current
            return bool(fresh) and all(self._is_stopping(worker) for worker in now.old & before.current)

        self._wait(reloaded, "reload")

    def _save_server_states(self) -> None:
        with contextlib.suppress(OSError):
            states = sockets.send_command(self._folder / "s", "show servers state")
            _write_private(self._folder / "state", states.encode())

    def _workers(self) -> sockets.Workers | None:
        """Return the response of the master; None while it restarts."""
        try:
            response = sockets.workers(self._folder / "m")
        except OSError:
            return None
        return response if response.current else None

    def _is_worker_ready(self) -> bool:
        try:
            return bool(sockets.statistics(self._folder / "s"))
        except OSError:
            return False

    def _is_stopping(self, worker: int) -> bool:
        try:
            return sockets.is_stopping(self._folder / "m", worker)
        except OSError:
            return False

    def _wait(self, done: Callable[[], bool], action: str) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not done():
            if time.monotonic() >= deadline:
                raise ConfigurationRejected(f"HAProxy did not {action} within {_READY_SECONDS:.0f} s.")
            time.sleep(_POLL_SECONDS)

    def _exit_error(self, master: subprocess.Popen[str]) -> ConfigurationRejected:
        if self._reader is not None:
            self._reader.join(_STOP_SECONDS)
        alert = first_alert(list(self._printed), self._folder)
        return ConfigurationRejected(f"HAProxy exited with status {master.returncode}: {alert}")

    def _read(self, master: subprocess.Popen[str]) -> None:
        assert master.stdout is not None
        with master.stdout as output:
            for line in output:
                self._printed.append(line.rstrip())
                LOG.info("%s", printable(line))

    def _write(self, files: Mapping[str, bytes]) -> list[Path]:
        """Write the files that do not exist yet, and return them."""
        added = [self._folder / name for name in files if not (self._folder / name).exists()]
        for path in added:
            _write_private(path, files[path.name])
        return added

    def _remove_files_except(self, files: Mapping[str, bytes]) -> None:
        for path in self._folder.iterdir():
            if path.suffix in (".pem", ".list", ".sh") and path.name not in files:
                path.unlink()


def _restore(path: Path, content: bytes | None) -> None:
    """Restore a file; None means that it did not exist."""
    if content is None:
        path.unlink(missing_ok=True)
    else:
        _write_private(path, content)


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, in one atomic step."""
    fresh = path.with_name(f"{path.name}.part")
    mode = 0o700 if path.suffix == ".sh" else 0o600
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with open(descriptor, "wb") as file:
        file.write(content)
    os.replace(fresh, path)
