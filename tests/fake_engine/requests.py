"""The network of a test, with a record of what went over it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

PROJECT, REGION, OTHER_REGION = 11, 22, 23
SCOPE = f"/{PROJECT}/{REGION}"
HIDDEN = "[payload]"

_WITHOUT_END = 5000


@dataclass(frozen=True)
class Sent:
    """A request: its path is without `/cloud` and without project and region, its body without a secret's payload."""

    method: str
    path: str
    body: Any = None


class RecordingTransport(httpx.BaseTransport):
    """The network, with a record of what went over it."""

    def __init__(self, network: httpx.BaseTransport) -> None:
        self.sent: list[Sent] = []
        self.network = network

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/cloud").replace(SCOPE, "", 1)
        content = request.read()
        body = json.loads(content) if content else None
        if isinstance(body, dict) and "payload" in body:
            body["payload"] = HIDDEN
        self.sent.append(Sent(request.method, path, body))
        # Time is no limit where nobody really sleeps: what asks without end is stopped here.
        assert len(self.sent) < _WITHOUT_END
        return self.network.handle_request(request)
