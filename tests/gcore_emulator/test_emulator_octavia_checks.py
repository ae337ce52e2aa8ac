"""Secrets that cannot be used in their role: the request that refers to one is rejected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from tests.gcore_emulator.emulated_api import LISTENER, Api, pool_body
from tests.material import LoadBalancerPki, base64_of


def _pkcs12(key: Any, name: str = "app.example", subject: bool = True) -> bytes:
    """Return a self-signed certificate with its key."""
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)] if subject else [])
    lasting = x509.CertificateBuilder().subject_name(named).issuer_name(named).public_key(key.public_key())
    lasting = lasting.serial_number(1).not_valid_before(datetime(2026, 1, 1))
    lasting = lasting.not_valid_after(datetime(2036, 1, 1))
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return serialize_key_and_certificates(None, key, lasting.sign(key, algorithm), None, NoEncryption())


Payload = Callable[[LoadBalancerPki], str | bytes]


def _corrupt_second_block(material: LoadBalancerPki) -> str:
    lines = material.other_ca.certificate_pem.splitlines()
    return material.ca.certificate_pem + "\n".join([lines[0], "!" + lines[1][1:], *lines[2:]])


UNUSABLE_SECRETS: list[tuple[str, str, Payload]] = [
    ("secret_id", "password", lambda m: m.server_pkcs12_with_password),
    ("secret_id", "PEM", lambda m: m.server.to_pem_bundle()),
    ("secret_id", "no key", lambda m: m.server_pkcs12_without_key),
    ("secret_id", "garbage", lambda m: b"\x30\x03garbage"),
    ("secret_id", "Ed25519", lambda m: _pkcs12(ed25519.Ed25519PrivateKey.generate())),
    ("secret_id", "no name", lambda m: _pkcs12(ec.generate_private_key(ec.SECP256R1()), subject=False)),
    ("sni_secret_id", "PEM", lambda m: m.server.to_pem_bundle()),
    ("pool.secret_id", "password", lambda m: m.server_pkcs12_with_password),
    ("pool.secret_id", "no key", lambda m: m.server_pkcs12_without_key),
    ("pool.secret_id", "PEM without key", lambda m: m.client.certificate_pem),
    ("pool.secret_id", "PEM without certificate", lambda m: m.client.private_key_pem),
    ("pool.secret_id", "PEM with encrypted key", lambda m: m.server.certificate_pem + m.encrypted_server_key),
    ("pool.ca_secret_id", "PKCS12", lambda m: m.server.to_pkcs12()),
    ("pool.ca_secret_id", "CRL", lambda m: m.crl),
    ("pool.ca_secret_id", "corrupt second block", _corrupt_second_block),
    ("pool.ca_secret_id", "truncated", lambda m: m.ca.certificate_pem[:200]),
    ("pool.crl_secret_id", "certificate", lambda m: m.ca.certificate_pem),
    ("pool.crl_secret_id", "of another CA", lambda m: m.other_crl),
    ("pool.crl_secret_id", "damaged", lambda m: m.crl.replace("\nM", "\nN", 1)),
]


@pytest.mark.parametrize(
    ("place", "what", "payload"), UNUSABLE_SECRETS, ids=[f"{place}: {what}" for place, what, _ in UNUSABLE_SECRETS]
)
def test_secret_unusable_in_its_role_is_rejected_with_its_field(
    api: Api, place: str, what: str, payload: Payload
) -> None:
    """The API accepts any blob as a secret, and rejects the request that refers to it."""
    secret = api.secret(base64_of(payload(api.material)), what)
    balancer = api.load_balancer()
    field = place.removeprefix("pool.")
    if place.startswith("pool."):
        body: dict[str, Any] = pool_body(load_balancer_id=balancer, **{field: secret})
        if field == "crl_secret_id":
            body["ca_secret_id"] = api.ca_secret()
        path = "/v1/lbpools/@"
    else:
        body = {**LISTENER, "load_balancer_id": balancer, field: [secret] if field.startswith("sni") else secret}
        path = "/v1/lblisteners/@"
    rejected = api.rejected("POST", path, 400, "ValidationError", json=body)
    assert set(rejected["invalid_fields"]) == {field}
    assert secret in rejected["message"]


class TestCrl:
    def test_crl_without_ca_is_rejected(self, api: Api) -> None:
        body = pool_body(load_balancer_id=api.load_balancer(), crl_secret_id=api.crl_secret())
        rejected = api.rejected("POST", "/v1/lbpools/@", 400, json=body)
        assert set(rejected["invalid_fields"]) == {"crl_secret_id"}

    def test_first_certificate_of_the_ca_bundle_must_have_signed_the_crl(self, api: Api) -> None:
        material = api.material
        first = material.ca.certificate_pem + material.other_ca.certificate_pem
        second = material.other_ca.certificate_pem + material.ca.certificate_pem
        _, pool = api.pool_on_new_load_balancer()
        crl = api.crl_secret()
        api.do("PATCH", f"/v2/lbpools/@/{pool}", {"ca_secret_id": api.secret(base64_of(first)), "crl_secret_id": crl})
        wrong = {"ca_secret_id": api.secret(base64_of(second))}
        rejected = api.rejected("PATCH", f"/v2/lbpools/@/{pool}", 400, json=wrong)
        assert set(rejected["invalid_fields"]) == {"crl_secret_id"}

    def test_ca_cannot_be_removed_without_its_crl(self, api: Api) -> None:
        _, pool = api.pool_on_new_load_balancer(ca_secret_id=api.ca_secret(), crl_secret_id=api.crl_secret())
        api.rejected("PATCH", f"/v2/lbpools/@/{pool}", 400, json={"ca_secret_id": None})
        api.do("PATCH", f"/v2/lbpools/@/{pool}", {"ca_secret_id": None, "crl_secret_id": None})


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("certificate", "no PEM"),
        ("certificate_chain", ""),
        ("private_key", "no PEM"),
        ("private_key", "encrypted"),
        ("private_key", "other"),
    ],
)
def test_mismatched_pem_texts_are_rejected(api: Api, part: str, text: str) -> None:
    material = api.material
    texts = {"encrypted": material.encrypted_server_key, "other": material.client.private_key_pem}
    payload = {**material.server_pem_payload, part: texts.get(text, text)}
    rejected = api.rejected("POST", "/v2/secrets/@", 400, "ValidationError", json={"name": "web", "payload": payload})
    assert set(rejected["invalid_fields"]) == {"payload"}
    assert part in rejected["message"]
