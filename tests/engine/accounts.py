"""Another account beside the one that the stacks of these tests have anyway."""

from __future__ import annotations

from tests.engine.conftest import EU_API_KEY, EU_PROJECT, EU_REGION
from tests.engine.stack import Stack

EU = "gcore-eu"


def configure_abroad(stack: Stack, url: str) -> None:
    """Gives a stack the connection `gcore-eu`."""
    stack.configure({f"{EU}:projectId": EU_PROJECT, f"{EU}:regionId": EU_REGION, f"{EU}:baseUrl": url})
    stack.configure_secret(f"{EU}:apiKey", EU_API_KEY)
