"""Health monitors: probes of a pool's members. A pool has at most one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gcore_tls_provider.api.wire.enums import (
    HealthMonitorType,
    HttpMethod,
    HttpVersion,
)
from gcore_tls_provider.api.wire.model import RequestBody, ResponseBody
from gcore_tls_provider.api.wire.scalars import NOT_NULL, ResponseId

Delay = Annotated[int, Field(ge=1, le=2_147_483_647)]
"""Seconds between two probes."""

ProbeTimeout = Annotated[int, Field(ge=0, le=2_147_483)]
"""Seconds until a probe counts as failed; less than the delay."""

Retries = Annotated[int, Field(ge=1, le=10)]
"""Number of probes in a row."""

UrlPath = Annotated[str, Field(pattern=r"^/([^/?#%][^?#%]*)?$")]
"""Path of an HTTP probe, without query, fragment and percent-encoding."""

DomainName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,253}$")]
"""Host header of an HTTP probe."""


class HealthMonitorCreate(RequestBody):
    """A new health monitor. The five HTTP fields apply to types HTTP and HTTPS only.

    `max_retries` successes make a member ONLINE, `max_retries_down` failures (default 3) make it ERROR.
    `expected_codes` is a code, a list such as `200,202` or a range such as `200-204`; default 200.
    """

    type: HealthMonitorType
    delay: Delay
    timeout: ProbeTimeout
    max_retries: Retries
    max_retries_down: Retries = 3
    admin_state_up: bool = True
    domain_name: DomainName | None = None
    expected_codes: str | None = None
    http_method: HttpMethod | None = None
    http_version: HttpVersion | None = None
    url_path: UrlPath | None = None


class HealthMonitorPatch(RequestBody):
    """The health monitor inside a pool's update: the whole object again, except the type, which cannot change."""

    delay: Delay
    timeout: ProbeTimeout
    max_retries: Retries
    max_retries_down: Retries = 3
    type: HealthMonitorType | None = None
    admin_state_up: bool = True
    domain_name: DomainName | None = None
    expected_codes: str | None = None
    http_method: HttpMethod | None = None
    http_version: HttpVersion | None = None
    url_path: UrlPath | None = None


class HealthMonitorChange(RequestBody):
    """The health monitor's own update: changed fields only. Newer than the OpenAPI document; source: Gcore's SDK."""

    delay: Annotated[Delay | None, NOT_NULL] = None
    timeout: Annotated[ProbeTimeout | None, NOT_NULL] = None
    max_retries: Annotated[Retries | None, NOT_NULL] = None
    max_retries_down: Annotated[Retries | None, NOT_NULL] = None
    admin_state_up: Annotated[bool | None, NOT_NULL] = None
    domain_name: DomainName | None = None
    expected_codes: str | None = None
    http_method: HttpMethod | None = None
    http_version: HttpVersion | None = None
    url_path: UrlPath | None = None


class HealthMonitor(ResponseBody):
    """A health monitor as it is read, inside its pool."""

    id: ResponseId
    type: str
    delay: int
    timeout: int
    max_retries: int
    max_retries_down: int
    admin_state_up: bool
    operating_status: str
    provisioning_status: str
    domain_name: str | None = None
    expected_codes: str | None = None
    http_method: str | None = None
    http_version: str | None = None
    url_path: str | None = None
