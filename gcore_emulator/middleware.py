"""What every request passes before the API sees it: counting, rate limit, faults, one line in the log.

It is the outermost layer, so that it can also withhold an answer and close the connection.
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

from gcore_emulator.account import Asked, LoadBalancer
from gcore_emulator.emulator import Emulator
from gcore_emulator.error_responses import refusal
from gcore_emulator.faults import Answer, Delay, Drop, FailTask, HangTask, Lock, RuleCount
from gcore_emulator.replay import hear_again
from gcore_emulator.task_engine import Fate, Heard
from gcore_emulator.traffic import Recorded

LOG = logging.getLogger("gcore_emulator")

_API = "/cloud/"
_Path: TypeAlias = "tuple[str, str, Pattern[str]]"


@dataclass
class _Arrived:
    """A request with its whole body, and what the faults have decided about it."""

    method: str
    path: str
    route: str | None
    ids: Mapping[str, str]
    body: bytes
    authorization: str | None = field(repr=False)
    request_id: str = field(default_factory=lambda: str(uuid4()))
    fate: Fate = field(default_factory=Fate)
    status: int | None = None

    @property
    def asked(self) -> Asked:
        """What is remembered of it with the work that it asks for."""
        return Asked(self.request_id, self.method, self.path)


class Doorway:
    """The outermost layer of an emulator."""

    def __init__(self, app: ASGIApp, routes: Iterable[APIRoute], emulator: Emulator) -> None:
        """Stands before `app`. `routes` are the API's, in the order in which they are tried."""
        self._app = app
        self._emulator = emulator
        self._paths: list[_Path] = [
            (method, route.path, compile_path(route.path)[0])
            for route in routes
            for method in sorted(route.methods or ())
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection's next request."""
        await hear_again(self._emulator, self._app)
        if scope["type"] != "http" or not scope["path"].startswith(_API):
            if scope["type"] == "http":
                self._emulator.work.settle()
            await self._app(scope, receive, self._saving(send))
            return
        arrived = await self._arrive(scope, receive)
        # A call that outlives a reset isn't counted after it.
        calls = self._emulator.calls
        try:
            answer = await self._answer(arrived, scope, receive)
            if answer is None:
                self._emulator.save()
                await _drop(send)
            else:
                await answer(scope, receive, _noting_status(arrived, self._saving(send)))
        finally:
            now = self._emulator.clock.now()
            calls.append(Recorded(now, arrived.method, arrived.route, arrived.path, arrived.status))
            LOG.info("%s %s %s", arrived.method, arrived.path, arrived.status or "dropped")

    async def _answer(self, arrived: _Arrived, scope: Scope, receive: Receive) -> ASGIApp | None:
        """What is to answer a request, after the faults that come before the answer. None: the connection closes."""
        late: list[tuple[RuleCount, Answer | Drop]] = []
        fateful: list[RuleCount] = []
        for count in self._emulator.faults.due(arrived.method, arrived.route):
            rule = count.rule
            if isinstance(rule, Lock):
                self._emulator.work.settle()
                balancer = self._balancer(rule, arrived)
                count.fired += balancer is not None and self._emulator.work.lock(balancer, arrived.asked, rule.seconds)
            elif isinstance(rule, FailTask):
                arrived.fate = Fate(failure=rule.error, hang=arrived.fate.hang)
                fateful.append(count)
            elif isinstance(rule, HangTask):
                arrived.fate = Fate(failure=arrived.fate.failure, hang=True)
                fateful.append(count)
            elif isinstance(rule, Delay):
                count.fired += 1
                await asyncio.sleep(rule.seconds)
            elif (isinstance(rule, Answer) and rule.after) or rule.action == "drop_after":
                late.append((count, rule))
            else:
                count.fired += 1
                return _instead(rule)
        self._emulator.work.settle()
        refused = self._emulator.throttle.refuse(self._emulator.clock.now())
        if refused is not None:
            return refusal(refused, arrived.request_id)
        work = self._working(arrived, fateful)
        if not late:
            return work
        await work(scope, receive, _nowhere)
        count, instead = late[0]
        count.fired += 1
        return _instead(instead)

    def _saving(self, send: Send) -> Send:
        """Saves what has changed before the answer goes out, so that nothing that was accepted is ever lost."""

        async def saving(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._emulator.save()
            await send(message)

        return saving

    def _working(self, arrived: _Arrived, fateful: list[RuleCount]) -> ASGIApp:
        """The API, for one request. `fateful` are the rules that decide what becomes of its task, if there is one."""
        emulator = self._emulator

        async def work(scope: Scope, receive: Receive, send: Send) -> None:
            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    for count in fateful:
                        count.fired += emulator.work.has_task_of(arrived.asked)
                    key, status = emulator.settings.api_key, message["status"]
                    emulator.auditor.answered(arrived.asked, arrived.authorization, key, status)
                await send(message)

            heard = Heard(scope["query_string"].decode(), arrived.body.decode(errors="replace"))
            scope.setdefault("state", {}).update(asked=arrived.asked, fate=arrived.fate, heard=heard)
            await self._app(scope, _replayed(arrived.body, receive), noting)

        return work

    async def _arrive(self, scope: Scope, receive: Receive) -> _Arrived:
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
                return _Arrived(method, path, template, match.groupdict(), body, authorization)
        return _Arrived(method, path, None, {}, body, authorization)

    def _balancer(self, rule: Lock, arrived: _Arrived) -> LoadBalancer | None:
        account = self._emulator.account
        ids = {**_ids_in(arrived.body), **arrived.ids}
        balancer_id = rule.load_balancer_id or ids.get("load_balancer_id")
        if balancer_id is None and "listener_id" in ids:
            listener = account.listeners.get(ids["listener_id"])
            balancer_id = None if listener is None else listener.load_balancer_id
        if balancer_id is None and "pool_id" in ids:
            pool = account.pools.get(ids["pool_id"])
            balancer_id = None if pool is None else pool.load_balancer_id
        return None if balancer_id is None else account.load_balancers.get(balancer_id)


def _instead(rule: Answer | Drop) -> Response | None:
    """The answer that a rule gives, or None if it gives none."""
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


def _replayed(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _noting_status(arrived: _Arrived, send: Send) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            arrived.status = message["status"]
        await send(message)

    return noting


async def _nowhere(_message: MutableMapping[str, Any]) -> None:
    return None


async def _drop(send: Send) -> None:
    """Closes the connection without an answer.

    On a server, `send` belongs to the exchange that knows its transport. Without one (an in-process client), the
    error is the one that a client sees when a server closes the connection.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
    transport.abort()
    # The server learns of the loss in the loop's next round; until then it would try to send an answer of its own.
    await asyncio.sleep(0)
