"""Connection to Gcore: address, account, project and region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, HttpUrl, SecretStr, TypeAdapter, ValidationError, field_validator

Dialect = Literal["auto", "guide", "openapi"]
"""Variant of the operations in which Gcore's guide and its OpenAPI document differ (see `routes`)."""

PUBLIC_API = "https://api.gcore.com"
"""Gcore's public API; cloud routes begin with `/cloud/v1/` or `/cloud/v2/` below it."""

NAMESPACE: Final = "gcore"
"""Namespace of the stack's configuration that applies if a resource names no provider config."""

_VARIABLES: Final[Mapping[str, str]] = {"apiKey": "GCORE_API_KEY", "baseUrl": "GCORE_BASE_URL"}

_URL = TypeAdapter(HttpUrl)


def is_plaintext(base_url: str) -> bool:
    """Return whether requests to a URL cross a network unencrypted: plain HTTP, and not to this machine itself.

    Args:
        base_url: Valid URL. Of all names, only `localhost` is known to be this machine.
    """
    url = _URL.validate_python(base_url)
    host = (url.host or "").strip("[]")
    if url.scheme == "https" or host == "localhost":
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True


@dataclass(frozen=True)
class Location:
    """Location of an object: one project and region of an account, which it cannot leave.

    Attributes:
        project_id: Number of the project; None for the provider config's.
        region_id: Number of the region; None for the provider config's.
        provider_config: Namespace of the stack's configuration; None for `NAMESPACE`.
    """

    project_id: int | None = None
    region_id: int | None = None
    provider_config: str | None = None


class Connection(BaseModel):
    """One account, project and region of Gcore.

    Attributes:
        api_key: Permanent API token; sent as `Authorization: APIKey ...`, shown nowhere.
        project_id: Number of the project.
        region_id: Number of the region.
        base_url: URL of the API, without a final slash: http or https, with neither user nor query.
        dialect: Variant of the operations that Gcore documents in two variants.
        namespace: Namespace of the stack's configuration that these values come from, for messages.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)

    api_key: SecretStr
    project_id: int
    region_id: int
    base_url: str = PUBLIC_API
    dialect: Dialect = "auto"
    namespace: str = NAMESPACE

    def setting(self, key: Literal["apiKey", "baseUrl"]) -> str:
        """Return the setting of a value in words: `gcore:apiKey`, or its variable, which only `gcore` has."""
        variable = f" or {_VARIABLES[key]}" if self.namespace == NAMESPACE else ""
        return f"`{self.namespace}:{key}`{variable}"

    @field_validator("base_url")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        try:
            url = _URL.validate_python(value)
        except ValidationError:
            raise ValueError("it is not an http or https URL") from None
        if url.username or url.password or url.query or url.fragment:
            raise ValueError("it must be scheme, host and optionally a path, without user, password, query or fragment")
        return str(url).rstrip("/")
