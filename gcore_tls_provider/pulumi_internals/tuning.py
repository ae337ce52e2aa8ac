"""The switch that turns all tuning off.

Tuning is the undocumented behavior that makes programs and updates faster and that nothing depends on: the modules
`gc_tuning`, `pending_operations`, `registrations` and `worker_threads`.
"""

from __future__ import annotations

import os
from typing import Final

NO_TUNING: Final = "GCORE_TLS_NO_TUNING"
"""Environment variable: any value except the empty string and `0` turns all tuning off."""


def is_enabled() -> bool:
    """Return whether the user has left the tuning on."""
    return os.environ.get(NO_TUNING, "") in ("", "0")
