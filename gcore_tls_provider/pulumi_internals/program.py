"""Tuning of a Pulumi program, activated by its first resource."""

from __future__ import annotations

from gcore_tls_provider.pulumi_internals import gc_tuning, pending_operations

_activated = False


def activate_tuning() -> None:
    """Start reading the state and freeze the heap, once, in a program that the `pulumi` command has started."""
    global _activated
    if _activated or not pending_operations.is_pulumi_program():
        return
    _activated = True
    pending_operations.start_reading()
    gc_tuning.freeze_heap()
