"""Port to the Pulumi engine: messages to the user, and the stack's state."""

from __future__ import annotations

from typing import Protocol


class EnginePort(Protocol):
    """The Pulumi engine, as the lifecycle uses it; each front end implements it."""

    def progress(self, urn: str, text: str) -> None:
        """Show `text` on the row of the resource until the next text."""
        ...

    def warn(self, urn: str, text: str) -> None:
        """Add a warning to the resource's diagnostics."""
        ...

    def error(self, urn: str, text: str) -> None:
        """Add an error to the diagnostics of the resource, without stopping the run."""
        ...

    def exported_stack(self, stack: str) -> bytes | None:
        """Return the output of `pulumi stack export` for the stack; None if it fails."""
        ...

    def is_alive(self) -> bool:
        """Return whether the engine is still running, to save the result of a write."""
        ...
