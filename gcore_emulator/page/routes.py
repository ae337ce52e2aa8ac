"""Routes of the page. They require no API key: the page shows no secret, and is served on 127.0.0.1 only."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Request
from starlette.responses import Response

from gcore_emulator.page.view import View, view
from gcore_emulator.request_context import emulator_of

page = APIRouter(include_in_schema=False)

_HEADERS = {
    # Load nothing from other servers, and never run text from requests as a script.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}


@page.get("/")
async def show_page() -> Response:
    """Return the page."""
    return _part("index.html", "text/html; charset=utf-8")


@page.get("/_emulator/page.css")
async def show_style() -> Response:
    """Return the style sheet of the page."""
    return _part("page.css", "text/css; charset=utf-8")


@page.get("/_emulator/page.js")
async def show_script() -> Response:
    """Return the script of the page."""
    return _part("page.js", "text/javascript; charset=utf-8")


@page.get("/_emulator/view")
async def show_view(request: Request) -> View:
    """Return the content of the page, which requests it every second."""
    return view(emulator_of(request))


def _part(name: str, kind: str) -> Response:
    return Response(files(__package__).joinpath(name).read_bytes(), media_type=kind, headers=_HEADERS)
