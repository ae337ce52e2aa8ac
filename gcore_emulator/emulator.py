"""The emulator as one object: settings, clock, and all state."""

from __future__ import annotations

from gcore_emulator.account import Account
from gcore_emulator.clock import Clock, SystemClock
from gcore_emulator.data_plane import DataPlane, NoDataPlane
from gcore_emulator.faults import Faults
from gcore_emulator.invariants import Audit, Auditor
from gcore_emulator.persistence import Remembered, current
from gcore_emulator.settings import Settings
from gcore_emulator.state_file import StateFile
from gcore_emulator.task_engine import Work
from gcore_emulator.traffic import Recorded, Throttle


class Emulator:
    """A stateful stand-in for Gcore's API: `serving` puts it on a port, `application` makes an ASGI app of it."""

    account: Account
    auditor: Auditor
    work: Work
    faults: Faults
    calls: list[Recorded]
    throttle: Throttle

    def __init__(
        self,
        settings: Settings | None = None,
        clock: Clock | None = None,
        data_plane: DataPlane | None = None,
        state: StateFile | None = None,
    ) -> None:
        """An account that is empty, or as a file remembers it: what was under way goes on, as if it had never stopped.

        Args:
            settings: who may use it and how it behaves; default: key `emulator`, project 1, region 1.
            clock: what tasks take the time from; default: the machine's.
            data_plane: what carries traffic; default: nothing does. Whoever made it ends it.
            state: where all is saved before each answer; default: nowhere. Whoever opened it closes it.

        Raises:
            StateFileError: the file can't be read.
        """
        self.settings = settings or Settings()
        self.clock = clock or SystemClock()
        self.data_plane: DataPlane = data_plane or NoDataPlane()
        self._state = state
        self._begin(Remembered(Account(), [], []) if state is None else state.load())

    def reset(self) -> None:
        """Forgets everything: objects, tasks, calls, faults, also in the file. Ends all traffic."""
        self._begin(Remembered(Account(), [], []))
        self.save()

    def save(self) -> None:
        """Saves what has changed, if there is a file for it; it is on the disk when this returns.

        Raises:
            StateFileError: it can't be written.
        """
        if self._state is not None:
            self._state.save(current(self.account, self.faults.counts, self.auditor.breaches))

    def _begin(self, remembered: Remembered) -> None:
        behavior = self.settings.behavior
        self.data_plane.reset()
        self.account = remembered.account
        self.auditor = Auditor(self.account, self.clock.now, remembered.breaches)
        self.work = Work(self.account, self.settings, self.clock, self.data_plane, self.auditor)
        self.faults = Faults(remembered.faults)
        self.calls = []
        self.throttle = Throttle(
            None if behavior.rate_limit == "none" else behavior.rate_limit, behavior.retry_after == "sent"
        )
        self.work.carry_again()

    def audit(self) -> Audit:
        """Ends what is due, and says whether anything was ever broken that must not be: `GET /_emulator/audit`."""
        self.work.settle()
        return self.auditor.audit()
