"""Check: errors of a preview, certificate facts in a preview, and effects of unknown values."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from gcore_tls_provider.certificates import CertificateFacts, CrlFacts, DevelopmentCa
from gcore_tls_provider.hidden_inputs import RECORD
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, format_finding
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.kinds import KINDS
from tests.fake_engine.stack import MISSING_ID, MONITOR, FakeStack, member, nonce_of
from tests.material import LoadBalancerPki

Found = list[tuple[str, str]]

LISTENER: dict[str, object] = {"load_balancer_id": MISSING_ID, "secret_id": MISSING_ID}
POOL: dict[str, object] = {"load_balancer_id": MISSING_ID}

# Kind, properties, and the errors expected for them.
RULES: Mapping[str, tuple[str, dict[str, object], Found]] = {
    "a complete listener": ("Listener", LISTENER, []),
    "no certificate": (
        "Listener",
        {"load_balancer_id": MISSING_ID},
        [("certificate", "CERTIFICATE_MISSING")],
    ),
    "SNI alone": ("Listener", {"load_balancer_id": MISSING_ID, "sni_secret_id": [MISSING_ID]}, []),
    "empty SNI": (
        "Listener",
        {"load_balancer_id": MISSING_ID, "sni_secret_id": []},
        [("certificate", "CERTIFICATE_MISSING")],
    ),
    "an unknown certificate": ("Listener", {**LISTENER, "secret_id": UNKNOWN}, []),
    "an unknown SNI certificate": ("Listener", {"load_balancer_id": MISSING_ID, "sni_secret_id": [UNKNOWN]}, []),
    "an unknown protocol": ("Listener", {"load_balancer_id": MISSING_ID, "protocol": UNKNOWN}, []),
    "certificates for HTTP": (
        "Listener",
        {**LISTENER, "protocol": "HTTP", "sni_secret_id": UNKNOWN},
        [("certificate", "CERTIFICATE_UNUSED"), ("sni_certificates", "CERTIFICATE_UNUSED")],
    ),
    "client authentication": (
        "Listener",
        {**LISTENER, "client_authentication": "MANDATORY"},
        [("client_authentication", "CLIENT_AUTHENTICATION")],
    ),
    "client authentication, true": (
        "Listener",
        {**LISTENER, "client_authentication": True},
        [("client_authentication", "CLIENT_AUTHENTICATION")],
    ),
    "client authentication, a dictionary": (
        "Listener",
        {**LISTENER, "client_authentication": {"ca": "x"}},
        [("client_authentication", "CLIENT_AUTHENTICATION")],
    ),
    "client authentication, none": ("Listener", {**LISTENER, "client_authentication": "NONE"}, []),
    "client authentication, false": ("Listener", {**LISTENER, "client_authentication": False}, []),
    "client authentication, unknown": ("Listener", {**LISTENER, "client_authentication": UNKNOWN}, []),
    "two rules at once": (
        "Listener",
        {"client_authentication": True, "load_balancer_id": "x"},
        [
            ("certificate", "CERTIFICATE_MISSING"),
            ("client_authentication", "CLIENT_AUTHENTICATION"),
            ("load_balancer", "NOT_AN_ID"),
        ],
    ),
    "a pool without a load balancer": ("Pool", {}, [("load_balancer", "POOL_WITHOUT_LOAD_BALANCER")]),
    "a pool on an unknown listener": ("Pool", {"listener_id": UNKNOWN}, []),
    "a CRL without a CA": (
        "Pool",
        {**POOL, "crl_secret_id": MISSING_ID},
        [("crl", "CRL_WITHOUT_CA")],
    ),
    "an unknown CRL without a CA": (
        "Pool",
        {**POOL, "crl_secret_id": UNKNOWN},
        [("crl", "CRL_WITHOUT_CA")],
    ),
    "a CRL with an unknown CA": ("Pool", {**POOL, "crl_secret_id": MISSING_ID, "ca_secret_id": UNKNOWN}, []),
    "a duplicate member": (
        "Pool",
        {**POOL, "members": [member("2001:db8::1", 80), member("2001:DB8:0::1", 80, weight=2)]},
        [("members", "DUPLICATE_MEMBER")],
    ),
    "one address, two ports": ("Pool", {**POOL, "members": [member(protocol_port=80), member(protocol_port=81)]}, []),
    "a duplicate member beside an unknown one": (
        "Pool",
        {**POOL, "members": [member(), member(), member(UNKNOWN)]},
        [],
    ),
    "a host name as the address of a member": (
        "Pool",
        {**POOL, "members": [member("backend.example")]},
        [("members[0].address", "NOT_AN_ADDRESS")],
    ),
    "a health monitor": ("Pool", {**POOL, "health_monitor": MONITOR}, []),
    "a health monitor with an unknown timeout": (
        "Pool",
        {**POOL, "health_monitor": {**MONITOR, "timeout": UNKNOWN}},
        [],
    ),
    "a VIP given in two ways": (
        "LoadBalancer",
        {"vip_network_id": MISSING_ID, "vip_port_id": UNKNOWN},
        [("vip_port_id", "VIP_GIVEN_TWO_WAYS")],
    ),
    "a subnet alone": ("LoadBalancer", {"vip_subnet_id": UNKNOWN}, [("vip_subnet_id", "VIP_SUBNET_ALONE")]),
    "a subnet of an unknown network": ("LoadBalancer", {"vip_subnet_id": MISSING_ID, "vip_network_id": UNKNOWN}, []),
    "a floating IP without its id": (
        "LoadBalancer",
        {"floating_ip": {"source": "existing"}},
        [("floating_ip.existing_floating_id", "FLOATING_IP_ID")],
    ),
    "a new floating IP with an id": (
        "LoadBalancer",
        {"floating_ip": {"source": "new", "existing_floating_id": MISSING_ID}},
        [("floating_ip.existing_floating_id", "FLOATING_IP_ID")],
    ),
    "a floating IP with an unknown id": (
        "LoadBalancer",
        {"floating_ip": {"source": "existing", "existing_floating_id": UNKNOWN}},
        [],
    ),
    "invalid base64": ("Secret", {"payload": "§"}, [("payload", "NOT_BASE64")]),
    "base64 without content": ("Secret", {"payload": " \n"}, [("payload", "NOT_BASE64")]),
    "base64 with line breaks": ("Secret", {"payload": "YWJj\nYWJj"}, []),
    "base64 with a text content type": (
        "Secret",
        {"payload": "YWJj", "payload_content_type": "Text/Plain; charset=utf-8"},
        [("payload_content_type", "TEXT_AND_BASE64")],
    ),
    "no certificate at all": ("ListenerCertificate", {}, [("certificate", "MATERIAL_MISSING")]),
    "a key without a certificate": ("ClientCertificate", {"private_key": "x"}, [("certificate", "MATERIAL_MISSING")]),
    "PKCS12 and PEM": (
        "ListenerCertificate",
        {"pkcs12": "x", "certificate": "y", "private_key": "z"},
        [("certificate", "PKCS12_AND_PEM"), ("private_key", "PKCS12_AND_PEM")],
    ),
    "no CA": ("CertificateAuthority", {}, [("certificate", "PROPERTY_MISSING")]),
    "an empty CA": ("CertificateAuthority", {"certificate": ""}, [("certificate", "EMPTY")]),
    "an empty CRL": ("RevocationList", {"revocation_list": "\n"}, [("revocation_list", "EMPTY")]),
    "an unknown format": ("ClientCertificate", {"pkcs12": UNKNOWN, "format": "DER"}, [("format", "PROPERTY_INVALID")]),
}


@pytest.mark.parametrize("name", RULES)
def test_each_rule_reports_its_errors_without_a_request(name: str, stack: FakeStack) -> None:
    kind, properties, expected = RULES[name]
    with stack.requests() as sent:
        found = stack.findings(kind, properties)
    assert sorted((each.property, each.code) for each in found if each.severity == "error") == expected
    assert sent == []


# Kind, properties, and the findings expected for them.
MATERIAL: Mapping[str, tuple[str, Callable[[LoadBalancerPki], dict[str, object]], Found]] = {
    "the key of another certificate": (
        "ListenerCertificate",
        lambda m: {"certificate": m.server.certificate_pem, "private_key": m.sni.private_key_pem},
        [("private_key", "KEY_MISMATCH")],
    ),
    "a private key as a CA": (
        "CertificateAuthority",
        lambda m: {"certificate": m.client.private_key_pem},
        [("certificate", "PRIVATE_KEY_IN_CERTIFICATE")],
    ),
    "a CRL as a CA": (
        "CertificateAuthority",
        lambda m: {"certificate": m.crl},
        [("certificate", "NOT_A_CERTIFICATE")],
    ),
    "a CRL of its CA": (
        "RevocationList",
        lambda m: {"revocation_list": m.crl, "ca": m.ca.certificate_pem},
        [],
    ),
    "a CRL of another CA": (
        "RevocationList",
        lambda m: {"revocation_list": m.other_crl, "ca": m.ca.certificate_pem},
        [("revocation_list", "CRL_OF_ANOTHER_CA")],
    ),
    "a CRL of an unknown CA": (
        "RevocationList",
        lambda m: {"revocation_list": m.other_crl, "ca": UNKNOWN},
        [],
    ),
    "an unreadable CA beside a CRL": (
        "RevocationList",
        lambda m: {"revocation_list": m.crl, "ca": "x"},
        [("ca", "NOT_PEM")],
    ),
    "no password": (
        "ClientCertificate",
        lambda m: {"pkcs12": as_base64(m.client.to_pkcs12("canary"))},
        [("pkcs12_password", "PASSWORD_MISSING")],
    ),
    "the wrong password": (
        "ClientCertificate",
        lambda m: {"pkcs12": as_base64(m.client.to_pkcs12("canary")), "pkcs12_password": "canary2"},
        [("pkcs12_password", "PASSWORD_WRONG")],
    ),
}


def as_base64(raw: bytes) -> str:
    return b64encode(raw).decode()


@pytest.mark.parametrize("name", MATERIAL)
def test_invalid_certificate_content_is_reported_but_not_shown(
    name: str, stack: FakeStack, material: LoadBalancerPki
) -> None:
    kind, properties, expected = MATERIAL[name]
    found = stack.findings(kind, properties(material))
    assert [(each.property, each.code) for each in found] == expected
    shown = " ".join(format_finding(each) for each in found)
    assert "canary" not in shown
    assert "-----" not in shown


def programs(material: LoadBalancerPki) -> dict[str, tuple[dict[str, object], str]]:
    """Return a program of each kind of certificate, and the property from which its facts are derived."""
    return {
        "ListenerCertificate": (material.pem(material.server), "certificate"),
        "ClientCertificate": (
            {"pkcs12": as_base64(material.client.to_pkcs12("secret")), "pkcs12_password": "secret"},
            "pkcs12_password",
        ),
        "CertificateAuthority": ({"certificate": material.ca.certificate_pem}, "certificate"),
        "RevocationList": ({"revocation_list": material.crl}, "revocation_list"),
    }


CERTIFICATE_KINDS = ("ListenerCertificate", "ClientCertificate", "CertificateAuthority", "RevocationList")


@pytest.mark.parametrize("kind", CERTIFICATE_KINDS)
def test_a_check_adds_only_public_facts(kind: str, stack: FakeStack, material: LoadBalancerPki) -> None:
    properties, _ = programs(material)[kind]
    inputs = stack.checked_inputs(kind, "it", properties)
    facts = CrlFacts if kind == "RevocationList" else CertificateFacts
    expected = {*facts.__dataclass_fields__, "content_sha256"}
    shown = inputs.keys() - properties.keys() - {RECORD, "project_id", "region_id"}
    assert shown - {"further_certificates", "further_lists"} <= expected
    assert {"fingerprint_sha256", "content_sha256", "issuer"} <= shown
    assert {"project_id": inputs["project_id"], "region_id": inputs["region_id"]} == {"project_id": 11, "region_id": 22}
    public = repr({name: inputs[name] for name in shown})
    assert "-----" not in public
    assert "secret" not in public.replace("secret_id", "")


@pytest.mark.parametrize("kind", CERTIFICATE_KINDS)
def test_facts_are_unknown_while_the_certificate_is_unknown(
    kind: str, stack: FakeStack, material: LoadBalancerPki
) -> None:
    properties, unknown = programs(material)[kind]
    lifecycle = KINDS[kind]
    inputs = stack.checked_inputs(kind, "it", {**properties, unknown: UNKNOWN})
    assert {name: inputs[name] for name in lifecycle.derived} == dict.fromkeys(lifecycle.derived, UNKNOWN)
    known = stack.checked_inputs(kind, "it", properties)
    assert known["content_sha256"] is not UNKNOWN


@pytest.mark.parametrize("kind", CERTIFICATE_KINDS)
def test_facts_of_an_earlier_run_are_recomputed(kind: str, stack: FakeStack, material: LoadBalancerPki) -> None:
    """The engine passes the inputs of a refreshed resource to check, so that facts are no unknown properties."""
    properties, _ = programs(material)[kind]
    inputs = stack.checked_inputs(kind, "it", properties)
    stale = {name: "stale" for name in KINDS[kind].derived}
    again = stack.checked_inputs(kind, "it", {**properties, **stale})
    assert {**again, RECORD: inputs[RECORD]} == inputs


def test_each_create_attempt_has_a_nonce_and_an_object_keeps_its_nonce(stack: FakeStack) -> None:
    """A program sets another nonce in each run. Only a create uses it, and it is no change."""
    balancer = stack.load_balancer()
    nonce = nonce_of(balancer.inputs)
    later = stack.checked_inputs("LoadBalancer", "lb", {}, balancer.inputs)
    assert nonce_of(later) == nonce
    assert not balancer.diff().changes
    assert balancer.refresh()
    assert nonce_of(balancer.inputs) == nonce
    assert nonce_of(stack.checked_inputs("LoadBalancer", "lb", {})) not in (nonce, "")


def test_an_object_without_a_nonce_gets_none(stack: FakeStack) -> None:
    balancer = stack.load_balancer()
    olds = Record.of(balancer.inputs).update(nonce="").into(balancer.inputs)
    assert nonce_of(stack.checked_inputs("LoadBalancer", "lb", {}, olds)) == ""


def test_an_unreadable_certificate_has_no_facts(stack: FakeStack) -> None:
    bag = stack.program_inputs("CertificateAuthority", "it", {"certificate": "x"})
    checked = stack.check("CertificateAuthority", {}, bag)
    assert "content_sha256" not in checked.inputs
    assert len(checked.findings) == 1


def test_a_ca_bundle_lists_its_further_certificates(stack: FakeStack, material: LoadBalancerPki) -> None:
    bundle = material.ca.certificate_pem + material.other_ca.certificate_pem
    inputs = stack.checked_inputs("CertificateAuthority", "it", {"certificate": bundle})
    further: Any = inputs["further_certificates"]
    (other,) = further
    assert other["subject"] == "CN=Other CA"
    assert other.keys() == {"subject", "fingerprint_sha256", "not_after"}
    assert inputs["subject"] == "CN=Backends CA"


def same_material(material: LoadBalancerPki) -> dict[str, tuple[str, dict[str, object], dict[str, object]]]:
    """Return the same certificate in two forms."""
    server, client = material.pem(material.server), material.client
    crlf: dict[str, object] = {key: str(value).replace("\n", "\r\n") for key, value in server.items() if value}
    one, two = client.to_pkcs12("one"), client.to_pkcs12("two")
    cas = (material.ca.certificate_pem, material.other_ca.certificate_pem)
    return {
        "line endings": ("ListenerCertificate", server, crlf),
        "surrounding text": (
            "CertificateAuthority",
            {"certificate": cas[0]},
            {"certificate": f"# ours\n{cas[0]}\n\n"},
        ),
        "another password": (
            "ClientCertificate",
            {"pkcs12": as_base64(one), "pkcs12_password": "one"},
            {"pkcs12": as_base64(two), "pkcs12_password": "two"},
        ),
        "PKCS12 or PEM": (
            "ClientCertificate",
            {"pkcs12": as_base64(one), "pkcs12_password": "one"},
            material.pem(client),
        ),
    }


@pytest.mark.parametrize("name", ["line endings", "surrounding text", "another password", "PKCS12 or PEM"])
def test_the_same_certificate_in_another_form_is_no_change(
    name: str, stack: FakeStack, material: LoadBalancerPki
) -> None:
    kind, one, other = same_material(material)[name]
    assert not stack.create(kind, "it", **one).diff(**other).changes


def test_another_certificate_is_created_before_the_old_one_is_deleted(
    stack: FakeStack, material: LoadBalancerPki
) -> None:
    difference = stack.listener_certificate().diff(**material.pem(material.sni))
    assert difference.changes
    assert difference.replaces == ("content_sha256",)
    assert not difference.delete_before_replace


def test_only_the_first_certificate_of_a_bundle_has_a_fixed_position(
    stack: FakeStack, material: LoadBalancerPki
) -> None:
    first, second = material.ca.certificate_pem, material.other_ca.certificate_pem
    third = DevelopmentCa.create("Third CA").certificate_pem
    bundle = stack.create("CertificateAuthority", "it", certificate=first + second + third)
    assert not bundle.diff(certificate=first + third + second).changes
    assert bundle.diff(certificate=second + first + third).replaces == ("content_sha256",)


def test_numbers_that_the_engine_passes_as_floats_are_no_change(stack: FakeStack) -> None:
    balancer = stack.load_balancer()
    pool = stack.pool(balancer, members=[member(weight=3)], health_monitor=MONITOR, timeout_member_data=500)
    assert not pool.saved_diff().changes
