"""What all routes share: authentication, unknown fields, routes that exist in one dialect only, paging, filters."""

import json
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import JsonValue

from gcore_emulator.behavior import Behavior
from gcore_emulator.errors import Failure
from gcore_emulator.request_context import authenticate, in_force
from gcore_tls_provider.api.wire.pages import Page

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=1000, description="Rows of a page.")]
"""Parameter of lists: how many rows."""

Offset = Annotated[int, Query(ge=0, description="Rows to leave out.")]
"""Parameter of lists: how many rows come before."""


class LenientRoute(APIRoute):
    """A route that leaves out unknown fields of the body, where the question `unknown-fields` says so."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, which tries again without the fields that it didn't know."""
        handle = super().get_route_handler()

        async def handle_leniently(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                unknown = [found["loc"][1:] for found in error.errors() if found["type"] == "extra_forbidden"]
                if in_force(request).unknown_fields == "refuse" or not unknown:
                    raise
                body = json.dumps(_without(await request.json(), unknown)).encode()

                async def receive() -> dict[str, Any]:
                    return {"type": "http.request", "body": body, "more_body": False}

                return await handle(Request(request.scope, receive))

        return handle_leniently


def router(tag: str) -> APIRouter:
    """A router for one noun, for authenticated requests only."""
    return APIRouter(prefix="/cloud", tags=[tag], dependencies=[Depends(authenticate)], route_class=LenientRoute)


def only_if(exists: Callable[[Behavior], bool], otherwise: int) -> Any:
    """A dependency for a route that exists only under some answers to the open questions.

    Args:
        exists: whether it exists.
        otherwise: 405 if its path has other methods, else 404.
    """

    async def check(request: Request) -> None:
        if not exists(in_force(request)):
            raise no_route(in_force(request), request.method, otherwise)

    return Depends(check)


def no_route(behavior: Behavior, method: str, by_method: int) -> Failure:
    """The answer to a route that doesn't exist, as the question `unknown-route` says.

    Args:
        behavior: the answers to the open questions.
        method: of the request.
        by_method: 405 if the path has other methods, else 404.
    """
    chosen = behavior.unknown_route
    if chosen == "not-found-error":
        return Failure(404, "NotFoundError", "The requested resource could not be found")
    status = by_method if chosen == "by-method" else int(chosen)
    reason = "Not Found" if status == 404 else "Method Not Allowed"
    return Failure(status, "HTTPError", f"HTTP {status}: {reason}")


def page(of: type[Page[T]], rows: Sequence[T], limit: int, offset: int) -> Page[T]:
    """One page of a list."""
    return of(count=len(rows), results=list(rows[offset : offset + limit]))


def name_matches(behavior: Behavior, wanted: str | None, name: str) -> bool:
    """Whether a list's filter by name lets an object through."""
    if wanted is None:
        return True
    return wanted == name if behavior.name_filter == "exact" else wanted in name


def _without(body: JsonValue, paths: Sequence[Sequence[Any]]) -> JsonValue:
    for path in paths:
        inner: Any = body
        for step in path[:-1]:
            inner = _into(inner, step)
        if isinstance(inner, dict):
            inner.pop(path[-1], None)
    return body


def _into(body: Any, step: Any) -> Any:
    if isinstance(body, list) and isinstance(step, int) and step < len(body):
        return body[step]
    # A step that is no key names the variant of a union, not a field.
    return body[step] if isinstance(body, dict) and step in body else body
