"""The same work with Gcore's SDK and its `create_and_poll` helpers.

The SDK has a method for a TLS certificate with its key, but none for a CA, a CRL or a client certificate. This module
creates all five secrets with that method. The pool refers to none of them, because it needs the other kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import gcore
from gcore.resources.cloud import CloudResource

from benchmarks.account import API_KEY, PROJECT, REGION, Account
from gcore_tls_provider.certificates import DevelopmentCa, Identity

SECRETS: Final = 5
"""Number of secrets of one complete load balancer."""


@contextmanager
def _cloud(account: Account, interval: int | None) -> Iterator[CloudResource]:
    with gcore.Gcore(
        api_key=API_KEY,
        base_url=account.url,
        cloud_project_id=PROJECT,
        cloud_region_id=REGION,
        polling_interval_seconds=interval,
    ) as client:
        yield client.cloud


def sequentially(account: Account, load_balancers: int, interval: int | None = None) -> None:
    """Create load balancers sequentially, as in the SDK's documentation.

    Args:
        account: The account.
        load_balancers: The number of load balancers.
        interval: The polling interval in seconds; None for the SDK's default.
    """
    identity = _identity()
    with _cloud(account, interval) as cloud:
        for number in range(load_balancers):
            secrets = [_secret(cloud, f"secret-{number}-{each}", identity) for each in range(SECRETS)]
            _listener_and_pool(cloud, number, _balancer(cloud, number), secrets[0])


def in_threads(account: Account, load_balancers: int, interval: int | None = None, threads: int = 64) -> None:
    """Create secrets and load balancers in a thread pool, then the listeners and pools."""
    identity = _identity()
    with _cloud(account, interval) as cloud, ThreadPoolExecutor(threads) as pool:
        balancers = [pool.submit(_balancer, cloud, number) for number in range(load_balancers)]
        secrets = [
            [pool.submit(_secret, cloud, f"secret-{number}-{each}", identity) for each in range(SECRETS)]
            for number in range(load_balancers)
        ]
        created = [
            (balancer.result(), [each.result() for each in own])
            for balancer, own in zip(balancers, secrets, strict=True)
        ]
        rest = [
            pool.submit(_listener_and_pool, cloud, number, *(one, own[0])) for number, (one, own) in enumerate(created)
        ]
        for each in rest:
            each.result()


def _identity() -> Identity:
    return DevelopmentCa.create("Benchmark CA").issue_server(["app.example"])


def _secret(cloud: CloudResource, name: str, identity: Identity) -> str:
    return cloud.secrets.upload_tls_certificate_and_poll(
        name=name,
        payload={
            "certificate": identity.certificate_pem,
            "private_key": identity.private_key_pem,
            "certificate_chain": identity.chain_pem or identity.certificate_pem,
        },
    ).id


def _balancer(cloud: CloudResource, number: int) -> str:
    return cloud.load_balancers.create_and_poll(name=f"web-{number}").id


def _listener_and_pool(cloud: CloudResource, number: int, balancer: str, secret: str) -> None:
    listener = cloud.load_balancers.listeners.create_and_poll(
        load_balancer_id=balancer,
        name=f"web-{number}",
        protocol="TERMINATED_HTTPS",
        protocol_port=443,
        secret_id=secret,  # type: ignore[arg-type]  # the SDK types it as "" only, but sends any text
    )
    cloud.load_balancers.pools.create_and_poll(
        listener_id=listener.id,
        name=f"web-{number}",
        protocol="HTTP",
        lb_algorithm="ROUND_ROBIN",
        members=[{"address": "10.0.0.11", "protocol_port": 8443}],
    )
