"""References to other resources: as resources, as IDs and as outputs."""

from __future__ import annotations

from typing import Any

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
)
from tests.resources.kinds import ID, KEY, PEM, PROGRAMS, only_resource
from tests.resources.program import run


def test_references_accept_resources_and_ids() -> None:
    def write() -> None:
        balancer = LoadBalancer("lb")
        one, two = (PROGRAMS["ListenerCertificate"](name, None) for name in ("one", "two"))
        assert isinstance(one, ListenerCertificate)
        assert isinstance(two, ListenerCertificate)
        listener = Listener("listener", load_balancer=balancer, certificate=one, sni_certificates=[two, ID])
        Pool(
            "pool",
            load_balancer=balancer,
            listener=listener,
            ca=CertificateAuthority("ca", certificate=PEM),
            client_certificate=ClientCertificate("client", certificate=PEM, private_key=KEY),
            crl=RevocationList("crl", revocation_list=PEM),
        )
        Pool("by-id", listener=ID, ca=ID, client_certificate=pulumi.Output.from_input(ID), crl=ID)

    resources = run(write).declared
    assert resources["listener"].inputs == {
        "load_balancer_id": "lb-id",
        "secret_id": "one-id",
        "sni_secret_id": ["two-id", ID],
    }
    assert resources["pool"].inputs == {
        "load_balancer_id": "lb-id",
        "listener_id": "listener-id",
        "ca_secret_id": "ca-id",
        "secret_id": "client-id",
        "crl_secret_id": "crl-id",
    }
    assert resources["by-id"].inputs == dict.fromkeys(("listener_id", "ca_secret_id", "secret_id", "crl_secret_id"), ID)


def test_members_and_health_monitors_can_contain_outputs() -> None:
    def write() -> None:
        address = pulumi.Output.from_input("10.0.0.1")
        Pool(
            "pool",
            load_balancer=ID,
            members=[{"address": address, "protocol_port": pulumi.Output.from_input(443)}],
            health_monitor={"type": "TCP", "delay": pulumi.Output.from_input(10), "timeout": 5, "max_retries": 3},
        )

    resource = only_resource(write)
    assert resource.inputs["members"] == [{"address": "10.0.0.1", "protocol_port": 443}]
    assert resource.inputs["health_monitor"]["delay"] == 10


def test_related_certificate_of_the_wrong_class_is_an_error() -> None:
    wrong: Any = [LoadBalancer]
    with pytest.raises(pulumi.RunError, match="related_certificates contains a type, but must contain"):
        run(lambda: Listener("it", load_balancer=ID, related_certificates=wrong))
