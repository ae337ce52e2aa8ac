"""Listeners as requests create and update them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address, ip_network
from uuid import uuid4

from gcore_emulator.account import BasicAuthUser, Listener, Vip
from gcore_emulator.errors import conflict, invalid
from gcore_emulator.plain_fields import plain_fields
from gcore_emulator.references import References
from gcore_tls_provider.api.wire.listeners import BasicAuthUser as WireUser
from gcore_tls_provider.api.wire.listeners import ListenerFields, ListenerPatch

DEFAULT_CONNECTION_LIMIT = 100_000
"""Maximum of concurrent connections if the request sets none, or -1."""

_CONVERTED = ("allowed_cidrs", "connection_limit", "secret_id", "user_list")
_CREATED = plain_fields(Listener, ListenerFields, *_CONVERTED)
_PATCHED = plain_fields(Listener, ListenerPatch, *_CONVERTED)


def new_listener(
    request: ListenerFields,
    references: References,
    load_balancer_id: str,
    vip: Vip,
    present: Iterable[Listener],
    now: datetime,
) -> Listener:
    """Return a new listener. Raise a 409 if its port is in use, or a 400 if its certificates cannot be used."""
    listener = Listener(
        id=str(uuid4()),
        location=references.location,
        created_at=now,
        load_balancer_id=load_balancer_id,
        connection_limit=_limit(request.connection_limit),
        secret_id=request.secret_id or None,
        sni_secret_ids=tuple(request.sni_secret_id),
        allowed_cidrs=_networks(request.allowed_cidrs),
        user_list=_users(request.user_list),
        **request.model_dump(include=_CREATED),
    )
    for other in present:
        if other.protocol_port == listener.protocol_port and (other.protocol == "UDP") == (listener.protocol == "UDP"):
            raise conflict(
                f"Another Listener on this Load Balancer is already using protocol_port {listener.protocol_port}"
            )
    references.check_listener_secrets(listener)
    _check_networks(listener, vip)
    return listener


def patched_listener(present: Listener, request: ListenerPatch, references: References, vip: Vip) -> Listener:
    """Return the listener after an update of the fields that the request contains."""
    sent = request.model_fields_set
    listener = replace(present, **request.model_dump(include=sent & _PATCHED))
    if request.connection_limit is not None:
        listener = replace(listener, connection_limit=_limit(request.connection_limit))
    if "allowed_cidrs" in sent:
        listener = replace(listener, allowed_cidrs=_networks(request.allowed_cidrs))
        _check_networks(listener, vip)
    if "user_list" in sent:
        listener = replace(listener, user_list=_users(request.user_list or []))
    if sent & {"secret_id", "sni_secret_id"}:
        if "secret_id" in sent:
            listener = replace(listener, secret_id=request.secret_id)
        if "sni_secret_id" in sent:
            listener = replace(listener, sni_secret_ids=tuple(request.sni_secret_id or ()))
        references.check_listener_secrets(listener)
    return listener


def _limit(connection_limit: int) -> int:
    return DEFAULT_CONNECTION_LIMIT if connection_limit == -1 else connection_limit


def _networks(allowed: list[str] | None) -> tuple[str, ...] | None:
    return None if allowed is None else tuple(allowed)


def _users(users: Iterable[WireUser]) -> tuple[BasicAuthUser, ...]:
    return tuple(
        BasicAuthUser(username=user.username, encrypted_password=user.encrypted_password.get_secret_value())
        for user in users
    )


def _check_networks(listener: Listener, vip: Vip) -> None:
    families = {ip_address(address).version for address in (vip.address, vip.additional_address) if address}
    if any(ip_network(network).version not in families for network in listener.allowed_cidrs or ()):
        raise invalid({"allowed_cidrs": "A network has a different address family than the load balancer's VIP."})
