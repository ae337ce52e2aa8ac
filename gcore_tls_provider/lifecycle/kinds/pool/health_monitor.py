"""Health monitor of a pool: in a program a part of the pool, at Gcore an object with routes of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field as Limited
from pydantic import ValidationError, model_validator
from typing_extensions import Self

from gcore_tls_provider.api.wire.enums import HealthMonitorType, HttpMethod, HttpVersion
from gcore_tls_provider.api.wire.health_monitors import HealthMonitor, HealthMonitorCreate, HealthMonitorPatch
from gcore_tls_provider.certificates.findings.validation import validation_error
from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import InputsModel, Properties

FIELDS: Final = (
    Field("type", change="replace"),
    Field("delay"),
    Field("timeout"),
    Field("max_retries"),
    Field("max_retries_down", default=3),
    Field("url_path", nullable=True),
    Field("expected_codes", nullable=True),
    Field("http_method", nullable=True),
    Field("http_version", nullable=True),
    Field("domain_name", nullable=True),
    Field("admin_state_up", default=True),
)
"""Fields of a health monitor; `replace` needs another monitor. A change sends all fields, as Gcore requires."""

_HTTP_ONLY: Final = ("url_path", "expected_codes", "http_method", "http_version", "domain_name")
_GCORE_DEFAULTS: Final[Mapping[str, object]] = {"url_path": "/", "expected_codes": "200", "http_method": "GET"}
Retries = Annotated[int, Limited(ge=1, le=10)]


class HealthMonitorInputs(InputsModel):
    """Health monitor of a pool (OpenAPI).

    Attributes:
        type: Type of the probes. On a pool that speaks TLS, `TCP` and `TLS-HELLO` make a handshake that verifies the
            backend; `HTTP` also sends a request, which detects a backend that rejects the client certificate. `HTTPS`
            switches the verification of backends off for all traffic, unless the pool has a CRL.
        delay: Seconds between two probes, 1 or more.
        timeout: Seconds until a probe fails, 0 or more; less than `delay`.
        max_retries: Successful probes until a member is ONLINE, 1 to 10.
        max_retries_down: Failed probes until a member is in ERROR, 1 to 10; default 3.
        url_path: Path of the request; default `/`. HTTP and HTTPS only, like the next four.
        expected_codes: Status codes of a healthy member: `200,202,300-302`; default `200`.
        http_method: Method of the request; default `GET`.
        http_version: HTTP version of the request: `1.0` or `1.1`.
        domain_name: Host header of the request, 1 to 253 characters.
        admin_state_up: Whether it probes; default true.
    """

    type: HealthMonitorType
    delay: Annotated[int, Limited(ge=1, le=2_147_483_647)]
    timeout: Annotated[int, Limited(ge=0, le=2_147_483)]
    max_retries: Retries
    max_retries_down: Retries = 3
    url_path: Annotated[str | None, Limited(pattern=r"^/([^/?#%][^?#%]*)?$")] = None
    expected_codes: str | None = None
    http_method: HttpMethod | None = None
    http_version: HttpVersion | None = None
    domain_name: Annotated[str | None, Limited(pattern=r"^[A-Za-z0-9._-]{1,253}$")] = None
    admin_state_up: bool = True

    @model_validator(mode="after")
    def _check_combination(self) -> Self:
        if self.timeout >= self.delay:
            raise validation_error("MONITOR_TIMEOUT", timeout=self.timeout, delay=self.delay)
        unused = [name for name in _HTTP_ONLY if getattr(self, name) is not None]
        if unused and self.type not in ("HTTP", "HTTPS"):
            raise validation_error("MONITOR_HTTP_ONLY", monitor_type=self.type, names=", ".join(unused))
        return self


def same_health_monitor(old: object, new: object) -> bool:
    """Return whether two health monitors mean the same; an unset field means Gcore's default."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return not old and not new
    try:
        return _normalized(old) == _normalized(new)
    except ValidationError:
        # Another client can have set values that the input model does not allow.
        return False


def _normalized(monitor: Mapping[str, object]) -> Mapping[str, object]:
    given = {key: value for key, value in monitor.items() if value is not None}
    values = HealthMonitorInputs.model_validate(given).model_dump()
    return {key: _GCORE_DEFAULTS.get(key) if value is None else value for key, value in values.items()}


def create_body(monitor: HealthMonitorInputs) -> HealthMonitorCreate:
    """Return the request body for a new monitor."""
    return HealthMonitorCreate.model_validate(monitor.model_dump(exclude_none=True))


def patch_body(monitor: HealthMonitorInputs) -> HealthMonitorPatch:
    """Return the request body for a change: all fields, null for unset ones."""
    unused = () if monitor.type in ("HTTP", "HTTPS") else _HTTP_ONLY
    return HealthMonitorPatch.model_validate(monitor.model_dump(exclude={"type", *unused}))


def switched(live: HealthMonitor, up: bool) -> HealthMonitorPatch:
    """Return the request body that enables or disables a live monitor: all fields, as for any change."""
    unused = () if live.type in ("HTTP", "HTTPS") else _HTTP_ONLY
    kept = live.model_dump(include=HealthMonitorPatch.model_fields.keys() - {"type", *unused})
    return HealthMonitorPatch.model_validate({**kept, "admin_state_up": up})


def shown(live: HealthMonitor) -> Properties:
    """Return a live monitor as a program would write it."""
    given = {name: value for name, value in live.model_dump().items() if name in HealthMonitorInputs.model_fields}
    if live.type not in ("HTTP", "HTTPS"):
        given = {name: value for name, value in given.items() if name not in _HTTP_ONLY}
    return HealthMonitorInputs.model_construct(**given).model_dump(exclude_defaults=True, exclude_none=True)
