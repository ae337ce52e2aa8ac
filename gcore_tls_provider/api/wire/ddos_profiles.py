"""DDoS protection profiles, which a response contains on request."""

from __future__ import annotations

from pydantic import Field, JsonValue

from gcore_tls_provider.api.wire.model import ResponseBody


class DdosProfileTemplateField(ResponseBody):
    """A parameter that a template requires."""

    id: int
    name: str
    default: str | None = None
    description: str | None = None
    field_type: str | None = None
    required: bool | None = None
    validation_schema: JsonValue = None


class DdosProfileField(DdosProfileTemplateField):
    """A parameter with its value."""

    base_field: int
    field_value: JsonValue = None


class DdosProfileTemplate(ResponseBody):
    """Template of a profile."""

    id: int
    name: str
    description: str | None = None
    fields: list[DdosProfileTemplateField] = Field(default_factory=list)


class DdosProfileOptions(ResponseBody):
    """Switches of a profile."""

    active: bool
    bgp: bool


class ProtectedPort(ResponseBody):
    """A port and its protocols."""

    port: str
    protocols: list[str]


class DdosProfileStatus(ResponseBody):
    """State of a profile."""

    error_description: str
    status: str


class DdosProfile(ResponseBody):
    """A protection profile."""

    id: int
    options: DdosProfileOptions
    fields: list[DdosProfileField] = Field(default_factory=list)
    profile_template: DdosProfileTemplate | None = None
    profile_template_description: str | None = None
    protocols: list[ProtectedPort] | None = None
    site: str | None = None
    status: DdosProfileStatus | None = None
