"""Emulator as one object: settings, clock, and all state."""

from __future__ import annotations

from gcore_emulator.account import EmulatedAccount
from gcore_emulator.clock import Clock, SystemClock
from gcore_emulator.data_plane import DataPlane, NoDataPlane
from gcore_emulator.faults import Faults
from gcore_emulator.invariants import Audit, Auditor
from gcore_emulator.persistence import SavedState, values_to_save
from gcore_emulator.settings import Settings
from gcore_emulator.state_file import StateFile
from gcore_emulator.task_engine import TaskEngine
from gcore_emulator.traffic import RateLimiter, RecordedRequest


class Emulator:
    """Stateful emulator of Gcore's API. `serving` serves it on a port; `create_application` makes an ASGI app of it."""

    account: EmulatedAccount
    auditor: Auditor
    task_engine: TaskEngine
    faults: Faults
    requests: list[RecordedRequest]
    rate_limiter: RateLimiter

    def __init__(
        self,
        settings: Settings | None = None,
        clock: Clock | None = None,
        data_plane: DataPlane | None = None,
        state: StateFile | None = None,
    ) -> None:
        """Start with an empty account, or restore a state file, whose tasks in progress continue.

        Args:
            settings: API key, projects, regions, and behavior; default: key `emulator`, project 1, region 1.
            clock: Clock of the tasks; default: the system clock.
            data_plane: Data plane that carries traffic; default: none. The caller closes it.
            state: File to which the state is saved before each response; default: none. The caller closes it.

        Raises:
            StateFileError: The file cannot be read.
        """
        self.settings = settings or Settings()
        self.clock = clock or SystemClock()
        self.data_plane: DataPlane = data_plane or NoDataPlane()
        self._state = state
        self._restore(SavedState(EmulatedAccount(), [], []) if state is None else state.load())

    def reset(self) -> None:
        """Delete all objects, tasks, requests and faults, also in the file, and stop all traffic."""
        self._restore(SavedState(EmulatedAccount(), [], []))
        self.save()

    def save(self) -> None:
        """Write all changes to the state file, if there is one. They are on the disk when this returns.

        Raises:
            StateFileError: The file cannot be written.
        """
        if self._state is not None:
            self._state.save(values_to_save(self.account, self.faults.counts, self.auditor.violations))

    def _restore(self, saved: SavedState) -> None:
        behavior = self.settings.behavior
        self.data_plane.reset()
        self.account = saved.account
        self.auditor = Auditor(self.account, self.clock.now, saved.violations)
        self.task_engine = TaskEngine(self.account, self.settings, self.clock, self.data_plane, self.auditor)
        self.faults = Faults(saved.faults)
        self.requests = []
        self.rate_limiter = RateLimiter(
            None if behavior.rate_limit == "none" else behavior.rate_limit, behavior.retry_after == "sent"
        )
        self.task_engine.restore_traffic()

    def audit(self) -> Audit:
        """Finish all due tasks, and return every invariant violation so far: `GET /_emulator/audit`."""
        self.task_engine.advance_to_now()
        return self.auditor.audit()
