"""The life of a whole load balancer that speaks mutual TLS: what its program says, phase by phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gcore_tls_provider.certificates import Identity
from tests.fake_engine.state import Declared, Program, Ref
from tests.material import LoadBalancerPki, base64_of

PhaseName = Literal["up", "change", "rotate", "move", "swap", "refresh", "destroy"]


@dataclass(frozen=True)
class Phase:
    """A part of a life.

    Attributes:
        name: what it is called.
        program: what the program says from then on.
        command: what the user types.
    """

    name: PhaseName
    program: Program
    command: Literal["up", "refresh", "destroy"] = "up"


MONITOR: Mapping[str, object] = {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3}


@dataclass(frozen=True)
class Materials:
    """Certificates of one time, and those that follow them."""

    server: Mapping[str, object]
    sni: Mapping[str, object]
    client: Mapping[str, object]
    ca: str
    crl: str


PASSWORD = "canary-in-a-password"
"""Of the client certificate's PKCS12 file."""


def pkcs12(identity: Identity) -> Mapping[str, object]:
    """An identity as a program gives it in one file."""
    return {"pkcs12": base64_of(identity.to_pkcs12(PASSWORD)), "pkcs12_password": PASSWORD}


def materials(material: LoadBalancerPki) -> tuple[Materials, Materials]:
    """Those of before the rotation, and those of after it."""
    authority, other = material.ca, material.other_ca
    old = Materials(
        material.pem(material.server),
        material.pem(material.sni),
        pkcs12(material.client),
        authority.certificate_pem,
        material.crl,
    )
    new = Materials(
        material.pem(authority.issue_server(["app.example", "www.app.example"])),
        material.pem(authority.issue_server(["second.example"])),
        pkcs12(authority.issue_client("load-balancer.example")),
        authority.certificate_pem + other.certificate_pem,
        material.crl + material.other_crl,
    )
    return old, new


def program(
    given: Materials,
    *,
    changed: bool = False,
    port: int = 443,
    forwarded: bool = False,
) -> Program:
    """Everything that `MTLSLoadBalancer` makes.

    Args:
        given: the certificates.
        changed: with another value of whatever is changed in place.
        port: of the listener: another one replaces listener and pool.
        forwarded: what takes the listener's place can't be made before it is gone.
    """
    members = [{"address": "10.0.0.11", "protocol_port": 8443}, {"address": "10.0.0.12", "protocol_port": 8443}]
    monitor = MONITOR
    if changed:
        members = [members[1], {"address": "10.0.0.13", "protocol_port": 8443, "weight": 5}]
        monitor = {**MONITOR, "type": "HTTPS", "url_path": "/health"}
    return [
        Declared("ListenerCertificate", "server", given.server),
        Declared("ListenerCertificate", "sni", given.sni),
        Declared("CertificateAuthority", "ca", {"certificate": given.ca}),
        Declared("RevocationList", "crl", {"revocation_list": given.crl}),
        Declared("ClientCertificate", "client", given.client),
        Declared("LoadBalancer", "lb", {"tags": {"team": "b" if changed else "a"}, "flavor": "lb1-1-2"}),
        Declared(
            "Listener",
            "listener",
            {
                "load_balancer_id": Ref("lb"),
                "secret_id": Ref("server"),
                "sni_secret_id": [Ref("sni")],
                "protocol_port": port,
                "connection_limit": 500 if changed else 1000,
                **({"insert_x_forwarded": True} if forwarded else {}),
            },
        ),
        Declared(
            "Pool",
            "pool",
            {
                "load_balancer_id": Ref("lb"),
                "listener_id": Ref("listener"),
                "ca_secret_id": Ref("ca"),
                "crl_secret_id": Ref("crl"),
                "secret_id": Ref("client"),
                "members": members,
                "health_monitor": monitor,
                "lb_algorithm": "LEAST_CONNECTIONS" if changed else "ROUND_ROBIN",
            },
        ),
    ]


def life(material: LoadBalancerPki) -> Sequence[Phase]:
    """All phases, in order."""
    old, new = materials(material)
    last = program(new, changed=True, port=444, forwarded=True)
    return [
        Phase("up", program(old)),
        Phase("change", program(old, changed=True)),
        Phase("rotate", program(new, changed=True)),
        Phase("move", program(new, changed=True, port=444)),
        Phase("swap", last),
        Phase("refresh", last, "refresh"),
        Phase("destroy", last, "destroy"),
    ]
