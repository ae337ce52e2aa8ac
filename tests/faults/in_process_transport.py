"""Transport to the emulator without a network: requests go to its application on the thread that sends them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
from starlette.types import ASGIApp, Message


class InProcessTransport(httpx.BaseTransport):
    """Transport to an ASGI application, for one thread at a time.

    Args:
        application: The application.
    """

    def __init__(self, application: ASGIApp) -> None:
        """Create an event loop for the application."""
        self._application = application
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        """Close the event loop."""
        self._loop.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; raise the error of a dropped connection if there is no response."""
        response = self._loop.run_until_complete(self._exchange(request))
        if response is None:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        return response

    async def _exchange(self, request: httpx.Request) -> httpx.Response | None:
        url = request.url
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "server": (url.host, url.port or 80),
            "client": ("127.0.0.1", 1),
        }
        incoming: Iterator[Message] = iter([{"type": "http.request", "body": request.read(), "more_body": False}])
        head: Message | None = None
        body: list[bytes] = []

        async def receive() -> Message:
            return next(incoming, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                head = message
            else:
                body.append(message.get("body", b""))

        await self._application(scope, receive, send)
        if head is None:
            return None
        return httpx.Response(head["status"], headers=head["headers"], content=b"".join(body), request=request)
