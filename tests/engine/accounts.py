"""Configuration of a second account."""

from __future__ import annotations

from tests.engine.conftest import EU_API_KEY, EU_PROJECT, EU_REGION
from tests.engine.stack import Stack

EU = "gcore-eu"


def configure_eu_account(stack: Stack, url: str) -> None:
    """Configure the provider config `gcore-eu` of a stack."""
    stack.configure({f"{EU}:projectId": EU_PROJECT, f"{EU}:regionId": EU_REGION, f"{EU}:baseUrl": url})
    stack.configure_secret(f"{EU}:apiKey", EU_API_KEY)
