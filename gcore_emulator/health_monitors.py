"""Health monitors as requests create and update them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from gcore_emulator.account import HealthMonitor
from gcore_emulator.errors import invalid
from gcore_tls_provider.api.wire.health_monitors import (
    HealthMonitorChange,
    HealthMonitorCreate,
    HealthMonitorPatch,
)

_HTTP_FIELDS = ("url_path", "expected_codes", "http_method", "http_version", "domain_name")


def new_health_monitor(request: HealthMonitorCreate) -> HealthMonitor:
    """Return a new health monitor. Raise a 400 if its fields contradict each other."""
    return _checked(HealthMonitor(id=str(uuid4()), **request.model_dump()))


def patched_health_monitor(present: HealthMonitor | None, request: HealthMonitorPatch) -> HealthMonitor:
    """Return the health monitor of a pool's update, which contains the whole object except its type.

    Raise a 400 if the type changes, or is missing although the pool has no health monitor yet.
    """
    fields = request.model_dump(exclude={"type"})
    if present is None:
        if request.type is None:
            raise invalid({"healthmonitor": "type is required: the pool has no health monitor yet."})
        return _checked(HealthMonitor(id=str(uuid4()), type=request.type, **fields))
    if request.type not in (None, present.type):
        raise invalid({"healthmonitor": "The type of a health monitor cannot be changed."})
    return _checked(_with(present, fields))


def changed_health_monitor(present: HealthMonitor, request: HealthMonitorChange) -> HealthMonitor:
    """Return the health monitor after an update of the fields that the request contains."""
    return _checked(_with(present, request.model_dump(exclude_unset=True)))


def _with(present: HealthMonitor, fields: Mapping[str, object]) -> HealthMonitor:
    return replace(present, **fields)  # type: ignore[arg-type]  # the request model has validated them


def _checked(monitor: HealthMonitor) -> HealthMonitor:
    wrong: dict[str, str] = {}
    if monitor.timeout >= monitor.delay:
        wrong["timeout"] = "timeout must be less than delay."
    if monitor.type not in ("HTTP", "HTTPS"):
        for name in _HTTP_FIELDS:
            if getattr(monitor, name) is not None:
                wrong[name] = f"{name} is only allowed for health monitors of type HTTP and HTTPS."
    if wrong:
        raise invalid(wrong)
    return monitor
