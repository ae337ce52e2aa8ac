"""Where Gcore is and who asks: one account, project and region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, HttpUrl, SecretStr, TypeAdapter, ValidationError, field_validator

Dialect = Literal["auto", "guide", "openapi"]
"""How the operations are written in which Gcore's guide and its OpenAPI document disagree (see `routes`)."""

PUBLIC_API = "https://api.gcore.com"
"""Gcore's public API; cloud routes begin with `/cloud/v1/` or `/cloud/v2/` below it."""

_URL = TypeAdapter(HttpUrl)


@dataclass(frozen=True)
class Scope:
    """Where an object is: every object belongs to one project and region, and can't leave them.

    Attributes:
        project_id: the project's number.
        region_id: the region's number.
    """

    project_id: int
    region_id: int


class Connection(BaseModel):
    """One account, project and region of Gcore.

    Attributes:
        api_key: the permanent API token; sent as `Authorization: APIKey ...`, shown nowhere.
        project_id: the project's number.
        region_id: the region's number.
        base_url: where the API answers, without a final slash: http or https, and neither user nor query in it.
        dialect: which of the two ways of writing some operations to use.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    api_key: SecretStr
    project_id: int
    region_id: int
    base_url: str = PUBLIC_API
    dialect: Dialect = "auto"

    @field_validator("base_url")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        try:
            url = _URL.validate_python(value)
        except ValidationError:
            raise ValueError("it isn't an http or https URL") from None
        if url.username or url.password or url.query or url.fragment:
            raise ValueError("it must be scheme, host and perhaps a path, without user, password, query or fragment")
        return str(url).rstrip("/")
