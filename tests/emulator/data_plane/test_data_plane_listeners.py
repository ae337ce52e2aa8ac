"""Which certificate clients get, and which a listener can't have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from gcore_tls_provider.emulator import Behaviour
from gcore_tls_provider.emulator.account import Account
from gcore_tls_provider.emulator.data_plane import ConfigurationRefused, HaproxyDataPlane, haproxy_data_plane
from tests.emulator.data_plane import stored
from tests.emulator.data_plane.clients import ask
from tests.emulator.data_plane.issuing import CLIENT, EXPIRED, SERVER, Issued, authority, issue, signed_with_sha1

ROOT = authority("Root")
RSA = "ECDHE-RSA-AES128-GCM-SHA256"
"""All that a client offers that knows no EC certificates."""


def server(*names: str, **changes: object) -> Issued:
    fields: dict[str, object] = {"names": names, "purposes": (SERVER,), **changes}
    return issue("x", ROOT, **fields)  # type: ignore[arg-type]


CERTIFICATES = {
    "app": server("app.example"),
    "other": server("other.example"),
    "wild": server("*.example"),
    "again": server("app.example"),
    "rsa": server("app.example", key=rsa.generate_private_key(65537, 2048)),
    "expired": server("app.example", valid=EXPIRED),
    "clients only": server("app.example", purposes=(CLIENT,)),
    "cn": issue("cn.example", ROOT, names=("san.example",), purposes=(SERVER,)),
}


def pkcs12(one: Issued) -> bytes:
    assert isinstance(one.key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey))
    return serialize_key_and_certificates(None, one.key, one.certificate, None, NoEncryption())


@pytest.fixture(scope="module")
def plane() -> Iterator[HaproxyDataPlane]:
    with haproxy_data_plane() as found:
        yield found


def carry(plane: HaproxyDataPlane, *certificates: str, **others: Issued) -> int:
    """Gives a listener certificates, in this order, and gives its port."""
    secrets = {**{name: CERTIFICATES[name] for name in certificates if name in CERTIFICATES}, **others}
    first, *more = certificates
    account: Account = stored.account(
        stored.load_balancer(),
        stored.listener(protocol="TERMINATED_HTTPS", secret_id=first, sni_secret_ids=tuple(more)),
        *(stored.secret(name, pkcs12(one)) for name, one in secrets.items()),
    )
    assert plane.apply(account, "lb", Behaviour()) == {}
    endpoint = plane.endpoint("listener")
    assert endpoint is not None
    return endpoint.port


@pytest.mark.parametrize(
    ("certificates", "name", "ciphers", "expected"),
    [
        (["other", "app"], "app.example", None, "app"),
        (["other", "app"], "APP.Example", None, "app"),
        (["other", "wild"], "any.example", None, "wild"),
        (["other", "wild"], "a.any.example", None, "other"),
        (["wild", "app"], "app.example", None, "app"),
        (["app", "wild"], "app.example", None, "app"),
        (["other", "app"], "unknown.test", None, "other"),
        (["other", "app"], None, None, "other"),
        (["app", "again"], "app.example", None, "app"),
        (["again", "app"], "app.example", None, "again"),
        (["rsa", "app"], "app.example", None, "app"),
        (["app", "rsa"], "app.example", None, "app"),
        (["rsa", "app"], "app.example", RSA, "rsa"),
        (["app", "rsa"], "app.example", RSA, "rsa"),
        (["other", "cn"], "cn.example", None, "cn"),
        (["other", "cn"], "san.example", None, "cn"),
        (["expired"], "app.example", None, "expired"),
        (["clients only"], "app.example", None, "clients only"),
    ],
)
def test_which_certificate_a_client_gets(
    certificates: list[str], name: str | None, ciphers: str | None, expected: str, plane: HaproxyDataPlane
) -> None:
    shown = ask(carry(plane, *certificates), name, ciphers=ciphers).certificate
    assert shown == CERTIFICATES[expected].certificate


@pytest.mark.parametrize("weakness", ["RSA 1024", "SHA-1"])
def test_a_weak_certificate_refuses_everything(weakness: str, plane: HaproxyDataPlane, tmp_path: Path) -> None:
    port = carry(plane, "app")
    weak = server("weak.example", key=rsa.generate_private_key(65537, 1024))
    if weakness == "SHA-1":
        weak = signed_with_sha1(server("weak.example"), ROOT, tmp_path / "openssl")
    with pytest.raises(ConfigurationRefused, match="SSL Context"):
        carry(plane, "app", "weak", weak=weak)
    assert ask(port, "weak.example").certificate == CERTIFICATES["app"].certificate
