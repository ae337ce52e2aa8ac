"""Which certificate clients get, and which a listener can't have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from typing_extensions import Unpack

from gcore_emulator import Behavior
from gcore_emulator.account import EmulatedAccount
from gcore_emulator.data_plane import ConfigurationRejected, HaproxyDataPlane, haproxy_data_plane
from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.cli.check.files import Role
from tests.gcore_emulator.data_plane import stored
from tests.gcore_emulator.data_plane.clients import ask
from tests.gcore_emulator.data_plane.issuing import (
    CLIENT,
    DOWNLOAD,
    EXPIRED,
    SERVER,
    Changes,
    Issued,
    authority,
    issue,
    signed_with_sha1,
)
from tests.gcore_emulator.data_plane.judging import gravest, judged

# One HAProxy serves them all.
pytestmark = pytest.mark.xdist_group("listeners")

ROOT = authority("Root")
MIDDLE = authority("Intermediate", ROOT)
RSA = "ECDHE-RSA-AES128-GCM-SHA256"
"""All that a client offers that knows no EC certificates."""


def server(*dns_names: str, issuer: Issued = ROOT, **changes: Unpack[Changes]) -> Issued:
    fields: Changes = {"names": dns_names, "purposes": (SERVER,), **changes}
    return issue("", issuer, **fields)


CERTIFICATES = {
    "app": server("app.example"),
    "other": server("other.example"),
    "wild": server("*.example"),
    "again": server("app.example"),
    "rsa": server("app.example", key=rsa.generate_private_key(65537, 2048)),
    "expired": server("app.example", valid=EXPIRED),
    "clients only": server("app.example", purposes=(CLIENT,)),
    "cn": issue("cn.example", ROOT, names=("san.example",), purposes=(SERVER,)),
    "no name": issue("", ROOT, purposes=(SERVER,)),
    "below": server("app.example", issuer=MIDDLE, extensions=[(DOWNLOAD, False)]),
}
CHAINS = {"below, unrelated": [authority("Other")], "below, sent": [MIDDLE]}
"""What is sent beside a certificate, by the certificate's name and what is said of it."""


def pkcs12(one: Issued, chain: Sequence[Issued] = ()) -> bytes:
    assert isinstance(one.key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey))
    links = [link.certificate for link in chain] or None
    return serialize_key_and_certificates(None, one.key, one.certificate, links, NoEncryption())


# The listener's certificates in their order, the name asked for, what the client can do; which certificate it gets, and
# what a preview says.
ROWS: list[tuple[list[str], str | None, str | None, str, str | None]] = [
    (["other", "app"], "app.example", None, "app", None),
    (["other", "app"], "APP.Example", None, "app", None),
    (["other", "wild"], "any.example", None, "wild", None),
    (["other", "wild"], "a.any.example", None, "other", None),
    (["wild", "app"], "app.example", None, "app", None),
    (["app", "wild"], "app.example", None, "app", None),
    (["other", "app"], "unknown.test", None, "other", None),
    (["other", "app"], None, None, "other", None),
    (["app", "again"], "app.example", None, "app", "warning"),
    (["again", "app"], "app.example", None, "again", "warning"),
    # Two kinds of keys for one name are meant.
    (["rsa", "app"], "app.example", None, "app", None),
    (["app", "rsa"], "app.example", None, "app", None),
    (["rsa", "app"], "app.example", RSA, "rsa", None),
    (["app", "rsa"], "app.example", RSA, "rsa", None),
    (["app", "rsa"], "unknown.test", None, "app", None),
    (["other", "cn"], "cn.example", None, "cn", None),
    (["other", "cn"], "san.example", None, "cn", None),
    (["no name", "app"], "unknown.test", None, "no name", "error"),
    (["no name", "app"], "app.example", None, "app", "error"),
    # Served as they are: it is clients that fail.
    (["expired"], "app.example", None, "expired", "error"),
    (["clients only"], "app.example", None, "clients only", "error"),
    (["below"], "app.example", None, "below", "warning"),
    (["below, unrelated"], "app.example", None, "below", "warning"),
    (["below, sent"], "app.example", None, "below", None),
]


@pytest.fixture(scope="module")
def plane() -> Iterator[HaproxyDataPlane]:
    with haproxy_data_plane() as found:
        yield found


@pytest.fixture(scope="module")
def carried(plane: HaproxyDataPlane) -> HaproxyDataPlane:
    """A listener for each row, all on one load balancer."""
    carry(plane, *(row[0] for row in ROWS))
    return plane


def carry(plane: HaproxyDataPlane, *listeners: Sequence[str], load_balancer_id: str = "lb", **others: Issued) -> None:
    """Gives listeners their certificates, in this order. They are named by their numbers."""
    names = dict.fromkeys(name for certificates in listeners for name in certificates)
    secrets = {name: others.get(name) or CERTIFICATES[name.partition(",")[0]] for name in names}
    account: EmulatedAccount = stored.account(
        stored.load_balancer(load_balancer_id),
        *(
            stored.listener(
                f"{load_balancer_id}{number}",
                load_balancer_id=load_balancer_id,
                protocol="TERMINATED_HTTPS",
                secret_id=first,
                sni_secret_ids=tuple(more),
            )
            for number, (first, *more) in enumerate(listeners)
        ),
        *(stored.secret(name, pkcs12(one, CHAINS.get(name, ()))) for name, one in secrets.items()),
    )
    assert plane.apply(account, load_balancer_id, Behavior()) == {}


def port(plane: HaproxyDataPlane, listener_id: str) -> int:
    endpoint = plane.endpoint(listener_id)
    assert endpoint is not None
    return endpoint.port


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_which_certificate_a_client_gets(number: int, carried: HaproxyDataPlane) -> None:
    certificates, name, ciphers, expected, preview = ROWS[number]
    shown = ask(port(carried, f"lb{number}"), name, ciphers=ciphers).certificate
    assert shown == CERTIFICATES[expected].certificate, certificates
    said = said_of(*certificates)
    assert gravest(said) == preview, said


def said_of(first: str, *more: str) -> list[Finding]:
    """What a preview says of a listener's certificates, the chains included."""
    files: list[tuple[str, Role]] = [(first, "listener"), *((name, "sni") for name in more)]
    texts = [
        (CERTIFICATES[name.partition(",")[0]].bundle + "".join(link.pem for link in CHAINS.get(name, ())), role)
        for name, role in files
    ]
    return judged(texts)


@pytest.mark.parametrize("weakness", ["RSA 1024", "SHA-1"])
def test_a_weak_certificate_refuses_everything(weakness: str, plane: HaproxyDataPlane, tmp_path: Path) -> None:
    carry(plane, ["app"], load_balancer_id="second")
    weak = server("weak.example", key=rsa.generate_private_key(65537, 1024))
    if weakness == "SHA-1":
        weak = signed_with_sha1(server("weak.example"), ROOT, tmp_path / "openssl")
    with pytest.raises(ConfigurationRejected, match="SSL Context"):
        carry(plane, ["app", "weak"], load_balancer_id="second", weak=weak)
    assert ask(port(plane, "second0"), "weak.example").certificate == CERTIFICATES["app"].certificate
