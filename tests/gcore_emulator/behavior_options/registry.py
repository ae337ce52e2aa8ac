"""Registry of the checks of behavior options. The other modules of this package register them."""

from __future__ import annotations

from collections.abc import Callable

from tests.gcore_emulator.emulated_api import Api

Check = Callable[[Api], None]
CHECKS: dict[tuple[str, str], tuple[str, Check]] = {}


def checks_value(name: str, value: str, setting: str | None = None) -> Callable[[Check], Check]:
    """Register the check of a value. `setting` is the actual value if `value` is a placeholder such as N."""

    def register(check: Check) -> Check:
        CHECKS[name, value] = (setting or value, check)
        return check

    return register
