"""Stateful emulator of Gcore's load balancer API, for tests and for trying things out.

Tasks take time, tasks lock load balancers, secrets in use cannot be deleted, and tests can inject faults. `Emulator`
holds the state; `serving` serves it on a port; `gcore-emulator` and `python -m gcore_emulator` do so from the command
line.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gcore_emulator.application import create_application
    from gcore_emulator.behavior import Behavior, parse_behavior
    from gcore_emulator.clock import Clock, ManualClock, SystemClock
    from gcore_emulator.emulator import Emulator
    from gcore_emulator.server import serving
    from gcore_emulator.settings import DIALECT_CHOICES, Settings, TaskSeconds

__all__ = [
    "DIALECT_CHOICES",
    "Behavior",
    "Clock",
    "Emulator",
    "ManualClock",
    "Settings",
    "SystemClock",
    "TaskSeconds",
    "create_application",
    "parse_behavior",
    "serving",
]

# Imported on first use: the entry point must be able to report that the extra is missing.
_MODULES = {
    "DIALECT_CHOICES": "settings",
    "Behavior": "behavior",
    "Clock": "clock",
    "Emulator": "emulator",
    "ManualClock": "clock",
    "Settings": "settings",
    "SystemClock": "clock",
    "TaskSeconds": "settings",
    "create_application": "application",
    "parse_behavior": "behavior",
    "serving": "server",
}


if not TYPE_CHECKING:  # a type checker would accept any name otherwise

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
