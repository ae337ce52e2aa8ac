"""Certificate material that can't serve in the role that it is given: who names a secret is told."""

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
from tests.material import Material, base64_of


def _pkcs12(key: Any, name: str = "app.example", subject: bool = True) -> bytes:
    """A self-signed certificate with its key."""
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)] if subject else [])
    lasting = x509.CertificateBuilder().subject_name(named).issuer_name(named).public_key(key.public_key())
    lasting = lasting.serial_number(1).not_valid_before(datetime(2026, 1, 1))
    lasting = lasting.not_valid_after(datetime(2036, 1, 1))
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return serialize_key_and_certificates(None, key, lasting.sign(key, algorithm), None, NoEncryption())


Payload = Callable[[Material], str | bytes]


def _corrupt_second_block(material: Material) -> str:
    lines = material.other_authority.certificate_pem.splitlines()
    return material.authority.certificate_pem + "\n".join([lines[0], "!" + lines[1][1:], *lines[2:]])


MATERIALS: list[tuple[str, str, Payload]] = [
    ("secret_id", "password", lambda m: m.with_password),
    ("secret_id", "PEM", lambda m: m.server.to_pem_bundle()),
    ("secret_id", "no key", lambda m: m.without_key),
    ("secret_id", "garbage", lambda m: b"\x30\x03garbage"),
    ("secret_id", "Ed25519", lambda m: _pkcs12(ed25519.Ed25519PrivateKey.generate())),
    ("secret_id", "no name", lambda m: _pkcs12(ec.generate_private_key(ec.SECP256R1()), subject=False)),
    ("sni_secret_id", "PEM", lambda m: m.server.to_pem_bundle()),
    ("pool.secret_id", "password", lambda m: m.with_password),
    ("pool.secret_id", "no key", lambda m: m.without_key),
    ("pool.secret_id", "PEM without key", lambda m: m.client.certificate_pem),
    ("pool.secret_id", "PEM without certificate", lambda m: m.client.private_key_pem),
    ("pool.secret_id", "PEM with encrypted key", lambda m: m.server.certificate_pem + m.encrypted_key),
    ("pool.ca_secret_id", "PKCS12", lambda m: m.server.to_pkcs12()),
    ("pool.ca_secret_id", "revocation list", lambda m: m.crl),
    ("pool.ca_secret_id", "corrupt second block", _corrupt_second_block),
    ("pool.ca_secret_id", "truncated", lambda m: m.authority.certificate_pem[:200]),
    ("pool.crl_secret_id", "certificate", lambda m: m.authority.certificate_pem),
    ("pool.crl_secret_id", "of another CA", lambda m: m.other_crl),
    ("pool.crl_secret_id", "damaged", lambda m: m.crl.replace("\nM", "\nN", 1)),
]


@pytest.mark.parametrize(
    ("place", "what", "payload"), MATERIALS, ids=[f"{place}: {what}" for place, what, _ in MATERIALS]
)
def test_a_secret_must_serve_in_its_role(api: Api, place: str, what: str, payload: Payload) -> None:
    """A secret is taken as it is; who names it finds out."""
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
    refused = api.refused("POST", path, 400, "ValidationError", json=body)
    assert set(refused["invalid_fields"]) == {field}
    assert secret in refused["message"]


class TestRevocationList:
    def test_it_needs_its_ca(self, api: Api) -> None:
        body = pool_body(load_balancer_id=api.load_balancer(), crl_secret_id=api.crl_secret())
        refused = api.refused("POST", "/v1/lbpools/@", 400, json=body)
        assert set(refused["invalid_fields"]) == {"crl_secret_id"}

    def test_it_is_the_first_of_a_bundle_that_must_have_signed_it(self, api: Api) -> None:
        material = api.material
        first = material.authority.certificate_pem + material.other_authority.certificate_pem
        second = material.other_authority.certificate_pem + material.authority.certificate_pem
        _, pool = api.pool_on_new_load_balancer()
        crl = api.crl_secret()
        api.do("PATCH", f"/v2/lbpools/@/{pool}", {"ca_secret_id": api.secret(base64_of(first)), "crl_secret_id": crl})
        wrong = {"ca_secret_id": api.secret(base64_of(second))}
        refused = api.refused("PATCH", f"/v2/lbpools/@/{pool}", 400, json=wrong)
        assert set(refused["invalid_fields"]) == {"crl_secret_id"}

    def test_the_ca_cannot_go_while_it_stays(self, api: Api) -> None:
        _, pool = api.pool_on_new_load_balancer(ca_secret_id=api.ca_secret(), crl_secret_id=api.crl_secret())
        api.refused("PATCH", f"/v2/lbpools/@/{pool}", 400, json={"ca_secret_id": None})
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
def test_pem_texts_must_fit_each_other(api: Api, part: str, text: str) -> None:
    material = api.material
    texts = {"encrypted": material.encrypted_key, "other": material.client.private_key_pem}
    payload = {**material.pem_texts, part: texts.get(text, text)}
    refused = api.refused("POST", "/v2/secrets/@", 400, "ValidationError", json={"name": "web", "payload": payload})
    assert set(refused["invalid_fields"]) == {"payload"}
    assert part in refused["message"]
