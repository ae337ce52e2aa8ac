"""Calls: requests to Gcore as values, before they are sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Final, Generic, Literal, TypeVar

from pydantic import BaseModel

from gcore_tls_provider.api.wire.scalars import OBJECT_ID_PATTERN
from gcore_tls_provider.errors import PropertyError

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

ResponseT_co = TypeVar("ResponseT_co", covariant=True)

# `\Z`, because `$` would accept a line break at the end.
_OBJECT_ID: Final = re.compile(OBJECT_ID_PATTERN.removesuffix("$") + r"\Z")


@dataclass(frozen=True)
class Route:
    """A method and a path template.

    Attributes:
        method: HTTP method.
        template: Path with `{name}` in the place of each ID; `{project_id}` and `{region_id}` are the connection's.
    """

    method: Method
    template: str

    @property
    def parameters(self) -> frozenset[str]:
        """Return the names between braces."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self.template) if name)

    def path(self, ids: Mapping[str, str | int]) -> str:
        """Return the path with the IDs filled in.

        Raises:
            PropertyError: An ID could leave its segment of the path. Encoding does not prevent that: proxies and
                servers decode `%2E%2E` and `%2F` before they look for dot segments.
        """
        for name in sorted(self.parameters):
            if not _OBJECT_ID.search(str(ids[name])):
                raise PropertyError(
                    f"{ids[name]!r} is not the ID of an object at Gcore, so no request was sent. Copy the ID from "
                    "Gcore's portal: letters, digits and hyphens, such as 6bf878c1-1ce4-47c3-a39b-6b5f1d79bf25."
                )
        return self.template.format(**{name: ids[name] for name in self.parameters})


@dataclass(frozen=True)
class Call(Generic[ResponseT_co]):
    """One request and the type of its response.

    Attributes:
        route: Route of the request.
        description: Action and object in words, for error messages: `create pool 'web'`.
        response_type: Parser of the response's JSON; raises `pydantic.ValidationError`.
        ids: IDs for the route's template, except project and region.
        query: Query parameters.
        body: Body of the request. Fields that were never set are left out, and None is sent as null. No error shows its
            `SecretStr` values, even if Gcore's response repeats them.
    """

    route: Route
    description: str
    response_type: Callable[[object], ResponseT_co]
    ids: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str | int | bool] = field(default_factory=dict)
    body: BaseModel | None = field(default=None, repr=False)


RequestVariant = Literal["guide", "openapi"]


@dataclass(frozen=True)
class RequestVariants(Generic[ResponseT_co]):
    """One operation in the variants of Gcore's guide and of Gcore's OpenAPI document.

    Attributes:
        operation: Name of the operation; the client remembers the variant that worked under this name.
        guide: Call as in Gcore's guide.
        openapi: Call as in Gcore's OpenAPI document.
        first: Variant that dialect `auto` tries first.
        variant_fields: Fields in which the variants differ: a 400 or 422 that names one of them means that this server
            expects the other variant.
        existence_checks: GETs of the objects that the call refers to. If all of them exist, a 404 means that the route
            does not exist.
    """

    operation: str
    guide: Call[ResponseT_co]
    openapi: Call[ResponseT_co]
    first: RequestVariant
    variant_fields: frozenset[str] = frozenset()
    existence_checks: tuple[Call[object], ...] = ()

    def of(self, variant: RequestVariant) -> Call[ResponseT_co]:
        """Return the call of one variant."""
        return self.guide if variant == "guide" else self.openapi
