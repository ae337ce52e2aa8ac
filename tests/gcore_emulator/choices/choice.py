"""The checks of choices, registered by the modules beside this one."""

from __future__ import annotations

from collections.abc import Callable

from tests.gcore_emulator.emulated_api import Api

Check = Callable[[Api], None]
CHECKS: dict[tuple[str, str], tuple[str, Check]] = {}


def choice(question: str, named: str, chosen: str | None = None) -> Callable[[Check], Check]:
    """Registers the check of a choice. `chosen` is what is set, where the choice is a placeholder such as N."""

    def register(check: Check) -> Check:
        CHECKS[question, named] = (chosen or named, check)
        return check

    return register
