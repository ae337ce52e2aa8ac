"""`MTLSLoadBalancer`: which children it declares, how they are wired, and what it says of contradictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pulumi
import pytest

from gcore_tls_components import CertificateArgs, MTLSLoadBalancer
from gcore_tls_components.load_balancer import DEFAULT_HEALTH_MONITOR
from gcore_tls_provider import CertificateAuthority, ClientCertificate, ListenerCertificate, RevocationList
from tests.resources.declared import GCORE, PROJECT, STACK, Declared, Program, run

PEM = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n"
CRL = "-----BEGIN X509 CRL-----\nYWJj\n-----END X509 CRL-----\n"
BALANCER, LISTENER = "0a000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"
PORT_ID = "0c000000-0000-4000-8000-000000000003"
TYPE = "gcore-tls:components:MTLSLoadBalancer"
URN = f"urn:pulumi:{STACK}::{PROJECT}::{TYPE}::web"

PAIR: CertificateArgs = {"certificate": PEM, "private_key": KEY}
SMALLEST: dict[str, Any] = {
    "ca": PEM,
    "client_certificate": {"pkcs12": b"\x30\x82", "pkcs12_password": "secret"},
    "members": [{"address": "10.0.0.11", "protocol_port": 8443}],
    "listener_certificate": PAIR,
}


def web(**arguments: Any) -> Program:
    """A program with one component of the smallest arguments but for these; None takes one away."""
    given = {key: value for key, value in {**SMALLEST, **arguments}.items() if value is not None}
    return run(lambda: MTLSLoadBalancer("web", **given).urn)


def children(program: Program) -> dict[str, Declared]:
    return {name: each for name, each in program.declared.items() if name != "web"}


class TestTheSmallest:
    def test_its_children(self) -> None:
        made = children(web())
        assert {name: each.type.removeprefix(GCORE) for name, each in made.items()} == {
            "web-load-balancer": "LoadBalancer",
            "web-ca": "CertificateAuthority",
            "web-client-certificate": "ClientCertificate",
            "web-listener-certificate": "ListenerCertificate",
            "web-listener": "Listener",
            "web-pool": "Pool",
        }

    def test_their_parent(self) -> None:
        for name, each in children(web()).items():
            assert each.parent == URN
            assert each.urn == f"urn:pulumi:{STACK}::{PROJECT}::{TYPE}${each.type}::{name}"
            assert each.context["urn"] == each.urn
            assert not each.is_read

    def test_how_they_are_wired(self) -> None:
        made = children(web())
        assert made["web-load-balancer"].inputs == {}
        assert made["web-listener"].inputs == {
            "load_balancer_id": "web-load-balancer-id",
            "protocol": "TERMINATED_HTTPS",
            "secret_id": "web-listener-certificate-id",
        }
        assert made["web-pool"].inputs == {
            "load_balancer_id": "web-load-balancer-id",
            "listener_id": "web-listener-id",
            "protocol": "HTTPS",
            "members": [{"address": "10.0.0.11", "protocol_port": 8443}],
            "ca_secret_id": "web-ca-id",
            "secret_id": "web-client-certificate-id",
            "health_monitor": DEFAULT_HEALTH_MONITOR,
        }

    def test_the_default_health_monitor_is_a_handshake(self) -> None:
        """Of type HTTPS it would switch the verification of backends off."""
        assert DEFAULT_HEALTH_MONITOR["type"] == "TCP"

    def test_it_has_no_inputs(self) -> None:
        """They would be saved with the component, keys included."""
        request: Any = web().declared["web"].request
        assert request.type == TYPE
        assert not request.custom
        assert request.object.fields == {}

    def test_material_is_secret(self) -> None:
        made = children(web(crl=CRL))
        assert {name: each.secret for name, each in made.items() if each.secret} == {
            "web-ca": {"certificate"},
            "web-client-certificate": {"pkcs12", "pkcs12_password"},
            "web-listener-certificate": {"certificate", "private_key"},
            "web-crl": {"revocation_list", "ca"},
        }

    def test_no_key_is_in_what_it_registers(self) -> None:
        program = web(crl=CRL)
        assert "PRIVATE KEY" not in repr(program.outputs)
        assert "BEGIN" not in repr(program.outputs)


class TestTheWhole:
    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "crl": CRL,
        "sni_certificates": {"shop": PAIR, "blog": {"pkcs12": b"\x30\x82"}},
        "health_monitor": {"type": "HTTP", "delay": 5, "timeout": 3, "max_retries": 2},
        "lb_algorithm": "LEAST_CONNECTIONS",
        "session_persistence": {"type": "SOURCE_IP"},
        "timeout_member_connect": 1,
        "timeout_member_data": 2,
        "protocol_port": 8443,
        "connection_limit": 3,
        "insert_x_forwarded": True,
        "allowed_cidrs": ["10.0.0.0/8"],
        "timeout_client_data": 4,
        "flavor": "lb1-2-4",
        "vip_network_id": BALANCER,
        "vip_subnet_id": LISTENER,
        "vip_port_id": PORT_ID,
        "vip_ip_family": "dual",
        "floating_ip": {"source": "new"},
        "preferred_connectivity": "L3",
        "logging": {"enabled": True, "topic_name": "logs"},
        "tags": {"owner": "me"},
        "admin_state_up": False,
        "user_list": [{"username": "ann", "encrypted_password": "hash"}],
    }

    def test_every_argument_gets_somewhere(self) -> None:
        made = children(web(**self.ARGUMENTS))
        assert made["web-load-balancer"].inputs == {
            "flavor": "lb1-2-4",
            "vip_network_id": BALANCER,
            "vip_subnet_id": LISTENER,
            "vip_port_id": PORT_ID,
            "vip_ip_family": "dual",
            "floating_ip": {"source": "new"},
            "preferred_connectivity": "L3",
            "logging": {"enabled": True, "topic_name": "logs"},
            "tags": {"owner": "me"},
            "admin_state_up": False,
        }
        assert made["web-listener"].inputs == {
            "load_balancer_id": "web-load-balancer-id",
            "protocol": "TERMINATED_HTTPS",
            "protocol_port": 8443,
            "secret_id": "web-listener-certificate-id",
            "sni_secret_id": ["web-sni-shop-id", "web-sni-blog-id"],
            "connection_limit": 3,
            "insert_x_forwarded": True,
            "allowed_cidrs": ["10.0.0.0/8"],
            "timeout_client_data": 4,
            "user_list": [{"username": "ann", "encrypted_password": "hash"}],
        }
        assert "user_list" in made["web-listener"].secret
        pool = made["web-pool"].inputs
        assert pool["crl_secret_id"] == "web-crl-id"
        assert pool["health_monitor"] == self.ARGUMENTS["health_monitor"]
        assert pool["lb_algorithm"] == "LEAST_CONNECTIONS"
        assert pool["session_persistence"] == {"type": "SOURCE_IP"}
        assert (pool["timeout_member_connect"], pool["timeout_member_data"]) == (1, 2)
        assert made["web-crl"].inputs == {"revocation_list": CRL, "ca": PEM}

    def test_its_outputs(self) -> None:
        outputs = web(**self.ARGUMENTS).outputs[URN]
        assert outputs.keys() == {"load_balancer_id", "listener_id", "pool_id", "vip_address", "certificates"}
        assert outputs["load_balancer_id"] == "web-load-balancer-id"
        assert outputs["listener_id"] == "web-listener-id"
        assert outputs["pool_id"] == "web-pool-id"
        assert outputs["vip_address"] == "192.0.2.1"

    def test_its_certificates_by_role(self) -> None:
        certificates = web(**self.ARGUMENTS).outputs[URN]["certificates"]
        roles = {"listener": "listener-certificate", "sni-shop": "sni-shop", "sni-blog": "sni-blog"}
        roles |= {"client": "client-certificate", "ca": "ca", "crl": "crl"}
        assert certificates.keys() == roles.keys()
        facts = {"secret_id", "subject", "issuer", "dns_names", "not_before", "not_after", "fingerprint_sha256"}
        of_lists = {"secret_id", "issuer", "this_update", "next_update", "revoked_count", "fingerprint_sha256"}
        for role, child in roles.items():
            described = certificates[role]
            assert described.keys() == (of_lists if role == "crl" else facts)
            assert described["secret_id"] == f"web-{child}-id"
            assert described["fingerprint_sha256"] == f"web-{child}-fingerprint"
            assert role == "crl" or described["subject"] == f"CN=web-{child}"

    def test_its_certificates_without_options(self) -> None:
        assert web().outputs[URN]["certificates"].keys() == {"listener", "client", "ca"}


def test_its_parts_are_attributes() -> None:
    parts: dict[str, Any] = {}

    def write() -> dict[str, pulumi.Output[Any]]:
        made = MTLSLoadBalancer("web", **SMALLEST, crl=CRL, sni_certificates={"shop": PAIR})
        assert made.listener is not None
        assert made.listener_certificate is not None
        assert made.crl is not None
        parts["sni"] = list(made.sni_certificates)
        return {
            "balancer": made.load_balancer.id,
            "listener": made.listener.id,
            "pool": made.pool.id,
            "ca": made.ca.subject,
            "client": made.client_certificate.subject,
            "crl": made.crl.next_update,
            "server": made.listener_certificate.subject,
            "sni": made.sni_certificates["shop"].id,
            "vip": made.vip_address,
            "role": made.certificates["ca"],
        }

    value = run(write).value
    assert parts["sni"] == ["shop"]
    assert value["balancer"] == "web-load-balancer-id"
    assert value["ca"] == "CN=web-ca"
    assert value["crl"] == "2026-02-01T00:00:00Z"
    assert value["sni"] == "web-sni-shop-id"
    assert value["vip"] == "192.0.2.1"
    assert value["role"]["subject"] == "CN=web-ca"


def test_no_health_monitor() -> None:
    assert "health_monitor" not in children(web(health_monitor=False))["web-pool"].inputs


def test_sni_alone() -> None:
    made = children(web(listener_certificate=None, sni_certificates={"shop": PAIR}))
    assert made["web-listener"].inputs["sni_secret_id"] == ["web-sni-shop-id"]
    assert "secret_id" not in made["web-listener"].inputs


def test_certificates_of_the_programs_own() -> None:
    """They are shared by several load balancers, and stay where they are."""

    def write() -> None:
        authority = CertificateAuthority("ours", certificate=PEM)
        for name in ("one", "two"):
            MTLSLoadBalancer(
                name,
                ca=authority,
                client_certificate=ClientCertificate(f"{name}-own-client", certificate=PEM, private_key=KEY),
                listener_certificate=ListenerCertificate(f"{name}-own-server", certificate=PEM, private_key=KEY),
                crl=RevocationList(f"{name}-own-crl", revocation_list=CRL),
                members=[],
            )

    made = run(write).declared
    assert made["ours"].urn == f"urn:pulumi:{STACK}::{PROJECT}::{GCORE}CertificateAuthority::ours"
    for name in ("one", "two"):
        pool = made[f"{name}-pool"].inputs
        assert pool["ca_secret_id"] == "ours-id"
        assert pool["secret_id"] == f"{name}-own-client-id"
        assert pool["crl_secret_id"] == f"{name}-own-crl-id"
        assert made[f"{name}-listener"].inputs["secret_id"] == f"{name}-own-server-id"
        assert not {f"{name}-ca", f"{name}-crl", f"{name}-client-certificate"} & made.keys()


class TestOnWhatExists:
    """The guide's way: a load balancer that was made elsewhere gets the pool."""

    def test_a_load_balancer(self) -> None:
        made = children(web(load_balancer_id=BALANCER))
        balancer = made["web-load-balancer"]
        assert balancer.is_read
        assert balancer.read_id == BALANCER
        assert balancer.inputs == {}
        assert balancer.parent == URN
        assert made["web-listener"].inputs["load_balancer_id"] == BALANCER
        assert made["web-pool"].inputs["load_balancer_id"] == BALANCER

    def test_a_listener(self) -> None:
        program = web(load_balancer_id=BALANCER, listener_id=LISTENER, listener_certificate=None)
        made = children(program)
        assert set(made) == {"web-load-balancer", "web-ca", "web-client-certificate", "web-pool"}
        assert made["web-pool"].inputs["listener_id"] == LISTENER
        assert program.outputs[URN]["certificates"].keys() == {"client", "ca"}
        assert program.outputs[URN]["listener_id"] == LISTENER

    def test_its_id_may_be_an_output(self) -> None:
        made = children(web(load_balancer_id=pulumi.Output.from_input(BALANCER)))
        assert made["web-load-balancer"].read_id == BALANCER


OF_BALANCER: dict[str, Any] = {
    "flavor": "x",
    "vip_network_id": BALANCER,
    "vip_subnet_id": BALANCER,
    "vip_port_id": BALANCER,
    "vip_ip_family": "dual",
    "floating_ip": {"source": "new"},
    "preferred_connectivity": "L2",
    "logging": {"enabled": False},
    "tags": {},
    "admin_state_up": True,
}
OF_LISTENER: dict[str, Any] = {
    "listener_certificate": PAIR,
    "sni_certificates": {},
    "protocol_port": 1,
    "connection_limit": 1,
    "insert_x_forwarded": False,
    "allowed_cidrs": [],
    "timeout_client_data": 0,
    "user_list": [],
    "client_authentication": False,
}


def refused(write: Callable[[], object]) -> str:
    with pytest.raises(pulumi.RunError) as caught:
        write()
    message = str(caught.value)
    assert message.startswith("MTLSLoadBalancer 'web': ")
    assert "\n" not in message
    return message


class TestContradictions:
    @pytest.mark.parametrize("argument", OF_BALANCER)
    def test_of_a_load_balancer_that_exists(self, argument: str) -> None:
        message = refused(lambda: web(load_balancer_id=BALANCER, **{argument: OF_BALANCER[argument]}))
        assert f"{argument} can't go with load_balancer_id" in message
        assert f"Remove {argument}, or load_balancer_id." in message

    @pytest.mark.parametrize("argument", OF_LISTENER)
    def test_of_a_listener_that_exists(self, argument: str) -> None:
        existing = {"load_balancer_id": BALANCER, "listener_id": LISTENER, "listener_certificate": None}
        message = refused(lambda: web(**{**existing, argument: OF_LISTENER[argument]}))
        assert f"{argument} can't go with listener_id" in message

    def test_several_at_once(self) -> None:
        message = refused(lambda: web(load_balancer_id=BALANCER, flavor="x", tags={"a": "1"}))
        assert "flavor, tags can't go with load_balancer_id" in message

    def test_a_listener_without_its_load_balancer(self) -> None:
        message = refused(lambda: web(listener_id=LISTENER, listener_certificate=None))
        assert "listener_id needs load_balancer_id" in message
