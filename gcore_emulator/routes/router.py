"""Features shared by all routes: authentication, unknown fields, routes of one dialect, paging, filters."""

import json
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import JsonValue

from gcore_emulator.behavior import Behavior
from gcore_emulator.errors import ApiErrorResponse
from gcore_emulator.request_context import authenticate, behavior_of
from gcore_tls_provider.api.wire.pages import Page

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=1000, description="Rows of a page.")]
"""Parameter of lists: maximum number of rows."""

Offset = Annotated[int, Query(ge=0, description="Rows to skip.")]
"""Parameter of lists: number of rows to skip."""


class LenientRoute(APIRoute):
    """Route that ignores unknown fields of the body, if the behavior option `unknown-fields` is `ignore`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return a handler that retries without the unknown fields."""
        handle = super().get_route_handler()

        async def handle_leniently(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                unknown = [found["loc"][1:] for found in error.errors() if found["type"] == "extra_forbidden"]
                if behavior_of(request).unknown_fields == "reject" or not unknown:
                    raise
                body = json.dumps(_without(await request.json(), unknown)).encode()

                async def receive() -> dict[str, Any]:
                    return {"type": "http.request", "body": body, "more_body": False}

                return await handle(Request(request.scope, receive))

        return handle_leniently


def router(tag: str) -> APIRouter:
    """Return a router for one kind of object, which accepts only authenticated requests."""
    return APIRouter(prefix="/cloud", tags=[tag], dependencies=[Depends(authenticate)], route_class=LenientRoute)


def only_if(exists: Callable[[Behavior], bool], otherwise: int) -> Any:
    """Return a dependency of a route that exists only with some behavior options.

    Args:
        exists: Predicate: the route exists.
        otherwise: 405 if its path has other methods, otherwise 404.
    """

    async def check(request: Request) -> None:
        if not exists(behavior_of(request)):
            raise no_route(behavior_of(request), request.method, otherwise)

    return Depends(check)


def no_route(behavior: Behavior, method: str, by_method: int) -> ApiErrorResponse:
    """Return the error of a route that does not exist, according to the behavior option `unknown-route`.

    Args:
        behavior: Behavior options.
        method: Method of the request.
        by_method: 405 if the path has other methods, otherwise 404.
    """
    chosen = behavior.unknown_route
    if chosen == "not-found-error":
        return ApiErrorResponse(404, "NotFoundError", "The requested resource could not be found")
    status = by_method if chosen == "by-method" else int(chosen)
    reason = "Not Found" if status == 404 else "Method Not Allowed"
    return ApiErrorResponse(status, "HTTPError", f"HTTP {status}: {reason}")


def page(of: type[Page[T]], rows: Sequence[T], limit: int, offset: int) -> Page[T]:
    """Return one page of a list."""
    return of(count=len(rows), results=list(rows[offset : offset + limit]))


def name_matches(behavior: Behavior, wanted: str | None, name: str) -> bool:
    """Return True if an object passes a list's filter by name."""
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
    # A step that is not a key names the variant of a union, not a field.
    return body[step] if isinstance(body, dict) and step in body else body
