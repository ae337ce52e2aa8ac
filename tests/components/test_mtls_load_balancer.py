"""`MTLSLoadBalancer`: its children, their connections, its outputs, and errors for contradictory arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pulumi
import pytest

from gcore_tls_components import CertificateArgs, MTLSLoadBalancer
from gcore_tls_components.load_balancer import DEFAULT_HEALTH_MONITOR
from gcore_tls_provider import CertificateAuthority, ClientCertificate, ListenerCertificate, RevocationList
from tests.resources.program import GCORE, PROJECT, STACK, DeclaredResource, ProgramResult, run

PEM = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n"
CRL = "-----BEGIN X509 CRL-----\nYWJj\n-----END X509 CRL-----\n"
LOAD_BALANCER_ID, LISTENER_ID = "0a000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"
PORT_ID = "0c000000-0000-4000-8000-000000000003"
TYPE = "gcore-tls:components:MTLSLoadBalancer"
URN = f"urn:pulumi:{STACK}::{PROJECT}::{TYPE}::web"

PAIR: CertificateArgs = {"certificate": PEM, "private_key": KEY}
REQUIRED: dict[str, Any] = {
    "ca": PEM,
    "client_certificate": {"pkcs12": b"\x30\x82", "pkcs12_password": "secret"},
    "members": [{"address": "10.0.0.11", "protocol_port": 8443}],
    "listener_certificate": PAIR,
}


def run_component(**arguments: Any) -> ProgramResult:
    """Run a program with one component.

    Args:
        **arguments: Arguments in addition to the required ones, or instead of them; None removes a required argument.
    """
    given = {key: value for key, value in {**REQUIRED, **arguments}.items() if value is not None}
    return run(lambda: MTLSLoadBalancer("web", **given).urn)


def children(program: ProgramResult) -> dict[str, DeclaredResource]:
    """Return the resources that the component declares, by name."""
    return {name: each for name, each in program.declared.items() if name != "web"}


class TestRequiredArguments:
    def test_component_declares_one_child_of_each_required_kind(self) -> None:
        resources = children(run_component())
        assert {name: each.type.removeprefix(GCORE) for name, each in resources.items()} == {
            "web-load-balancer": "LoadBalancer",
            "web-ca": "CertificateAuthority",
            "web-client-certificate": "ClientCertificate",
            "web-listener-certificate": "ListenerCertificate",
            "web-listener": "Listener",
            "web-pool": "Pool",
        }

    def test_component_is_the_parent_of_every_child(self) -> None:
        for name, each in children(run_component()).items():
            assert each.parent == URN
            assert each.urn == f"urn:pulumi:{STACK}::{PROJECT}::{TYPE}${each.type}::{name}"
            assert each.context["urn"] == each.urn
            assert not each.is_read

    def test_children_are_connected_by_their_ids(self) -> None:
        resources = children(run_component())
        assert resources["web-load-balancer"].inputs == {}
        assert resources["web-listener"].inputs == {
            "load_balancer_id": "web-load-balancer-id",
            "protocol": "TERMINATED_HTTPS",
            "secret_id": "web-listener-certificate-id",
        }
        assert resources["web-pool"].inputs == {
            "load_balancer_id": "web-load-balancer-id",
            "listener_id": "web-listener-id",
            "protocol": "HTTPS",
            "members": [{"address": "10.0.0.11", "protocol_port": 8443}],
            "ca_secret_id": "web-ca-id",
            "secret_id": "web-client-certificate-id",
            "health_monitor": DEFAULT_HEALTH_MONITOR,
        }

    def test_default_health_monitor_has_type_tcp(self) -> None:
        """A monitor of type HTTPS would turn off the verification of backends."""
        assert DEFAULT_HEALTH_MONITOR["type"] == "TCP"

    def test_component_has_no_inputs(self) -> None:
        """Pulumi saves the inputs of a component in the state, private keys included."""
        request: Any = run_component().declared["web"].request
        assert request.type == TYPE
        assert not request.custom
        assert request.object.fields == {}

    def test_material_is_secret(self) -> None:
        resources = children(run_component(crl=CRL))
        assert {name: each.secret for name, each in resources.items() if each.secret} == {
            "web-ca": {"certificate"},
            "web-client-certificate": {"pkcs12", "pkcs12_password"},
            "web-listener-certificate": {"certificate", "private_key"},
            "web-crl": {"revocation_list", "ca"},
        }

    def test_outputs_contain_no_material(self) -> None:
        program = run_component(crl=CRL)
        assert "PRIVATE KEY" not in repr(program.outputs)
        assert "BEGIN" not in repr(program.outputs)


class TestAllArguments:
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
        "vip_network_id": LOAD_BALANCER_ID,
        "vip_subnet_id": LISTENER_ID,
        "vip_port_id": PORT_ID,
        "vip_ip_family": "dual",
        "floating_ip": {"source": "new"},
        "preferred_connectivity": "L3",
        "logging": {"enabled": True, "topic_name": "logs"},
        "tags": {"owner": "me"},
        "admin_state_up": False,
        "user_list": [{"username": "ann", "encrypted_password": "hash"}],
    }

    def test_every_argument_becomes_an_input_of_a_child(self) -> None:
        resources = children(run_component(**self.ARGUMENTS))
        assert resources["web-load-balancer"].inputs == {
            "flavor": "lb1-2-4",
            "vip_network_id": LOAD_BALANCER_ID,
            "vip_subnet_id": LISTENER_ID,
            "vip_port_id": PORT_ID,
            "vip_ip_family": "dual",
            "floating_ip": {"source": "new"},
            "preferred_connectivity": "L3",
            "logging": {"enabled": True, "topic_name": "logs"},
            "tags": {"owner": "me"},
            "admin_state_up": False,
        }
        assert resources["web-listener"].inputs == {
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
        assert "user_list" in resources["web-listener"].secret
        pool = resources["web-pool"].inputs
        assert pool["crl_secret_id"] == "web-crl-id"
        assert pool["health_monitor"] == self.ARGUMENTS["health_monitor"]
        assert pool["lb_algorithm"] == "LEAST_CONNECTIONS"
        assert pool["session_persistence"] == {"type": "SOURCE_IP"}
        assert (pool["timeout_member_connect"], pool["timeout_member_data"]) == (1, 2)
        assert resources["web-crl"].inputs == {"revocation_list": CRL, "ca": PEM}

    def test_component_registers_ids_address_and_certificates(self) -> None:
        outputs = run_component(**self.ARGUMENTS).outputs[URN]
        assert outputs.keys() == {"load_balancer_id", "listener_id", "pool_id", "vip_address", "certificates"}
        assert outputs["load_balancer_id"] == "web-load-balancer-id"
        assert outputs["listener_id"] == "web-listener-id"
        assert outputs["pool_id"] == "web-pool-id"
        assert outputs["vip_address"] == "192.0.2.1"

    def test_output_certificates_has_the_facts_of_every_certificate_by_role(self) -> None:
        certificates = run_component(**self.ARGUMENTS).outputs[URN]["certificates"]
        roles = {"listener": "listener-certificate", "sni-shop": "sni-shop", "sni-blog": "sni-blog"}
        roles |= {"client": "client-certificate", "ca": "ca", "crl": "crl"}
        assert certificates.keys() == roles.keys()
        facts = {"secret_id", "subject", "issuer", "dns_names", "not_before", "not_after", "fingerprint_sha256"}
        crl_facts = {"secret_id", "issuer", "this_update", "next_update", "revoked_count", "fingerprint_sha256"}
        for role, child in roles.items():
            described = certificates[role]
            assert described.keys() == (crl_facts if role == "crl" else facts)
            assert described["secret_id"] == f"web-{child}-id"
            assert described["fingerprint_sha256"] == f"web-{child}-fingerprint"
            assert role == "crl" or described["subject"] == f"CN=web-{child}"

    def test_output_certificates_has_three_roles_with_the_required_arguments(self) -> None:
        assert run_component().outputs[URN]["certificates"].keys() == {"listener", "client", "ca"}


def test_children_are_attributes_of_the_component() -> None:
    labels: list[str] = []

    def write() -> dict[str, pulumi.Output[Any]]:
        component = MTLSLoadBalancer("web", **REQUIRED, crl=CRL, sni_certificates={"shop": PAIR})
        assert component.listener is not None
        assert component.listener_certificate is not None
        assert component.crl is not None
        labels.extend(component.sni_certificates)
        return {
            "load_balancer": component.load_balancer.id,
            "listener": component.listener.id,
            "pool": component.pool.id,
            "ca": component.ca.subject,
            "client": component.client_certificate.subject,
            "crl": component.crl.next_update,
            "server": component.listener_certificate.subject,
            "sni": component.sni_certificates["shop"].id,
            "vip": component.vip_address,
            "role": component.certificates["ca"],
        }

    value = run(write).value
    assert labels == ["shop"]
    assert value["load_balancer"] == "web-load-balancer-id"
    assert value["ca"] == "CN=web-ca"
    assert value["crl"] == "2026-02-01T00:00:00Z"
    assert value["sni"] == "web-sni-shop-id"
    assert value["vip"] == "192.0.2.1"
    assert value["role"]["subject"] == "CN=web-ca"


def test_false_removes_the_health_monitor() -> None:
    assert "health_monitor" not in children(run_component(health_monitor=False))["web-pool"].inputs


def test_listener_with_sni_certificates_needs_no_default_certificate() -> None:
    resources = children(run_component(listener_certificate=None, sni_certificates={"shop": PAIR}))
    assert resources["web-listener"].inputs["sni_secret_id"] == ["web-sni-shop-id"]
    assert "secret_id" not in resources["web-listener"].inputs


def test_components_share_certificate_resources_of_the_program() -> None:
    def write() -> None:
        ca = CertificateAuthority("ours", certificate=PEM)
        for name in ("one", "two"):
            MTLSLoadBalancer(
                name,
                ca=ca,
                client_certificate=ClientCertificate(f"{name}-own-client", certificate=PEM, private_key=KEY),
                listener_certificate=ListenerCertificate(f"{name}-own-server", certificate=PEM, private_key=KEY),
                crl=RevocationList(f"{name}-own-crl", revocation_list=CRL),
                members=[],
            )

    resources = run(write).declared
    assert resources["ours"].urn == f"urn:pulumi:{STACK}::{PROJECT}::{GCORE}CertificateAuthority::ours"
    for name in ("one", "two"):
        pool = resources[f"{name}-pool"].inputs
        assert pool["ca_secret_id"] == "ours-id"
        assert pool["secret_id"] == f"{name}-own-client-id"
        assert pool["crl_secret_id"] == f"{name}-own-crl-id"
        assert resources[f"{name}-listener"].inputs["secret_id"] == f"{name}-own-server-id"
        assert not {f"{name}-ca", f"{name}-crl", f"{name}-client-certificate"} & resources.keys()


class TestExistingObjects:
    """A pool on a load balancer that the program does not create, as in Gcore's guide."""

    def test_existing_load_balancer_is_read_and_gets_listener_and_pool(self) -> None:
        resources = children(run_component(load_balancer_id=LOAD_BALANCER_ID))
        load_balancer = resources["web-load-balancer"]
        assert load_balancer.is_read
        assert load_balancer.read_id == LOAD_BALANCER_ID
        assert load_balancer.inputs == {}
        assert load_balancer.parent == URN
        assert resources["web-listener"].inputs["load_balancer_id"] == LOAD_BALANCER_ID
        assert resources["web-pool"].inputs["load_balancer_id"] == LOAD_BALANCER_ID

    def test_existing_listener_gets_the_pool(self) -> None:
        program = run_component(load_balancer_id=LOAD_BALANCER_ID, listener_id=LISTENER_ID, listener_certificate=None)
        resources = children(program)
        assert set(resources) == {"web-load-balancer", "web-ca", "web-client-certificate", "web-pool"}
        assert resources["web-pool"].inputs["listener_id"] == LISTENER_ID
        assert program.outputs[URN]["certificates"].keys() == {"client", "ca"}
        assert program.outputs[URN]["listener_id"] == LISTENER_ID

    def test_id_of_an_existing_load_balancer_can_be_an_output(self) -> None:
        resources = children(run_component(load_balancer_id=pulumi.Output.from_input(LOAD_BALANCER_ID)))
        assert resources["web-load-balancer"].read_id == LOAD_BALANCER_ID


LOAD_BALANCER_ARGUMENTS: dict[str, Any] = {
    "flavor": "x",
    "vip_network_id": LOAD_BALANCER_ID,
    "vip_subnet_id": LOAD_BALANCER_ID,
    "vip_port_id": LOAD_BALANCER_ID,
    "vip_ip_family": "dual",
    "floating_ip": {"source": "new"},
    "preferred_connectivity": "L2",
    "logging": {"enabled": False},
    "tags": {},
    "admin_state_up": True,
}
LISTENER_ARGUMENTS: dict[str, Any] = {
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


def error_message(write: Callable[[], object]) -> str:
    """Return the message of the error that a program raises, which is one line with the component's name."""
    with pytest.raises(pulumi.RunError) as caught:
        write()
    message = str(caught.value)
    assert message.startswith("MTLSLoadBalancer 'web': ")
    assert "\n" not in message
    return message


class TestContradictoryArguments:
    @pytest.mark.parametrize("argument", LOAD_BALANCER_ARGUMENTS)
    def test_argument_of_an_existing_load_balancer_is_an_error(self, argument: str) -> None:
        message = error_message(
            lambda: run_component(load_balancer_id=LOAD_BALANCER_ID, **{argument: LOAD_BALANCER_ARGUMENTS[argument]})
        )
        assert f"{argument} cannot be set together with load_balancer_id" in message
        assert f"Remove {argument}, or load_balancer_id." in message

    @pytest.mark.parametrize("argument", LISTENER_ARGUMENTS)
    def test_argument_of_an_existing_listener_is_an_error(self, argument: str) -> None:
        existing = {"load_balancer_id": LOAD_BALANCER_ID, "listener_id": LISTENER_ID, "listener_certificate": None}
        message = error_message(lambda: run_component(**{**existing, argument: LISTENER_ARGUMENTS[argument]}))
        assert f"{argument} cannot be set together with listener_id" in message

    def test_error_lists_all_contradictory_arguments(self) -> None:
        message = error_message(lambda: run_component(load_balancer_id=LOAD_BALANCER_ID, flavor="x", tags={"a": "1"}))
        assert "flavor, tags cannot be set together with load_balancer_id" in message

    def test_listener_id_without_load_balancer_id_is_an_error(self) -> None:
        message = error_message(lambda: run_component(listener_id=LISTENER_ID, listener_certificate=None))
        assert "listener_id requires load_balancer_id" in message
