"""The property that holds a dynamic resource's provider."""

from __future__ import annotations

from typing import Final

PROVIDER_PROPERTY: Final = "__provider"
"""Name of the property in which the SDK keeps the pickled provider; saved state must contain it."""
