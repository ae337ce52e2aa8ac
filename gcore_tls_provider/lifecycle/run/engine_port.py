"""What a handler needs of the process that it runs in: somebody to tell things to, and the stack's state."""

from __future__ import annotations

from typing import Protocol


class EnginePort(Protocol):
    """The Pulumi engine, as seen by a handler."""

    def progress(self, urn: str, text: str) -> None:
        """Shows `text` on the resource's row for as long as nothing newer comes."""
        ...

    def warn(self, urn: str, text: str) -> None:
        """Adds a warning to the resource's diagnostics."""
        ...

    def error(self, urn: str, text: str) -> None:
        """Adds an error to the resource's diagnostics. It stops nothing by itself."""
        ...

    def exported_stack(self, stack: str) -> bytes | None:
        """What `pulumi stack export` prints for the stack, or None where it can't be had."""
        ...

    def is_alive(self) -> bool:
        """Whether the engine that asked for the work still is there to save what comes of it."""
        ...
