"""Programs with one resource of each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pulumi
import pytest

from gcore_tls_provider import (
    CertificateAuthority,
    ClientCertificate,
    Listener,
    ListenerCertificate,
    LoadBalancer,
    Pool,
    RevocationList,
    Secret,
)
from gcore_tls_provider.resources.resource import GcoreResource
from tests.resources.program import DeclaredResource, run

PEM = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n"
ID = "0a000000-0000-4000-8000-000000000001"

Declare = Callable[[str, pulumi.ResourceOptions | None], GcoreResource]

PROGRAMS: Mapping[str, Declare] = {
    "Secret": lambda name, opts: Secret(name, payload="YWJj", opts=opts),
    "ListenerCertificate": lambda name, opts: ListenerCertificate(name, certificate=PEM, private_key=KEY, opts=opts),
    "ClientCertificate": lambda name, opts: ClientCertificate(name, certificate=PEM, private_key=KEY, opts=opts),
    "CertificateAuthority": lambda name, opts: CertificateAuthority(name, certificate=PEM, opts=opts),
    "RevocationList": lambda name, opts: RevocationList(name, revocation_list=PEM, opts=opts),
    "LoadBalancer": lambda name, opts: LoadBalancer(name, opts=opts),
    "Listener": lambda name, opts: Listener(name, load_balancer=ID, opts=opts),
    "Pool": lambda name, opts: Pool(name, load_balancer=ID, opts=opts),
}
"""Programs that declare each kind with its required arguments only."""

every_kind = pytest.mark.parametrize("kind", PROGRAMS)


def only_resource(write: Callable[[], object]) -> DeclaredResource:
    """Return the only resource of a program."""
    (only,) = run(write).declared.values()
    return only
