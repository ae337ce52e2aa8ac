"""Messages about validity that several areas share.

Placeholders: `subject`; `not_before`, with time; `not_after`, with time only on its last day; and how long ago or how
far ahead that is: `ago`, `wait`, `left`.
"""

from __future__ import annotations

from typing import Final

EXPIRED: Final = "expired on {not_after}, {ago} ago."
NOT_YET_VALID: Final = "is not valid before {not_before} UTC, in {wait}."
EXPIRES_SOON: Final = "expires in {left}, on {not_after}."

HANDSHAKES_FAIL: Final = "TLS handshakes with an expired one fail."
WAIT: Final = (
    "Wait until then, or issue one that is valid now. If it should be valid already, compare the clocks of this "
    "machine and of the CA (`date -u`)."
)
