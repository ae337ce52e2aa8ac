"""The one reader of the stack's state.

Three questions are asked of the state in a run, each at another time:

- `at_start`: which operations of an interrupted run are pending? Pulumi drops pending updates and deletes with the
  first write of the new run, so this state is read first, in the background.
- `during_create`: does the state show this very create attempt as pending? Only then is it certain that the file is
  complete and current, and only then can an object's name prove which attempt created it.
- `owners`: which resource manages an object?

One retry policy serves all three: a file can be read while the engine writes it, and a backend can answer late.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Final

from gcore_tls_provider.api.clock import Clock, Deadline
from gcore_tls_provider.api.waiting import wait_until
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState, parse_export
from gcore_tls_provider.lifecycle.run.engine_port import EnginePort
from gcore_tls_provider.lifecycle.run.warnings import STATE_UNREADABLE

_RETRIES: Final = 4
_PAUSE: Final = 0.3
_READ_SECONDS: Final = _PAUSE * sum(range(1, _RETRIES + 1))


class StackReader:
    """Reads the stack's state at most once per question. Threads share it.

    Args:
        engine: Engine that exports the state.
        clock: Source of time for retries.
    """

    def __init__(self, engine: EnginePort, clock: Clock) -> None:
        """Read nothing yet."""
        self._engine = engine
        self._clock = clock
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._clean = False
        self._at_start: StackState | None = None
        self._during_create: StackState | None = None
        self._owners: StackState | None = None
        self._substitute_identity: str | None = None

    def start(self, stack: str, *, clean: bool = False) -> None:
        """Start to read the state on a thread, at the first call only.

        Args:
            stack: Name of the stack.
            clean: The program's process has found no pending operation in the state, so reading it is not needed.
        """
        with self._lock:
            self._clean |= clean
            if self._thread is None and not self._clean:
                self._thread = threading.Thread(target=self._read_at_start, args=(stack,), name="state", daemon=True)
                self._thread.start()

    def at_start(self, stack: str) -> StackState | None:
        """Return the state as it was when the run began; None if it cannot be read.

        Creates that it shows as pending can belong to this very run: their objects are among the session's claims.
        """
        self.start(stack)
        if self._thread is None:
            return StackState.empty()
        self._thread.join()
        return self._at_start

    def during_create(self, stack: str, urn: str, nonce: str) -> StackState | None:
        """Return a state that shows a create attempt as pending, read once per process; None if there is none.

        Args:
            stack: Name of the stack.
            urn: URN of the resource that is being created.
            nonce: Nonce of the create attempt.
        """
        with self._lock:
            if self._during_create is None and self._substitute_identity is None:
                self._during_create = self._read(
                    stack, lambda state: bool(state.identity) and state.pending_create(urn, nonce) is not None
                )
                if self._during_create is None:
                    self._substitute_identity = secrets.token_hex(16)
                    self._engine.warn(urn, " ".join(STATE_UNREADABLE.fill()))
            return self._during_create

    def owners(self, stack: str) -> StackState | None:
        """Return a state that shows which resource manages which object, read once; None if it cannot be read."""
        with self._lock:
            if self._owners is None:
                self._owners = self._read(stack, lambda _state: True)
            return self._owners

    @property
    def substitute_identity(self) -> str:
        """Random text that replaces the stack's identity in this process, as the state cannot be read."""
        return self._substitute_identity or ""

    def _read_at_start(self, stack: str) -> None:
        self._at_start = self._read(stack, lambda _state: True)

    def _read(self, stack: str, accept: Callable[[StackState], bool]) -> StackState | None:
        """Return the first accepted state, read up to five times with growing pauses; None if there is none."""

        def read() -> StackState | None:
            exported = self._engine.exported_stack(stack)
            state = None if exported is None else parse_export(exported)
            return state if state is not None and accept(state) else None

        return wait_until(read, Deadline.after(self._clock, _READ_SECONDS), lambda attempt: _PAUSE * (attempt + 1))
