"""ASGI application of an emulator: the API, its page, and the control routes."""

from __future__ import annotations

import warnings

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from gcore_emulator.control import control
from gcore_emulator.emulator import Emulator
from gcore_emulator.errors import ApiErrorResponse, http_response, invalid
from gcore_emulator.middleware import FaultInjectionMiddleware
from gcore_emulator.page import page
from gcore_emulator.routes import (
    flavors,
    health_monitors,
    listeners,
    load_balancers,
    members,
    pools,
    secrets,
    statuses,
    tasks,
)
from gcore_emulator.routes.router import no_route
from gcore_emulator.web_pages import WebPageProtection

# FastAPI gives every body an alias. Pydantic warns that the alias has no effect on models that are built late.
warnings.filterwarnings("ignore", message="The 'alias' attribute with value 'body'", category=UserWarning)

ROUTERS = tuple(
    module.routes
    for module in (statuses, secrets, load_balancers, listeners, pools, members, health_monitors, flavors, tasks)
)
"""The API's routes in matching order: `.../status` must come before the route with a load balancer's ID."""


def create_application(emulator: Emulator) -> ASGIApp:
    """Return an ASGI application, for a server or for a client in the same process."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    served = FaultInjectionMiddleware(_application(emulator), routes, emulator)
    return WebPageProtection(served, emulator.settings.allowed_hosts)


def _application(emulator: Emulator) -> FastAPI:
    app = FastAPIOffline(
        title="Gcore's load balancer API, emulated",
        description="Secrets, load balancers, listeners, pools, members, health monitors and tasks. "
        "Send `Authorization: APIKey KEY`. `/_emulator/` has the state, the requests and the faults, for tests.",
    )
    app.state.emulator = emulator
    for router in ROUTERS:
        app.include_router(router)
    app.include_router(control)
    app.include_router(page)

    @app.exception_handler(ApiErrorResponse)
    async def respond_to_api_error(request: Request, error: ApiErrorResponse) -> Response:
        return _respond(request, error)

    @app.exception_handler(RequestValidationError)
    async def respond_to_invalid_request(request: Request, error: RequestValidationError) -> Response:
        return _respond(request, invalid(_invalid_fields(error)))

    @app.exception_handler(HTTPException)
    async def respond_to_unknown_route(request: Request, error: HTTPException) -> Response:
        return _respond(request, no_route(emulator.settings.behavior, request.method, error.status_code))

    def _respond(request: Request, error: ApiErrorResponse) -> Response:
        summary = getattr(request.state, "summary", None)
        return http_response(
            error, summary.request_id if summary else "", emulator.settings.behavior.unauthenticated_body
        )

    return app


def _invalid_fields(error: RequestValidationError) -> dict[str, list[str]]:
    """Return the errors of each field, without the values that the client sent."""
    fields: dict[str, list[str]] = {}
    for found in error.errors():
        # The first part is the place (body, query, path); "string" and "object" are the variants of a secret's body.
        steps = [str(step) for step in found["loc"][1:] if step not in ("string", "object")]
        fields.setdefault(".".join(steps) or "body", []).append(str(found["msg"]))
    return fields
