"""Stored objects of the emulator for tests without the API."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from gcore_emulator.account import (
    EmulatedAccount,
    HealthMonitor,
    Listener,
    LoadBalancer,
    Member,
    Pool,
    ProjectRegion,
    Secret,
    Vip,
)

LOCATION = ProjectRegion(1, 1)
CREATED_AT = datetime(2026, 1, 1, tzinfo=timezone.utc)
COMMON: dict[str, Any] = {"location": LOCATION, "created_at": CREATED_AT}


def load_balancer(balancer_id: str = "lb", **fields: Any) -> LoadBalancer:
    vip = Vip(
        address="192.0.2.1",
        port_id="port",
        subnet_id="subnet",
        instance_addresses=("10.0.0.1", "10.0.0.2"),
        reserved=False,
        family="ipv4",
    )
    values = {"name": "web", "flavor": "lb1-1-2", "vip": vip, "floating_ip": None, "tags": {}, "logging": None}
    return LoadBalancer(id=balancer_id, **COMMON, preferred_connectivity="L2", **{**values, **fields})


def listener(listener_id: str = "listener", **fields: Any) -> Listener:
    values = {
        "name": "listener",
        "load_balancer_id": "lb",
        "protocol": "HTTP",
        "protocol_port": 80,
        "connection_limit": 100_000,
        "insert_x_forwarded": False,
        "secret_id": None,
        "sni_secret_ids": (),
        "allowed_cidrs": None,
        "timeout_client_data": None,
        "timeout_member_connect": None,
        "timeout_member_data": None,
        "user_list": (),
    }
    return Listener(id=listener_id, **COMMON, **{**values, **fields})


def pool(pool_id: str = "pool", **fields: Any) -> Pool:
    values = {
        "name": "pool",
        "load_balancer_id": "lb",
        "listener_ids": ("listener",),
        "protocol": "HTTP",
        "lb_algorithm": "ROUND_ROBIN",
        "ca_secret_id": None,
        "crl_secret_id": None,
        "secret_id": None,
        "members": (),
        "health_monitor": None,
        "session_persistence": None,
        "timeout_client_data": None,
        "timeout_member_connect": None,
        "timeout_member_data": None,
    }
    return Pool(id=pool_id, **COMMON, **{**values, **fields})


def member(member_id: str = "member", **fields: Any) -> Member:
    values = {
        "address": "10.0.0.5",
        "protocol_port": 8443,
        "weight": 1,
        "backup": False,
        "admin_state_up": True,
        "subnet_id": None,
        "monitor_address": None,
        "monitor_port": None,
    }
    return Member(id=member_id, created_at=CREATED_AT, **{**values, **fields})


def monitor(**fields: Any) -> HealthMonitor:
    values = {
        "type": "TCP",
        "delay": 10,
        "timeout": 5,
        "max_retries": 2,
        "max_retries_down": 3,
        "admin_state_up": True,
        "domain_name": None,
        "expected_codes": None,
        "http_method": None,
        "http_version": None,
        "url_path": None,
    }
    return HealthMonitor(id="monitor", **{**values, **fields})


def secret(secret_id: str, payload: str | bytes) -> Secret:
    blob = payload.encode() if isinstance(payload, str) else payload
    return Secret(id=secret_id, name=secret_id, **COMMON, payload=blob, secret_type="certificate", content_type="text")


def account(*objects: LoadBalancer | Listener | Pool | Secret) -> EmulatedAccount:
    found = EmulatedAccount()
    for one in objects:
        found.put(one)
    return found
