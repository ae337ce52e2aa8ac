"""Calls: requests to Gcore as values, before they are sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Generic, Literal, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

ResponseT_co = TypeVar("ResponseT_co", covariant=True)


@dataclass(frozen=True)
class Route:
    """A method and a path template.

    Attributes:
        method: the HTTP method.
        template: the path, with `{name}` where an id goes. `{project_id}` and `{region_id}` come from the connection.
    """

    method: Method
    template: str

    @property
    def parameters(self) -> frozenset[str]:
        """Return the names between braces."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self.template) if name)

    def path(self, ids: Mapping[str, str | int]) -> str:
        """Return the path with the IDs filled in, quoted."""
        return self.template.format(**{name: quote(str(ids[name]), safe="") for name in self.parameters})


@dataclass(frozen=True)
class Call(Generic[ResponseT_co]):
    """One request and the type of its response.

    Attributes:
        route: where it goes.
        asked: what it asks, in words, for error messages: `create pool 'web'`.
        answer: turns the JSON of the answer into its model; raises `pydantic.ValidationError`.
        ids: what fills the route's template, project and region apart.
        query: the query parameters.
        body: what is sent; fields that were never set are left out, and None is sent as null. Its `SecretStr` values
            are shown in no error, whatever Gcore repeats.
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
        operation: its name; the shape that worked is remembered under it.
        guide: the call in the guide's shape.
        openapi: the call in OpenAPI's shape.
        first: which one is tried first where the user has no say in it.
        refused_fields: a 400 or 422 that names one of these fields means that this shape isn't understood.
        named: GETs of the objects that the call names: if all exist, a 404 means that the route doesn't.
    """

    operation: str
    guide: Call[ResponseT_co]
    openapi: Call[ResponseT_co]
    first: RequestVariant
    refused_fields: frozenset[str] = frozenset()
    named: tuple[Call[object], ...] = ()

    def of(self, shape: RequestVariant) -> Call[ResponseT_co]:
        """Return the call of one variant."""
        return self.guide if shape == "guide" else self.openapi
