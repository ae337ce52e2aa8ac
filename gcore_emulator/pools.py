"""Pools as requests create and update them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import uuid4

from gcore_emulator.account import Listener, Pool
from gcore_emulator.behavior import Behavior
from gcore_emulator.errors import invalid
from gcore_emulator.health_monitors import new_health_monitor, patched_health_monitor
from gcore_emulator.members import replaced_members
from gcore_emulator.plain_fields import plain_fields
from gcore_emulator.references import References
from gcore_tls_provider.api.wire.pools import NestedPoolCreate, PoolPatch

_CONVERTED = ("ca_secret_id", "crl_secret_id", "members", "secret_id", "session_persistence")
_CREATED = plain_fields(Pool, NestedPoolCreate, *_CONVERTED)
_PATCHED = plain_fields(Pool, PoolPatch, *_CONVERTED)


def new_pool(
    request: NestedPoolCreate,
    references: References,
    load_balancer_id: str,
    listener: Listener | None,
    now: datetime,
) -> Pool:
    """Return a new pool. Raise a 400 or 409 if its secrets, members or health monitor are invalid."""
    pool = Pool(
        id=str(uuid4()),
        location=references.location,
        created_at=now,
        load_balancer_id=load_balancer_id,
        listener_ids=() if listener is None else (listener.id,),
        ca_secret_id=request.ca_secret_id,
        crl_secret_id=request.crl_secret_id,
        secret_id=request.secret_id,
        members=replaced_members(request.members, (), now),
        health_monitor=None if request.healthmonitor is None else new_health_monitor(request.healthmonitor),
        session_persistence=request.session_persistence,
        **request.model_dump(include=_CREATED),
    )
    references.check_pool_secrets(pool)
    return _checked(pool)


def patched_pool(present: Pool, request: PoolPatch, references: References, now: datetime) -> Pool:
    """Return the pool after an update of the fields that the request contains: `present` itself if nothing changes."""
    behavior = references.behavior
    pool = replace(present, **request.model_dump(include=request.model_fields_set & _PATCHED))
    pool = replace(
        pool,
        ca_secret_id=_secret_id("ca_secret_id", request, present, behavior),
        crl_secret_id=_secret_id("crl_secret_id", request, present, behavior),
        secret_id=_secret_id("secret_id", request, present, behavior),
    )
    sent = request.model_fields_set
    if "session_persistence" in sent:
        pool = replace(pool, session_persistence=request.session_persistence)
    if request.members is not None:
        pool = replace(pool, members=replaced_members(request.members, present.members, now))
    if request.healthmonitor is not None:
        pool = replace(pool, health_monitor=patched_health_monitor(present.health_monitor, request.healthmonitor))
    elif "healthmonitor" in sent and behavior.null_health_monitor == "delete":
        pool = replace(pool, health_monitor=None)
    if pool == present:
        return present
    if pool.secret_ids != present.secret_ids:
        references.check_pool_secrets(pool)
    if pool.protocol != present.protocol:
        _check_protocol_change(pool, references)
    return _checked(pool)


def _secret_id(
    field: Literal["ca_secret_id", "crl_secret_id", "secret_id"],
    request: PoolPatch,
    present: Pool,
    behavior: Behavior,
) -> str | None:
    before: str | None = getattr(present, field)
    if field not in request.model_fields_set:
        return before
    requested: str | None = getattr(request, field)
    if requested is None and behavior.null_secret_id == "reject":
        raise invalid({field: "must not be null."})
    return before if requested is None and behavior.null_secret_id == "ignore" else requested


def _check_protocol_change(pool: Pool, references: References) -> None:
    if references.behavior.protocol_change == "reject":
        raise invalid({"protocol": "The protocol of a pool cannot be changed."})
    for listener_id in pool.listener_ids:
        references.check_protocols(references.listener(listener_id).protocol, pool.protocol)


def _checked(pool: Pool) -> Pool:
    persistence = pool.session_persistence
    if persistence is None:
        return pool
    if persistence.type == "APP_COOKIE" and persistence.cookie_name is None:
        raise invalid({"session_persistence": "cookie_name is required for APP_COOKIE."})
    if persistence.type == "SOURCE_IP" and persistence.cookie_name is not None:
        raise invalid({"session_persistence": "cookie_name is only allowed for cookies."})
    if pool.protocol != "UDP" and (
        persistence.persistence_timeout is not None or persistence.persistence_granularity is not None
    ):
        raise invalid(
            {"session_persistence": "persistence_timeout and persistence_granularity are only allowed for UDP."}
        )
    return pool
