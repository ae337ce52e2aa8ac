"""Refusal of requests that web pages make a browser send.

A browser sends requests for any page to 127.0.0.1. A page of another site must neither read nor change the emulator:

| attack | refused because of |
| --- | --- |
| DNS rebinding: the page's own name resolves to 127.0.0.1 | `Host` is not a name of this machine |
| form, `fetch` or image of another site | `Origin` or `Sec-Fetch-Site` of another site |
| body that needs no permission from the server, such as a form | `Content-Type` is not JSON |
| WebSocket, which the same-origin policy does not cover | there is none |

Clients that are not browsers send neither `Origin` nor `Sec-Fetch-Site`, and name the server as they reach it.
"""

from __future__ import annotations

import logging
from collections.abc import Set
from ipaddress import ip_address
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gcore_emulator.errors import ApiErrorResponse, http_response
from gcore_emulator.printable import printable

LOG = logging.getLogger("gcore_emulator")

_GUARDED = ("/cloud/", "/_emulator/")
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_OWN_SITES = frozenset({"same-origin", "none"})
_POLICY_VIOLATION = 1008


class WebPageProtection:
    """Outermost layer of an emulator: requests of other sites' pages reach nothing behind it."""

    def __init__(self, app: ASGIApp, allowed_hosts: Set[str]) -> None:
        """Wrap an application.

        Args:
            app: Application to protect.
            allowed_hosts: Names in `Host` that are accepted, besides `localhost` and loopback addresses.
        """
        self._app = app
        self._allowed_hosts = frozenset(each.lower().rstrip(".") for each in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        error = self._refusal(scope) if scope["type"] == "http" else None
        if error is None:
            await self._app(scope, receive, send)
            return
        LOG.warning("%s %s %s %s", scope["method"], printable(scope["path"]), error.status, printable(error.message))
        await http_response(error, str(uuid4()))(scope, receive, send)

    def _refusal(self, scope: Scope) -> ApiErrorResponse | None:
        """Return the error for a request that a page of another site can have caused; None for any other request."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_allowed(hosts[0]):
            named = printable(", ".join(hosts)) or "missing"
            return ApiErrorResponse(
                403,
                "ForbiddenError",
                f"The Host header ({named}) is not a name of this machine. Use http://127.0.0.1, or start the emulator "
                "with --allowed-host NAME.",
            )
        path: str = scope["path"]
        if not path.startswith(_GUARDED) and scope["method"] in _SAFE_METHODS:
            # Pages without data of the account: links from other sites to them work.
            return None
        origins = headers.getlist("origin")
        foreign = [each for each in origins if each.lower() not in _origins_of(hosts[0])]
        sites = [each for each in headers.getlist("sec-fetch-site") if each.lower() not in _OWN_SITES]
        if foreign or sites:
            named = printable(", ".join(origins) or f"Sec-Fetch-Site: {', '.join(sites)}")
            return ApiErrorResponse(
                403,
                "ForbiddenError",
                f"A web page of another origin sent this request ({named}). Only the emulator's own pages can use it.",
            )
        if _has_body(headers) and not all(map(_is_json, headers.getlist("content-type") or [""])):
            named = printable(headers.get("content-type", "missing"))
            return ApiErrorResponse(
                415,
                "UnsupportedMediaTypeError",
                f"The body is not declared as JSON (Content-Type: {named}). "
                "Send the header Content-Type: application/json.",
            )
        return None

    def _is_allowed(self, host_header: str) -> bool:
        host = _host_without_port(host_header)
        if not host:
            return False
        if host == "localhost" or host in self._allowed_hosts:
            return True
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False


def _host_without_port(header: str) -> str:
    """Return the host of a `Host` header in lower case; an empty text if the header is malformed."""
    text = header.strip().lower()
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        port = port.removeprefix(":") if port.startswith(":") or not port else "x"
        well_formed = bool(bracket)
    else:
        host, _colon, port = text.partition(":")
        well_formed = True
    return host.rstrip(".") if well_formed and (not port or (port.isascii() and port.isdigit())) else ""


def _origins_of(host_header: str) -> frozenset[str]:
    """Return the origins of the pages that the emulator serves under this name, itself or behind a TLS proxy."""
    host = host_header.strip().lower()
    return frozenset({f"http://{host}", f"https://{host}"})


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0").strip() != "0"


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
