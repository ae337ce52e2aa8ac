"""Check: what is refused in a preview, what a preview shows of certificates, and what an unknown value hides."""

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
from tests.fake_engine.account import MONITOR, NOWHERE, World, member, nonce_of
from tests.material import LoadBalancerPki

Found = list[tuple[str, str]]

LISTENER: dict[str, object] = {"load_balancer_id": NOWHERE, "secret_id": NOWHERE}
POOL: dict[str, object] = {"load_balancer_id": NOWHERE}

# What a program says, and what is found, by kind.
RULES: Mapping[str, tuple[str, dict[str, object], Found]] = {
    "a whole listener": ("Listener", LISTENER, []),
    "no certificate": (
        "Listener",
        {"load_balancer_id": NOWHERE},
        [("certificate", "CERTIFICATE_MISSING")],
    ),
    "SNI alone": ("Listener", {"load_balancer_id": NOWHERE, "sni_secret_id": [NOWHERE]}, []),
    "empty SNI": (
        "Listener",
        {"load_balancer_id": NOWHERE, "sni_secret_id": []},
        [("certificate", "CERTIFICATE_MISSING")],
    ),
    "an unknown certificate": ("Listener", {**LISTENER, "secret_id": UNKNOWN}, []),
    "an unknown SNI certificate": ("Listener", {"load_balancer_id": NOWHERE, "sni_secret_id": [UNKNOWN]}, []),
    "an unknown protocol": ("Listener", {"load_balancer_id": NOWHERE, "protocol": UNKNOWN}, []),
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
    "a pool nowhere": ("Pool", {}, [("load_balancer", "POOL_WITHOUT_LOAD_BALANCER")]),
    "a pool on an unknown listener": ("Pool", {"listener_id": UNKNOWN}, []),
    "a list without an authority": (
        "Pool",
        {**POOL, "crl_secret_id": NOWHERE},
        [("crl", "CRL_WITHOUT_CA")],
    ),
    "an unknown list without an authority": (
        "Pool",
        {**POOL, "crl_secret_id": UNKNOWN},
        [("crl", "CRL_WITHOUT_CA")],
    ),
    "a list with an unknown authority": ("Pool", {**POOL, "crl_secret_id": NOWHERE, "ca_secret_id": UNKNOWN}, []),
    "a member twice": (
        "Pool",
        {**POOL, "members": [member("2001:db8::1", 80), member("2001:DB8:0::1", 80, weight=2)]},
        [("members", "DUPLICATE_MEMBER")],
    ),
    "one address, two ports": ("Pool", {**POOL, "members": [member(protocol_port=80), member(protocol_port=81)]}, []),
    "a member twice, perhaps": (
        "Pool",
        {**POOL, "members": [member(), member(), member(UNKNOWN)]},
        [],
    ),
    "a member that is a name": (
        "Pool",
        {**POOL, "members": [member("backend.example")]},
        [("members[0].address", "NOT_AN_ADDRESS")],
    ),
    "a monitor": ("Pool", {**POOL, "health_monitor": MONITOR}, []),
    "a monitor that isn't known": ("Pool", {**POOL, "health_monitor": {**MONITOR, "timeout": UNKNOWN}}, []),
    "two places of the VIP": (
        "LoadBalancer",
        {"vip_network_id": NOWHERE, "vip_port_id": UNKNOWN},
        [("vip_port_id", "VIP_GIVEN_TWO_WAYS")],
    ),
    "a subnet alone": ("LoadBalancer", {"vip_subnet_id": UNKNOWN}, [("vip_subnet_id", "VIP_SUBNET_ALONE")]),
    "a subnet of an unknown network": ("LoadBalancer", {"vip_subnet_id": NOWHERE, "vip_network_id": UNKNOWN}, []),
    "a floating IP without its id": (
        "LoadBalancer",
        {"floating_ip": {"source": "existing"}},
        [("floating_ip.existing_floating_id", "FLOATING_IP_ID")],
    ),
    "a new floating IP with an id": (
        "LoadBalancer",
        {"floating_ip": {"source": "new", "existing_floating_id": NOWHERE}},
        [("floating_ip.existing_floating_id", "FLOATING_IP_ID")],
    ),
    "a floating IP with an unknown id": (
        "LoadBalancer",
        {"floating_ip": {"source": "existing", "existing_floating_id": UNKNOWN}},
        [],
    ),
    "no base64": ("Secret", {"payload": "§"}, [("payload", "NOT_BASE64")]),
    "base64 of nothing": ("Secret", {"payload": " \n"}, [("payload", "NOT_BASE64")]),
    "base64 in lines": ("Secret", {"payload": "YWJj\nYWJj"}, []),
    "text": (
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
    "no authority": ("CertificateAuthority", {}, [("certificate", "PROPERTY_MISSING")]),
    "an empty authority": ("CertificateAuthority", {"certificate": ""}, [("certificate", "EMPTY")]),
    "an empty list": ("RevocationList", {"revocation_list": "\n"}, [("revocation_list", "EMPTY")]),
    "a format": ("ClientCertificate", {"pkcs12": UNKNOWN, "format": "DER"}, [("format", "PROPERTY_INVALID")]),
}


@pytest.mark.parametrize("name", RULES)
def test_rules(name: str, world: World) -> None:
    kind, properties, expected = RULES[name]
    with world.requests() as sent:
        found = world.findings(kind, properties)
    assert sorted((each.property, each.code) for each in found if each.severity == "error") == expected
    assert sent == []


# Material, and what is found.
MATERIAL: Mapping[str, tuple[str, Callable[[LoadBalancerPki], dict[str, object]], Found]] = {
    "the key of another": (
        "ListenerCertificate",
        lambda m: {"certificate": m.server.certificate_pem, "private_key": m.sni.private_key_pem},
        [("private_key", "KEY_MISMATCH")],
    ),
    "a key for an authority": (
        "CertificateAuthority",
        lambda m: {"certificate": m.client.private_key_pem},
        [("certificate", "PRIVATE_KEY_IN_CERTIFICATE")],
    ),
    "a list for an authority": (
        "CertificateAuthority",
        lambda m: {"certificate": m.crl},
        [("certificate", "NOT_A_CERTIFICATE")],
    ),
    "a list of its authority": (
        "RevocationList",
        lambda m: {"revocation_list": m.crl, "ca": m.ca.certificate_pem},
        [],
    ),
    "a list of another authority": (
        "RevocationList",
        lambda m: {"revocation_list": m.other_crl, "ca": m.ca.certificate_pem},
        [("revocation_list", "CRL_OF_ANOTHER_CA")],
    ),
    "a list of another authority, perhaps": (
        "RevocationList",
        lambda m: {"revocation_list": m.other_crl, "ca": UNKNOWN},
        [],
    ),
    "a broken authority beside a list": (
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
def test_material(name: str, world: World, material: LoadBalancerPki) -> None:
    kind, properties, expected = MATERIAL[name]
    found = world.findings(kind, properties(material))
    assert [(each.property, each.code) for each in found] == expected
    said = " ".join(format_finding(each) for each in found)
    assert "canary" not in said
    assert "-----" not in said


def programs(material: LoadBalancerPki) -> dict[str, tuple[dict[str, object], str]]:
    """A program of each kind of certificate, and the property that its facts come from."""
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
def test_a_preview_shows_public_facts(kind: str, world: World, material: LoadBalancerPki) -> None:
    properties, _ = programs(material)[kind]
    inputs = world.checked(kind, "it", properties)
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
def test_facts_are_unknown_as_long_as_their_material_is(kind: str, world: World, material: LoadBalancerPki) -> None:
    properties, unknown = programs(material)[kind]
    lifecycle = KINDS[kind]
    inputs = world.checked(kind, "it", {**properties, unknown: UNKNOWN})
    assert {name: inputs[name] for name in lifecycle.derived} == dict.fromkeys(lifecycle.derived, UNKNOWN)
    known = world.checked(kind, "it", properties)
    assert known["content_sha256"] is not UNKNOWN


@pytest.mark.parametrize("kind", CERTIFICATE_KINDS)
def test_facts_of_an_earlier_run_are_not_believed(kind: str, world: World, material: LoadBalancerPki) -> None:
    """Nor are they properties that nobody knows: the engine hands a refreshed resource's inputs to check."""
    properties, _ = programs(material)[kind]
    inputs = world.checked(kind, "it", properties)
    stale = {name: "stale" for name in KINDS[kind].derived}
    again = world.checked(kind, "it", {**properties, **stale})
    assert {**again, RECORD: inputs[RECORD]} == inputs


def test_a_making_is_told_from_others_and_an_object_keeps_its_own(world: World) -> None:
    """What a program says is new in each run, and counts where something is to be made; nothing changes by it."""
    balancer = world.load_balancer()
    attempt = nonce_of(balancer.inputs)
    later = world.checked("LoadBalancer", "lb", {}, balancer.inputs)
    assert nonce_of(later) == attempt
    assert not balancer.diff().changes
    assert balancer.refresh()
    assert nonce_of(balancer.inputs) == attempt
    assert nonce_of(world.checked("LoadBalancer", "lb", {})) not in (attempt, "")


def test_an_object_from_before_there_were_attempts_gets_none(world: World) -> None:
    balancer = world.load_balancer()
    olds = Record.of(balancer.inputs).update(nonce="").into(balancer.inputs)
    assert nonce_of(world.checked("LoadBalancer", "lb", {}, olds)) == ""


def test_broken_material_has_no_facts(world: World) -> None:
    bag = world.bag("CertificateAuthority", "it", {"certificate": "x"})
    checked = world.check("CertificateAuthority", {}, bag)
    assert "content_sha256" not in checked.inputs
    assert len(checked.findings) == 1


def test_a_bundle_shows_its_further_certificates(world: World, material: LoadBalancerPki) -> None:
    bundle = material.ca.certificate_pem + material.other_ca.certificate_pem
    inputs = world.checked("CertificateAuthority", "it", {"certificate": bundle})
    further: Any = inputs["further_certificates"]
    (other,) = further
    assert other["subject"] == "CN=Other CA"
    assert other.keys() == {"subject", "fingerprint_sha256", "not_after"}
    assert inputs["subject"] == "CN=Backends CA"


def same_material(material: LoadBalancerPki) -> dict[str, tuple[str, dict[str, object], dict[str, object]]]:
    """The same certificate, written in two ways."""
    server, client = material.pem(material.server), material.client
    crlf: dict[str, object] = {key: str(value).replace("\n", "\r\n") for key, value in server.items() if value}
    one, two = client.to_pkcs12("one"), client.to_pkcs12("two")
    authorities = (material.ca.certificate_pem, material.other_ca.certificate_pem)
    return {
        "line ends": ("ListenerCertificate", server, crlf),
        "text around it": (
            "CertificateAuthority",
            {"certificate": authorities[0]},
            {"certificate": f"# ours\n{authorities[0]}\n\n"},
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


@pytest.mark.parametrize("name", ["line ends", "text around it", "another password", "PKCS12 or PEM"])
def test_the_same_certificate_is_no_change(name: str, world: World, material: LoadBalancerPki) -> None:
    kind, one, other = same_material(material)[name]
    assert not world.create(kind, "it", **one).diff(**other).changes


def test_another_certificate_replaces_it_and_is_made_first(world: World, material: LoadBalancerPki) -> None:
    difference = world.listener_certificate().diff(**material.pem(material.sni))
    assert difference.changes
    assert difference.replaces == ("content_sha256",)
    assert not difference.delete_before_replace


def test_the_order_of_a_bundle_matters_in_its_first_place_only(world: World, material: LoadBalancerPki) -> None:
    first, second = material.ca.certificate_pem, material.other_ca.certificate_pem
    third = DevelopmentCa.create("Third CA").certificate_pem
    made = world.create("CertificateAuthority", "it", certificate=first + second + third)
    assert not made.diff(certificate=first + third + second).changes
    assert made.diff(certificate=second + first + third).replaces == ("content_sha256",)


def test_numbers_from_the_engine_are_no_change(world: World) -> None:
    made = world.load_balancer()
    pool = world.pool(made, members=[member(weight=3)], health_monitor=MONITOR, timeout_member_data=500)
    assert not pool.again().changes
