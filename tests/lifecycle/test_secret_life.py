"""The life of each kind of secret at an emulator that speaks one dialect."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from gcore_tls_provider.certificates import identity_from_pkcs12, parse_certificates, parse_crls
from gcore_tls_provider.errors import Conflict, ObjectFailed, PropertyError
from gcore_tls_provider.lifecycle import apply
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.run import deletion
from tests.fake_engine.account import NOWHERE, Resource, World, context_of
from tests.fake_engine.requests import HIDDEN, Sent
from tests.lifecycle.conftest import Worlds

SECRET_KINDS = ("Secret", "ListenerCertificate", "ClientCertificate", "CertificateAuthority", "RevocationList")
every_kind = pytest.mark.parametrize("kind", SECRET_KINDS)


def made(world: World, kind: str, name: str = "it") -> Resource:
    if kind == "Secret":
        return world.create("Secret", name, payload=b64encode(b"anything").decode(), secret_type="opaque")
    make = {
        "ListenerCertificate": world.listener_certificate,
        "ClientCertificate": world.client_certificate,
        "CertificateAuthority": world.ca,
        "RevocationList": world.crl,
    }
    return make[kind](name)


@every_kind
def test_a_whole_life(kind: str, spoken: World) -> None:
    secret = made(spoken, kind)
    assert [each.id for each in spoken.objects("secrets")] == [secret.id]
    assert secret.outputs["status"] == "ACTIVE"
    assert secret.outputs.get("secret_type") == ("opaque" if kind == "Secret" else "certificate")
    name = str(secret.outputs["name"])
    assert name.startswith("it-")
    assert not secret.again().changes
    assert secret.refresh()
    assert "name" not in secret.inputs
    assert secret.outputs["name"] == name
    assert not secret.again().changes
    secret.delete()
    assert spoken.objects("secrets") == []
    assert not secret.refresh()
    with spoken.writes() as sent:
        secret.delete()
    assert sent == [Sent("DELETE", f"/v1/secrets/{secret.id}")]


@every_kind
def test_its_kind_of_route(kind: str, spoken: World) -> None:
    """What holds a private key goes to v2, all else to v1: no other route takes it in every dialect."""
    with spoken.writes() as sent:
        made(spoken, kind)
    (post,) = sent
    version = "v2" if kind in ("ListenerCertificate", "ClientCertificate") else "v1"
    assert (post.method, post.path) == ("POST", f"/{version}/secrets")
    assert post.body["payload"] == HIDDEN


def payload(world: World) -> bytes:
    (secret,) = world.objects("secrets")
    content: bytes = secret.payload
    return content


def pem(world: World) -> str:
    return payload(world).decode()


def pkcs12(world: World) -> str:
    return b64encode(payload(world)).decode()


class TestWhatIsUploaded:
    """Always anew from what was parsed, and never with a password."""

    def test_an_authority_is_pem(self, world: World) -> None:
        authority = world.material.ca.certificate_pem
        world.create("CertificateAuthority", "it", certificate=f"ours:\r\n{authority}")
        assert payload(world).startswith(b"-----BEGIN CERTIFICATE-----\n")
        assert parse_certificates(pem(world), property="it") == parse_certificates(authority, property="it")

    def test_lists_begin_with_that_of_the_authority(self, world: World) -> None:
        material = world.material
        lists = material.other_crl + material.crl
        world.create("RevocationList", "it", revocation_list=lists, ca=material.ca.certificate_pem)
        first, second = parse_crls(pem(world), property="it")
        assert first.issuer == material.ca.certificate.subject
        assert second.issuer == material.other_ca.certificate.subject

    def test_a_certificate_is_pkcs12_without_a_password(self, world: World) -> None:
        made(world, "ListenerCertificate")
        identity = identity_from_pkcs12(pkcs12=pkcs12(world))
        assert identity.certificate == world.material.server.certificate

    def test_pkcs12_loses_its_password(self, world: World) -> None:
        given = b64encode(world.material.client.to_pkcs12("a password")).decode()
        world.create("ClientCertificate", "it", pkcs12=given, pkcs12_password="a password")
        identity = identity_from_pkcs12(pkcs12=pkcs12(world))
        assert identity.certificate == world.material.client.certificate

    def test_a_client_certificate_as_pem(self, worlds: Worlds) -> None:
        world = worlds("guide")
        secret = world.create("ClientCertificate", "it", **world.material.pem(world.material.client), format="PEM")
        assert payload(world).startswith(b"-----BEGIN ")
        assert secret.diff(**world.material.pem(world.material.client)).replaces == ("format",)

    def test_the_default_format_is_no_change(self, world: World) -> None:
        client = world.client_certificate("it")
        assert not client.diff(**world.material.pem(world.material.client), format="PKCS12").changes

    def test_the_raw_secret_is_as_it_is(self, world: World) -> None:
        with world.writes() as sent:
            world.create("Secret", "it", payload=b64encode(b"raw").decode(), algorithm="aes", bit_length=256)
        assert payload(world) == b"raw"
        assert sent[0].body["algorithm"] == "aes"
        assert sent[0].body["bit_length"] == 256
        assert sent[0].body["payload_content_type"] == "application/octet-stream"


def test_another_content_is_another_name(world: World) -> None:
    """Under one name a replacement would be taken for what it replaces."""
    material = world.material
    one = world.create("CertificateAuthority", "ca", certificate=material.ca.certificate_pem)
    other = world.create("CertificateAuthority", "ca", certificate=material.other_ca.certificate_pem)
    names = [str(one.outputs["name"]), str(other.outputs["name"])]
    assert names[0] != names[1]
    assert names[0].rsplit("-", 1)[0] == names[1].rsplit("-", 1)[0]


def test_an_exact_name(world: World) -> None:
    secret = world.create("CertificateAuthority", "ca", certificate=world.material.ca.certificate_pem, name="CA")
    assert secret.outputs["name"] == "CA"
    assert world.host.exports == 0
    certificate = world.material.ca.certificate_pem
    assert secret.diff(certificate=certificate, name="CA2").replaces == ("name",)
    assert not secret.diff(certificate=certificate).changes


@pytest.mark.parametrize(
    ("before", "after", "replaces"),
    [
        ({"expiration": "2030-01-01T00:00:00Z"}, {}, ("expiration",)),
        ({}, {"mode": "cbc"}, ("mode",)),
        ({"secret_type": "opaque"}, {}, ("secret_type",)),
        ({"bit_length": 128}, {"bit_length": 256}, ("bit_length",)),
        ({}, {"secret_type": "certificate", "payload_content_type": "application/octet-stream"}, ()),
    ],
)
def test_every_property_of_a_raw_secret_replaces_it(
    before: dict[str, Any], after: dict[str, Any], replaces: tuple[str, ...], world: World
) -> None:
    content = b64encode(world.material.client.to_pkcs12()).decode()
    secret = world.create("Secret", "it", payload=content, **before)
    assert secret.diff(payload=content, **after).replaces == replaces


def test_a_secret_can_not_be_changed(world: World) -> None:
    """A diff never asks for it; a state that was edited by hand might."""
    secret = world.ca()
    lifecycle = KINDS["CertificateAuthority"]
    with pytest.raises(PropertyError, match=secret.id):
        lifecycle.update_object(None, secret.id, {}, None, lifecycle.fields)  # type: ignore[arg-type]  # it must look at nothing


@pytest.mark.parametrize("how", ["400", "409", "task-error"])
class TestInUse:
    def test_it_waits_and_then_names_its_users(self, how: str, worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
        patience = 9.0
        monkeypatch.setattr(deletion, "IN_USE_SECONDS", patience)
        world = worlds(secret_in_use=how)
        ca, crl, client, server = world.ca(), world.crl(), world.client_certificate(), world.listener_certificate()
        balancer = world.load_balancer()
        listener = world.listener(balancer, protocol="TERMINATED_HTTPS", protocol_port=443, sni_secret_id=[server.id])
        pool = world.pool(balancer, ca_secret_id=ca.id, crl_secret_id=crl.id, secret_id=client.id)
        for secret, user in ((ca, pool), (crl, pool), (client, pool), (server, listener)):
            before = world.clock.slept
            with pytest.raises(Conflict) as caught:
                secret.delete()
            assert patience - 0.001 <= world.clock.slept - before < patience + 10
            message = str(caught.value)
            assert message.startswith(f"delete secret {secret.id}: it is still in use by {user.kind_data.name} ")
            assert str(user.outputs["name"]) in message
            assert user.id in message
            assert secret.refresh()
        assert len(world.objects("secrets")) == 4

    def test_it_goes_as_soon_as_it_is_let_go_of(
        self, how: str, worlds: Worlds, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = worlds(secret_in_use=how)
        ca = world.ca()
        pool = world.pool(world.load_balancer(), ca_secret_id=ca.id)
        sleep, let_go = world.clock.sleep, list[str]()

        def sleep_until_somebody_lets_go(seconds: float) -> None:
            sleep(seconds)
            if not let_go and any("in use by pool" in text for text in world.host.told):
                let_go.append(pool.id)
                world.by_hand("PATCH", f"/v2/lbpools/{pool.id}", {"ca_secret_id": None})

        monkeypatch.setattr(world.clock, "sleep", sleep_until_somebody_lets_go)
        ca.delete()
        assert world.objects("secrets") == []
        assert let_go


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"PoolTlsSnapshot"}))
def test_what_a_program_wants_to_read_must_be_there(kind: str, world: World) -> None:
    """`get`, not a refresh: there is no state of it yet."""
    with pytest.raises(ObjectFailed, match="there is no such object in this project and region"):
        bag = world.bag(kind, "it", {})
        apply.read(KINDS[kind], world.session, context_of(bag), NOWHERE, bag)
