"""What requests make of health monitors."""

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
    """A new health monitor. 400 if its fields don't fit each other."""
    return _checked(HealthMonitor(id=str(uuid4()), **request.model_dump()))


def patched_health_monitor(present: HealthMonitor | None, request: HealthMonitorPatch) -> HealthMonitor:
    """The health monitor that a pool's update asks for: the whole object again, its type excepted.

    400 if the type changes, or is missing where there is no health monitor yet.
    """
    fields = request.model_dump(exclude={"type"})
    if present is None:
        if request.type is None:
            raise invalid({"healthmonitor": "type is required: the pool has no health monitor yet."})
        return _checked(HealthMonitor(id=str(uuid4()), type=request.type, **fields))
    if request.type not in (None, present.type):
        raise invalid({"healthmonitor": "The type of a health monitor can't be changed."})
    return _checked(_with(present, fields))


def changed_health_monitor(present: HealthMonitor, request: HealthMonitorChange) -> HealthMonitor:
    """The health monitor after its own update: only what was sent changes."""
    return _checked(_with(present, request.model_dump(exclude_unset=True)))


def _with(present: HealthMonitor, fields: Mapping[str, object]) -> HealthMonitor:
    return replace(present, **fields)  # type: ignore[arg-type]  # the request model has checked them


def _checked(monitor: HealthMonitor) -> HealthMonitor:
    wrong: dict[str, str] = {}
    if monitor.timeout >= monitor.delay:
        wrong["timeout"] = "timeout must be less than delay."
    if monitor.type not in ("HTTP", "HTTPS"):
        for name in _HTTP_FIELDS:
            if getattr(monitor, name) is not None:
                wrong[name] = f"{name} belongs to health monitors of type HTTP and HTTPS."
    if wrong:
        raise invalid(wrong)
    return monitor
