"""Phases in the life of a load balancer with mutual TLS, and the program of each phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gcore_tls_provider.certificates import Identity
from tests.fake_engine.state import DeclaredResource, Program, ResourceRef
from tests.material import LoadBalancerPki, base64_of

PhaseName = Literal["up", "change", "rotate", "move", "swap", "refresh", "destroy"]


@dataclass(frozen=True)
class Phase:
    """A phase of the scenario.

    Attributes:
        name: Name of the phase.
        program: Program of the phase.
        command: Command that the user runs.
    """

    name: PhaseName
    program: Program
    command: Literal["up", "refresh", "destroy"] = "up"


MONITOR: Mapping[str, object] = {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3}


@dataclass(frozen=True)
class CertificateInputs:
    """Inputs of all certificate resources."""

    server: Mapping[str, object]
    sni: Mapping[str, object]
    client: Mapping[str, object]
    ca: str
    crl: str


PASSWORD = "canary-in-a-password"
"""Password of the client certificate's PKCS12 file."""


def pkcs12_inputs(identity: Identity) -> Mapping[str, object]:
    """Return the inputs of an identity in one PKCS12 file."""
    return {"pkcs12": base64_of(identity.to_pkcs12(PASSWORD)), "pkcs12_password": PASSWORD}


def certificates_before_and_after(material: LoadBalancerPki) -> tuple[CertificateInputs, CertificateInputs]:
    """Return the certificates before the rotation and after it."""
    ca, other = material.ca, material.other_ca
    old = CertificateInputs(
        material.pem(material.server),
        material.pem(material.sni),
        pkcs12_inputs(material.client),
        ca.certificate_pem,
        material.crl,
    )
    new = CertificateInputs(
        material.pem(ca.issue_server(["app.example", "www.app.example"])),
        material.pem(ca.issue_server(["second.example"])),
        pkcs12_inputs(ca.issue_client("load-balancer.example")),
        ca.certificate_pem + other.certificate_pem,
        material.crl + material.other_crl,
    )
    return old, new


def full_program(
    certificates: CertificateInputs,
    *,
    changed: bool = False,
    port: int = 443,
    forwarded: bool = False,
) -> Program:
    """Return a program with all resources of `MTLSLoadBalancer`.

    Args:
        certificates: Inputs of the certificates.
        changed: Give another value to each property that is updated in place.
        port: Port of the listener; another one replaces listener and pool.
        forwarded: Set `insert_x_forwarded`, which replaces the listener and deletes the old one first.
    """
    members = [{"address": "10.0.0.11", "protocol_port": 8443}, {"address": "10.0.0.12", "protocol_port": 8443}]
    monitor = MONITOR
    if changed:
        members = [members[1], {"address": "10.0.0.13", "protocol_port": 8443, "weight": 5}]
        monitor = {**MONITOR, "type": "HTTPS", "url_path": "/health"}
    return [
        DeclaredResource("ListenerCertificate", "server", certificates.server),
        DeclaredResource("ListenerCertificate", "sni", certificates.sni),
        DeclaredResource("CertificateAuthority", "ca", {"certificate": certificates.ca}),
        DeclaredResource("RevocationList", "crl", {"revocation_list": certificates.crl}),
        DeclaredResource("ClientCertificate", "client", certificates.client),
        DeclaredResource("LoadBalancer", "lb", {"tags": {"team": "b" if changed else "a"}, "flavor": "lb1-1-2"}),
        DeclaredResource(
            "Listener",
            "listener",
            {
                "load_balancer_id": ResourceRef("lb"),
                "secret_id": ResourceRef("server"),
                "sni_secret_id": [ResourceRef("sni")],
                "protocol_port": port,
                "connection_limit": 500 if changed else 1000,
                **({"insert_x_forwarded": True} if forwarded else {}),
            },
        ),
        DeclaredResource(
            "Pool",
            "pool",
            {
                "load_balancer_id": ResourceRef("lb"),
                "listener_id": ResourceRef("listener"),
                "ca_secret_id": ResourceRef("ca"),
                "crl_secret_id": ResourceRef("crl"),
                "secret_id": ResourceRef("client"),
                "members": members,
                "health_monitor": monitor,
                "lb_algorithm": "LEAST_CONNECTIONS" if changed else "ROUND_ROBIN",
            },
        ),
    ]


def all_phases(material: LoadBalancerPki) -> Sequence[Phase]:
    """Return all phases, in order."""
    old, new = certificates_before_and_after(material)
    last = full_program(new, changed=True, port=444, forwarded=True)
    return [
        Phase("up", full_program(old)),
        Phase("change", full_program(old, changed=True)),
        Phase("rotate", full_program(new, changed=True)),
        Phase("move", full_program(new, changed=True, port=444)),
        Phase("swap", last),
        Phase("refresh", last, "refresh"),
        Phase("destroy", last, "destroy"),
    ]
