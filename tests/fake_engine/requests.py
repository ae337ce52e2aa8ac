"""HTTP transport that records the requests of a test."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

PROJECT, REGION, OTHER_REGION = 11, 22, 23
LOCATION_PATH = f"/{PROJECT}/{REGION}"
REDACTED_PAYLOAD = "[payload]"

_MAX_REQUESTS = 5000


@dataclass(frozen=True)
class SentRequest:
    """A request, without `/cloud`, project and region in its path and without a secret's payload in its body."""

    method: str
    path: str
    body: Any = None


class RecordingTransport(httpx.BaseTransport):
    """Transport that sends requests over `network` and records them."""

    def __init__(self, network: httpx.BaseTransport) -> None:
        self.sent: list[SentRequest] = []
        self.network = network

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/cloud").replace(LOCATION_PATH, "", 1)
        content = request.read()
        body = json.loads(content) if content else None
        if isinstance(body, dict) and "payload" in body:
            body["payload"] = REDACTED_PAYLOAD
        self.sent.append(SentRequest(request.method, path, body))
        # The clock is fake, so an endless loop of requests never reaches a deadline. Stop it here.
        assert len(self.sent) < _MAX_REQUESTS
        return self.network.handle_request(request)
