"""An unknown output, which the SDK offers no constructor for."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi


def unknown_output() -> pulumi.Output[str]:
    """Return an output whose value a preview does not know, so that the preview's plan matches any value."""
    value, is_known = asyncio.Future[Any](), asyncio.Future[bool]()
    value.set_result(None)
    is_known.set_result(False)
    return pulumi.Output(set(), value, is_known)
