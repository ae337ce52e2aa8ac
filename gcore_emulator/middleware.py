"""Middleware in front of the API: request log, rate limit, and fault injection.

Only the refusal of web pages is in front of it, so that it can also withhold a response and close the connection.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from re import Pattern
from typing import Any, TypeAlias
from uuid import uuid4

import httpx
from fastapi.routing import APIRoute
from pydantic import JsonValue
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gcore_emulator.account import LoadBalancer, RequestSummary
from gcore_emulator.emulator import Emulator
from gcore_emulator.errors import http_response
from gcore_emulator.faults import Delay, Drop, FailTask, HangTask, Lock, Respond, RuleCount
from gcore_emulator.printable import printable
from gcore_emulator.replay import replay_queued
from gcore_emulator.task_engine import CapturedRequest, InjectedOutcome
from gcore_emulator.traffic import RecordedRequest

LOG = logging.getLogger("gcore_emulator")

_API = "/cloud/"
_Path: TypeAlias = "tuple[str, str, Pattern[str]]"


@dataclass
class _IncomingRequest:
    """Request with its whole body, and the outcome that fault rules have chosen for its tasks."""

    method: str
    path: str
    route: str | None
    ids: Mapping[str, str]
    body: bytes
    authorization: str | None = field(repr=False)
    request_id: str = field(default_factory=lambda: str(uuid4()))
    outcome: InjectedOutcome = field(default_factory=InjectedOutcome)
    status: int | None = None

    @property
    def summary(self) -> RequestSummary:
        """Summary that is kept with the request's tasks."""
        return RequestSummary(self.request_id, self.method, printable(self.path))


class FaultInjectionMiddleware:
    """Layer of an emulator that can serve, delay, change or drop a response."""

    def __init__(self, app: ASGIApp, routes: Iterable[APIRoute], emulator: Emulator) -> None:
        """Wrap an application.

        Args:
            app: API, page and control routes.
            routes: The API's routes, in matching order.
            emulator: Emulator to serve.
        """
        self._app = app
        self._emulator = emulator
        self._paths: list[_Path] = [
            (method, route.path, compile_path(route.path)[0])
            for route in routes
            for method in sorted(route.methods or ())
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await replay_queued(self._emulator, self._app)
        if scope["type"] != "http" or not scope["path"].startswith(_API):
            if scope["type"] == "http":
                self._emulator.task_engine.advance_to_now()
            await self._app(scope, receive, self._saving_state(send))
            return
        request = await self._read_request(scope, receive)
        # A reset replaces this list, so a request that is still running then is not counted after it.
        recorded = self._emulator.requests
        try:
            response = await self._choose_response(request, scope, receive)
            if response is None:
                self._emulator.save()
                await _drop(send)
            else:
                await response(scope, receive, _recording_status(request, self._saving_state(send)))
        finally:
            now = self._emulator.clock.now()
            path = request.summary.path
            recorded.append(RecordedRequest(now, request.method, request.route, path, request.status))
            LOG.info("%s %s %s", request.method, path, request.status or "dropped")

    async def _choose_response(self, request: _IncomingRequest, scope: Scope, receive: Receive) -> ASGIApp | None:
        """Apply the fault rules, and return the application that responds. None: the connection closes."""
        after_api: list[tuple[RuleCount, Respond | Drop]] = []
        task_rules: list[RuleCount] = []
        for count in self._emulator.faults.count_request(request.method, request.route):
            rule = count.rule
            if isinstance(rule, Lock):
                self._emulator.task_engine.advance_to_now()
                balancer = self._load_balancer_to_lock(rule, request)
                count.fired += balancer is not None and self._emulator.task_engine.lock(
                    balancer, request.summary, rule.seconds
                )
            elif isinstance(rule, FailTask):
                request.outcome = InjectedOutcome(failure=rule.error, hang=request.outcome.hang)
                task_rules.append(count)
            elif isinstance(rule, HangTask):
                request.outcome = InjectedOutcome(failure=request.outcome.failure, hang=True)
                task_rules.append(count)
            elif isinstance(rule, Delay):
                count.fired += 1
                await asyncio.sleep(rule.seconds)
            elif (isinstance(rule, Respond) and rule.after) or rule.action == "drop_after":
                after_api.append((count, rule))
            else:
                count.fired += 1
                return _response_of_rule(rule)
        self._emulator.task_engine.advance_to_now()
        error = self._emulator.rate_limiter.check(self._emulator.clock.now())
        if error is not None:
            return http_response(error, request.request_id)
        api = self._call_api(request, task_rules)
        if not after_api:
            return api
        await api(scope, receive, _discard)
        count, instead = after_api[0]
        count.fired += 1
        return _response_of_rule(instead)

    def _saving_state(self, send: Send) -> Send:
        """Return a `send` that saves the state before the response goes out, so that no accepted change is lost."""

        async def saving(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._emulator.save()
            await send(message)

        return saving

    def _call_api(self, request: _IncomingRequest, task_rules: list[RuleCount]) -> ASGIApp:
        """Return the API for one request. `task_rules` are the rules that fire if the request creates a task."""
        emulator = self._emulator

        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            async def checking(message: Message) -> None:
                if message["type"] == "http.response.start":
                    for count in task_rules:
                        count.fired += emulator.task_engine.has_task_for(request.summary)
                    key, status = emulator.settings.api_key, message["status"]
                    emulator.auditor.check_response(request.summary, request.authorization, key, status)
                await send(message)

            captured = CapturedRequest(scope["query_string"].decode(), request.body.decode(errors="replace"))
            scope.setdefault("state", {}).update(summary=request.summary, outcome=request.outcome, captured=captured)
            await self._app(scope, _receive_again(request.body, receive), checking)

        return call

    async def _read_request(self, scope: Scope, receive: Receive) -> _IncomingRequest:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        method, path, authorization = scope["method"], scope["path"], Headers(scope=scope).get("authorization")
        for known, template, pattern in self._paths:
            match = pattern.match(path)
            if match and known == method:
                return _IncomingRequest(method, path, template, match.groupdict(), body, authorization)
        return _IncomingRequest(method, path, None, {}, body, authorization)

    def _load_balancer_to_lock(self, rule: Lock, request: _IncomingRequest) -> LoadBalancer | None:
        account = self._emulator.account
        ids = {**_ids_in(request.body), **request.ids}
        balancer_id = rule.load_balancer_id or ids.get("load_balancer_id")
        if balancer_id is None and "listener_id" in ids:
            listener = account.listeners.get(ids["listener_id"])
            balancer_id = None if listener is None else listener.load_balancer_id
        if balancer_id is None and "pool_id" in ids:
            pool = account.pools.get(ids["pool_id"])
            balancer_id = None if pool is None else pool.load_balancer_id
        return None if balancer_id is None else account.load_balancers.get(balancer_id)


def _response_of_rule(rule: Respond | Drop) -> Response | None:
    """Return the response of a rule, or None if the rule drops the connection."""
    if isinstance(rule, Drop):
        return None
    headers = dict(rule.headers)
    if isinstance(rule.body, str):
        return PlainTextResponse(rule.body, rule.status, headers)
    return Response(None, rule.status, headers) if rule.body is None else JSONResponse(rule.body, rule.status, headers)


def _ids_in(body: bytes) -> dict[str, str]:
    try:
        content: JsonValue = json.loads(body or b"{}")
    except ValueError:
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: value for name, value in content.items() if name.endswith("_id") and isinstance(value, str)}


def _receive_again(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_body() -> Message:
        return messages.pop() if messages else await receive()

    return receive_body


def _recording_status(request: _IncomingRequest, send: Send) -> Send:
    async def recording(message: Message) -> None:
        if message["type"] == "http.response.start":
            request.status = message["status"]
        await send(message)

    return recording


async def _discard(_message: MutableMapping[str, Any]) -> None:
    return None


async def _drop(send: Send) -> None:
    """Close the connection without a response.

    On a server, `send` is a method of the exchange that owns the transport. An in-process client has no transport:
    raise the error that a client gets when a server closes the connection.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
    transport.abort()
    # The server notices the loss in the event loop's next iteration; before that it would send a response of its own.
    await asyncio.sleep(0)
