"""The emulator as one object: settings, clock, and all state."""

from __future__ import annotations

from gcore_tls_provider.emulator.account import Account
from gcore_tls_provider.emulator.audit import Audit, Auditor
from gcore_tls_provider.emulator.clock import Clock, SystemClock
from gcore_tls_provider.emulator.data_plane import DataPlane, NoDataPlane
from gcore_tls_provider.emulator.faults import Faults
from gcore_tls_provider.emulator.settings import Settings
from gcore_tls_provider.emulator.traffic import Recorded, Throttle
from gcore_tls_provider.emulator.work import Work


class Emulator:
    """A stateful stand-in for Gcore's API: `serving` puts it on a port, `application` makes an ASGI app of it."""

    account: Account
    auditor: Auditor
    work: Work
    faults: Faults
    calls: list[Recorded]
    throttle: Throttle

    def __init__(
        self, settings: Settings | None = None, clock: Clock | None = None, data_plane: DataPlane | None = None
    ) -> None:
        """An empty account.

        Args:
            settings: who may use it and how it behaves; default: key `emulator`, project 1, region 1.
            clock: what tasks take the time from; default: the machine's.
            data_plane: what carries traffic; default: nothing does. Whoever made it ends it.
        """
        self.settings = settings or Settings()
        self.clock = clock or SystemClock()
        self.data_plane: DataPlane = data_plane or NoDataPlane()
        self.reset()

    def reset(self) -> None:
        """Forgets everything: objects, tasks, calls, faults. Ends all traffic."""
        behaviour = self.settings.behaviour
        self.data_plane.reset()
        self.account = Account()
        self.auditor = Auditor(self.account, self.clock.now)
        self.work = Work(self.account, self.settings, self.clock, self.data_plane, self.auditor)
        self.faults = Faults()
        self.calls = []
        self.throttle = Throttle(
            None if behaviour.rate_limit == "none" else behaviour.rate_limit, behaviour.retry_after == "sent"
        )

    def audit(self) -> Audit:
        """Ends what is due, and says whether anything was ever broken that must not be: `GET /_emulator/audit`."""
        self.work.settle()
        return self.auditor.audit()
