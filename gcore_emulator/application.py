"""The application that serves an emulator: the API, its page, and the control routes."""

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
from gcore_emulator.error_responses import refusal
from gcore_emulator.errors import Failure, invalid
from gcore_emulator.middleware import Doorway
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

# FastAPI gives every body an alias. Of models that are built late pydantic says that it has no effect: it needs none.
warnings.filterwarnings("ignore", message="The 'alias' attribute with value 'body'", category=UserWarning)

ROUTERS = tuple(
    module.routes
    for module in (statuses, secrets, load_balancers, listeners, pools, members, health_monitors, flavors, tasks)
)
"""The API's routes, in the order in which they are tried: `.../status` must not be taken for a load balancer's id."""


def create_application(emulator: Emulator) -> ASGIApp:
    """An ASGI application: for a server, or for a client in the same process."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return Doorway(_application(emulator), routes, emulator)


def _application(emulator: Emulator) -> FastAPI:
    app = FastAPIOffline(
        title="Gcore's load balancer API, emulated",
        description="Secrets, load balancers, listeners, pools, members, health monitors and tasks. "
        "Send `Authorization: APIKey KEY`. Below `/_emulator/` tests ask for state, calls and faults.",
    )
    app.state.emulator = emulator
    for router in ROUTERS:
        app.include_router(router)
    app.include_router(control)
    app.include_router(page)

    @app.exception_handler(Failure)
    async def answer_failure(request: Request, failure: Failure) -> Response:
        return _refuse(request, failure)

    @app.exception_handler(RequestValidationError)
    async def answer_invalid(request: Request, error: RequestValidationError) -> Response:
        return _refuse(request, invalid(_invalid_fields(error)))

    @app.exception_handler(HTTPException)
    async def answer_unrouted(request: Request, error: HTTPException) -> Response:
        return _refuse(request, no_route(emulator.settings.behavior, request.method, error.status_code))

    def _refuse(request: Request, failure: Failure) -> Response:
        asked = getattr(request.state, "asked", None)
        return refusal(failure, asked.request_id if asked else "", emulator.settings.behavior.unauthenticated_body)

    return app


def _invalid_fields(error: RequestValidationError) -> dict[str, list[str]]:
    """Which fields are wrong, without what was sent in them."""
    fields: dict[str, list[str]] = {}
    for found in error.errors():
        # The first part says where (body, query, path); a tag names the shape of a secret.
        steps = [str(step) for step in found["loc"][1:] if step not in ("string", "object")]
        fields.setdefault(".".join(steps) or "body", []).append(str(found["msg"]))
    return fields
