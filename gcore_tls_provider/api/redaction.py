"""What others say, made fit to be shown: Gcore's sentences can repeat what was sent to it."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|$)", re.DOTALL)
_BASE64 = re.compile(r"[A-Za-z0-9+/=_]{48,}")
_LONGEST = 600


def shown(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without PEM blocks, long base64 and the given secrets, on one line and cut to a readable length."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, HIDDEN)
    text = " ".join(_BASE64.sub(HIDDEN, _PEM.sub(HIDDEN, text)).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
