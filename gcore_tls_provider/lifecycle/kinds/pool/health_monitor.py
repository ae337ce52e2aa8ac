"""The health monitor of a pool: part of the pool to a program, an object with routes of its own to Gcore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field as Limited
from pydantic import ValidationError, model_validator
from typing_extensions import Self

from gcore_tls_provider.api.wire.enums import HealthMonitorType, HttpMethod, HttpVersion
from gcore_tls_provider.api.wire.health_monitors import HealthMonitor, HealthMonitorCreate, HealthMonitorPatch
from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import InputsModel, Properties, validation_error

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
"""The fields of a health monitor; `replace` is by another monitor. A change sends all of them, as Gcore demands."""

_HTTP_ONLY: Final = ("url_path", "expected_codes", "http_method", "http_version", "domain_name")
_GIVEN_BY_GCORE: Final[Mapping[str, object]] = {"url_path": "/", "expected_codes": "200", "http_method": "GET"}
Retries = Annotated[int, Limited(ge=1, le=10)]


class HealthMonitorInputs(InputsModel):
    """Health monitor of a pool (OpenAPI).

    Attributes:
        type: `TCP` or `TLS-HELLO`: on a pool that speaks TLS, a handshake that verifies the backend. `HTTP`: a request
            on top of that, which also notices a backend that refuses the client certificate. `HTTPS`: switches the
            verification of backends off unless the pool has a revocation list.
        delay: seconds between two probes, 1 or more.
        timeout: seconds until a probe has failed; less than `delay`.
        max_retries: successes until a member is ONLINE, 1 to 10.
        max_retries_down: failures until it is in ERROR, 1 to 10; default 3.
        url_path: path of the request, default `/`; HTTP and HTTPS only, like all below.
        expected_codes: such as `200,202,300-302`; default 200.
        http_method: default GET.
        http_version: `1.0` or `1.1`.
        domain_name: the request's Host.
        admin_state_up: whether it probes; default true.
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
    def _fits_together(self) -> Self:
        if self.timeout >= self.delay:
            raise validation_error(
                "MONITOR_TIMEOUT",
                f"The timeout of {self.timeout} s isn't less than the delay of {self.delay} s.",
                "Make timeout less than delay.",
            )
        stray = [name for name in _HTTP_ONLY if getattr(self, name) is not None]
        if stray and self.type not in ("HTTP", "HTTPS"):
            raise validation_error(
                "MONITOR_HTTP_ONLY",
                f"{', '.join(stray)} can't go with a monitor of type {self.type}.",
                "Remove it, or make the type HTTP.",
            )
        return self


def same_health_monitor(old: object, new: object) -> bool:
    """Return whether two health monitors mean the same; an unset field means Gcore's default."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return not old and not new
    try:
        return _meaning(old) == _meaning(new)
    except ValidationError:
        # What somebody else has set may be more than a program can say.
        return False


def _meaning(monitor: Mapping[str, object]) -> Mapping[str, object]:
    given = {key: value for key, value in monitor.items() if value is not None}
    values = HealthMonitorInputs.model_validate(given).model_dump()
    return {key: _GIVEN_BY_GCORE.get(key) if value is None else value for key, value in values.items()}


def create_body(monitor: HealthMonitorInputs) -> HealthMonitorCreate:
    """Return the request body for a new monitor."""
    return HealthMonitorCreate.model_validate(monitor.model_dump(exclude_none=True))


def patch_body(monitor: HealthMonitorInputs) -> HealthMonitorPatch:
    """Return the request body for a change: all fields, null for unset ones."""
    unused = () if monitor.type in ("HTTP", "HTTPS") else _HTTP_ONLY
    return HealthMonitorPatch.model_validate(monitor.model_dump(exclude={"type", *unused}))


def switched(live: HealthMonitor, up: bool) -> HealthMonitorPatch:
    """Return the request body that switches a live monitor off or on: all fields, as for any change."""
    unused = () if live.type in ("HTTP", "HTTPS") else _HTTP_ONLY
    kept = live.model_dump(include=HealthMonitorPatch.model_fields.keys() - {"type", *unused})
    return HealthMonitorPatch.model_validate({**kept, "admin_state_up": up})


def shown(live: HealthMonitor) -> Properties:
    """Return a live monitor as a program would write it."""
    given = {name: value for name, value in live.model_dump().items() if name in HealthMonitorInputs.model_fields}
    if live.type not in ("HTTP", "HTTPS"):
        given = {name: value for name, value in given.items() if name not in _HTTP_ONLY}
    return HealthMonitorInputs.model_construct(**given).model_dump(exclude_defaults=True, exclude_none=True)
