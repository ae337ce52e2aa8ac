"""Secrets of each kind at an emulator: create, read, replace and delete."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from gcore_tls_provider.certificates import identity_from_pkcs12, parse_certificates, parse_crls
from gcore_tls_provider.errors import Conflict, ObjectFailed, PropertyError
from gcore_tls_provider.lifecycle import apply
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.run import deletion
from tests.fake_engine.requests import REDACTED_PAYLOAD, SentRequest
from tests.fake_engine.stack import MISSING_ID, FakeStack, Resource, context_of
from tests.lifecycle.conftest import MakeStack

SECRET_KINDS = ("Secret", "ListenerCertificate", "ClientCertificate", "CertificateAuthority", "RevocationList")
every_kind = pytest.mark.parametrize("kind", SECRET_KINDS)


def create_secret(stack: FakeStack, kind: str, name: str = "it") -> Resource:
    if kind == "Secret":
        return stack.create("Secret", name, payload=b64encode(b"anything").decode(), secret_type="opaque")
    make = {
        "ListenerCertificate": stack.listener_certificate,
        "ClientCertificate": stack.client_certificate,
        "CertificateAuthority": stack.ca,
        "RevocationList": stack.crl,
    }
    return make[kind](name)


@every_kind
def test_a_secret_is_created_refreshed_and_deleted(kind: str, dialect_stack: FakeStack) -> None:
    secret = create_secret(dialect_stack, kind)
    assert [each.id for each in dialect_stack.objects("secrets")] == [secret.id]
    assert secret.outputs["status"] == "ACTIVE"
    assert secret.outputs.get("secret_type") == ("opaque" if kind == "Secret" else "certificate")
    name = str(secret.outputs["name"])
    assert name.startswith("it-")
    assert not secret.saved_diff().changes
    assert secret.refresh()
    assert "name" not in secret.inputs
    assert secret.outputs["name"] == name
    assert not secret.saved_diff().changes
    secret.delete()
    assert dialect_stack.objects("secrets") == []
    assert not secret.refresh()
    with dialect_stack.writes() as sent:
        secret.delete()
    assert sent == [SentRequest("DELETE", f"/v1/secrets/{secret.id}")]


@every_kind
def test_a_secret_with_a_private_key_is_created_through_v2(kind: str, dialect_stack: FakeStack) -> None:
    """Private keys are uploaded to v2, all other content to v1. No other choice works in every dialect."""
    with dialect_stack.writes() as sent:
        create_secret(dialect_stack, kind)
    (post,) = sent
    version = "v2" if kind in ("ListenerCertificate", "ClientCertificate") else "v1"
    assert (post.method, post.path) == ("POST", f"/{version}/secrets")
    assert post.body["payload"] == REDACTED_PAYLOAD


def payload(stack: FakeStack) -> bytes:
    (secret,) = stack.objects("secrets")
    content: bytes = secret.payload
    return content


def pem(stack: FakeStack) -> str:
    return payload(stack).decode()


def pkcs12(stack: FakeStack) -> str:
    return b64encode(payload(stack)).decode()


class TestUploadedContent:
    """Uploaded content: always serialized again from the parsed content, and never with a password."""

    def test_a_ca_is_uploaded_as_pem(self, stack: FakeStack) -> None:
        ca = stack.material.ca.certificate_pem
        stack.create("CertificateAuthority", "it", certificate=f"ours:\r\n{ca}")
        assert payload(stack).startswith(b"-----BEGIN CERTIFICATE-----\n")
        assert parse_certificates(pem(stack), property="it") == parse_certificates(ca, property="it")

    def test_the_crl_of_the_given_ca_is_uploaded_first(self, stack: FakeStack) -> None:
        material = stack.material
        crls = material.other_crl + material.crl
        stack.create("RevocationList", "it", revocation_list=crls, ca=material.ca.certificate_pem)
        first, second = parse_crls(pem(stack), property="it")
        assert first.issuer == material.ca.certificate.subject
        assert second.issuer == material.other_ca.certificate.subject

    def test_a_listener_certificate_is_uploaded_as_pkcs12_without_a_password(self, stack: FakeStack) -> None:
        create_secret(stack, "ListenerCertificate")
        identity = identity_from_pkcs12(pkcs12=pkcs12(stack))
        assert identity.certificate == stack.material.server.certificate

    def test_a_pkcs12_file_is_uploaded_without_its_password(self, stack: FakeStack) -> None:
        pkcs12_file = b64encode(stack.material.client.to_pkcs12("a password")).decode()
        stack.create("ClientCertificate", "it", pkcs12=pkcs12_file, pkcs12_password="a password")
        identity = identity_from_pkcs12(pkcs12=pkcs12(stack))
        assert identity.certificate == stack.material.client.certificate

    def test_a_client_certificate_of_format_pem_is_uploaded_as_pem(self, make_stack: MakeStack) -> None:
        stack = make_stack("guide")
        secret = stack.create("ClientCertificate", "it", **stack.material.pem(stack.material.client), format="PEM")
        assert payload(stack).startswith(b"-----BEGIN ")
        assert secret.diff(**stack.material.pem(stack.material.client)).replaces == ("format",)

    def test_the_default_format_is_no_change(self, stack: FakeStack) -> None:
        client = stack.client_certificate("it")
        assert not client.diff(**stack.material.pem(stack.material.client), format="PKCS12").changes

    def test_the_payload_of_a_raw_secret_is_uploaded_unchanged(self, stack: FakeStack) -> None:
        with stack.writes() as sent:
            stack.create("Secret", "it", payload=b64encode(b"raw").decode(), algorithm="aes", bit_length=256)
        assert payload(stack) == b"raw"
        assert sent[0].body["algorithm"] == "aes"
        assert sent[0].body["bit_length"] == 256
        assert sent[0].body["payload_content_type"] == "application/octet-stream"


def test_secrets_with_different_content_have_different_names(stack: FakeStack) -> None:
    """With the same name, recovery would mistake a replacement for the object that it replaces."""
    material = stack.material
    one = stack.create("CertificateAuthority", "ca", certificate=material.ca.certificate_pem)
    other = stack.create("CertificateAuthority", "ca", certificate=material.other_ca.certificate_pem)
    names = [str(one.outputs["name"]), str(other.outputs["name"])]
    assert names[0] != names[1]
    assert names[0].rsplit("-", 1)[0] == names[1].rsplit("-", 1)[0]


def test_another_explicit_name_replaces_the_secret(stack: FakeStack) -> None:
    secret = stack.create("CertificateAuthority", "ca", certificate=stack.material.ca.certificate_pem, name="CA")
    assert secret.outputs["name"] == "CA"
    assert stack.engine.export_count == 0
    certificate = stack.material.ca.certificate_pem
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
    before: dict[str, Any], after: dict[str, Any], replaces: tuple[str, ...], stack: FakeStack
) -> None:
    content = b64encode(stack.material.client.to_pkcs12()).decode()
    secret = stack.create("Secret", "it", payload=content, **before)
    assert secret.diff(payload=content, **after).replaces == replaces


def test_an_update_of_a_secret_is_an_error(stack: FakeStack) -> None:
    """A diff never requests an update, but a state that was edited by hand can cause one."""
    secret = stack.ca()
    lifecycle = KINDS["CertificateAuthority"]
    with pytest.raises(PropertyError, match=secret.id):
        lifecycle.update_object(None, secret.id, {}, None, lifecycle.fields)  # type: ignore[arg-type]  # the arguments are not used


@pytest.mark.parametrize("how", ["400", "409", "task-error"])
class TestSecretInUse:
    def test_a_delete_of_a_secret_in_use_waits_and_then_reports_its_users(
        self, how: str, make_stack: MakeStack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        patience = 9.0
        monkeypatch.setattr(deletion, "IN_USE_SECONDS", patience)
        stack = make_stack(secret_in_use=how)
        ca, crl, client, server = stack.ca(), stack.crl(), stack.client_certificate(), stack.listener_certificate()
        balancer = stack.load_balancer()
        listener = stack.listener(balancer, protocol="TERMINATED_HTTPS", protocol_port=443, sni_secret_id=[server.id])
        pool = stack.pool(balancer, ca_secret_id=ca.id, crl_secret_id=crl.id, secret_id=client.id)
        for secret, user in ((ca, pool), (crl, pool), (client, pool), (server, listener)):
            before = stack.clock.slept
            with pytest.raises(Conflict) as caught:
                secret.delete()
            assert patience - 0.001 <= stack.clock.slept - before < patience + 10
            message = str(caught.value)
            assert message.startswith(f"delete secret {secret.id}: it is still in use by {user.kind_data.name} ")
            assert str(user.outputs["name"]) in message
            assert user.id in message
            assert secret.refresh()
        assert len(stack.objects("secrets")) == 4

    def test_a_delete_succeeds_when_the_secret_is_no_longer_in_use(
        self, how: str, make_stack: MakeStack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stack = make_stack(secret_in_use=how)
        ca = stack.ca()
        pool = stack.pool(stack.load_balancer(), ca_secret_id=ca.id)
        sleep, released = stack.clock.sleep, list[str]()

        def sleep_and_release(seconds: float) -> None:
            sleep(seconds)
            if not released and any("in use by pool" in text for text in stack.engine.progress_texts):
                released.append(pool.id)
                stack.by_hand("PATCH", f"/v2/lbpools/{pool.id}", {"ca_secret_id": None})

        monkeypatch.setattr(stack.clock, "sleep", sleep_and_release)
        ca.delete()
        assert stack.objects("secrets") == []
        assert released


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"PoolTlsSnapshot"}))
def test_reading_a_missing_object_is_an_error(kind: str, stack: FakeStack) -> None:
    """`get` reads an object that the state does not contain."""
    with pytest.raises(ObjectFailed, match="there is no such object in this project and region"):
        bag = stack.program_inputs(kind, "it", {})
        apply.read(KINDS[kind], stack.session, context_of(bag), MISSING_ID, bag)
