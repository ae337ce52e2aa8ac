"""Secrets as requests create them, and the objects that use a secret."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from gcore_emulator.account import EmulatedAccount, Listener, Pool, ProjectRegion, Secret, Stored
from gcore_emulator.behavior import Behavior
from gcore_emulator.errors import invalid
from gcore_emulator.octavia_checks import UnusableSecretError, from_base64, from_pem
from gcore_tls_provider.api.wire.secrets import SecretCreate, SecretCreateFromPem


def new_secret(request: SecretCreate, location: ProjectRegion, now: datetime) -> Secret:
    """Return a secret with one blob. Raise a 400 unless the payload is base64 and not empty."""
    if request.payload_content_type.split(";")[0].strip().lower() == "text/plain":
        raise invalid({"payload_content_type": "text/plain cannot be combined with payload_content_encoding base64."})
    try:
        payload = from_base64(request.payload.get_secret_value())
    except UnusableSecretError as error:
        raise invalid({"payload": str(error)}) from None
    return Secret(
        id=str(uuid4()),
        location=location,
        name=request.name,
        created_at=now,
        payload=payload,
        secret_type=request.secret_type,
        content_type=request.payload_content_type,
        algorithm=request.algorithm,
        bit_length=request.bit_length,
        mode=request.mode,
        expiration=request.expiration,
    )


def new_secret_from_pem(request: SecretCreateFromPem, location: ProjectRegion, now: datetime) -> Secret:
    """Return a secret built from PEM texts. Raise a 400 unless they are a certificate with its chain and key."""
    parts = request.payload
    try:
        payload = from_pem(
            parts.certificate.get_secret_value(),
            parts.certificate_chain.get_secret_value(),
            parts.private_key.get_secret_value(),
        )
    except UnusableSecretError as error:
        raise invalid({"payload": str(error)}) from None
    return Secret(
        id=str(uuid4()),
        location=location,
        name=request.name,
        created_at=now,
        payload=payload,
        secret_type="certificate",
        content_type="application/octet-stream",
        expiration=request.expiration,
    )


def secret_users(account: EmulatedAccount, pending: list[Stored], behavior: Behavior, secret_id: str) -> list[Stored]:
    """Return the listeners and pools that use a secret, or will use it when the tasks in progress are done."""
    users: list[Stored] = []
    for stored in (*account.listeners.values(), *account.pools.values(), *pending):
        if isinstance(stored, Listener):
            used = secret_id == stored.secret_id or secret_id in stored.sni_secret_ids
        else:
            counts = behavior.secret_users == "listeners-and-pools"
            used = counts and isinstance(stored, Pool) and secret_id in stored.secret_ids
        if used and stored.id not in {user.id for user in users}:
            users.append(stored)
    return users
