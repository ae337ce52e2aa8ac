"""A stateful stand-in for Gcore's load balancer API, for tests and for trying things out.

Tasks take time, load balancers lock, secrets are in use, faults happen when asked for. `Emulator` holds it all;
`serving` puts it on a port; `python -m gcore_tls_provider.emulator` does so from the command line.
"""

from gcore_tls_provider.emulator.application import application
from gcore_tls_provider.emulator.clock import Clock, ManualClock, SystemClock
from gcore_tls_provider.emulator.emulator import Emulator
from gcore_tls_provider.emulator.questions import Behaviour, behaviour_from
from gcore_tls_provider.emulator.server import serving
from gcore_tls_provider.emulator.settings import DIALECT_CHOICES, Settings, TaskSeconds

__all__ = [
    "DIALECT_CHOICES",
    "Behaviour",
    "Clock",
    "Emulator",
    "ManualClock",
    "Settings",
    "SystemClock",
    "TaskSeconds",
    "application",
    "behaviour_from",
    "serving",
]
