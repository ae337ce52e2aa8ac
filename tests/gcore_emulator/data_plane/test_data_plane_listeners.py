"""Certificate of a listener that a client gets, and certificates that a listener cannot use."""

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
from tests.gcore_emulator.data_plane.clients import fetch
from tests.gcore_emulator.data_plane.issuing import (
    CA_ISSUERS,
    CLIENT,
    EXPIRED,
    SERVER,
    Issued,
    IssueOptions,
    issue_ca,
    issue_certificate,
    sign_with_sha1,
)
from tests.gcore_emulator.data_plane.preview_findings import preview_findings, worst_severity

# One HAProxy serves all listeners.
pytestmark = pytest.mark.xdist_group("listeners")

ROOT = issue_ca("Root")
MIDDLE = issue_ca("Intermediate", ROOT)
RSA = "ECDHE-RSA-AES128-GCM-SHA256"
"""Cipher suites of a client that does not support EC certificates."""


def server(*dns_names: str, issuer: Issued = ROOT, **changes: Unpack[IssueOptions]) -> Issued:
    fields: IssueOptions = {"names": dns_names, "purposes": (SERVER,), **changes}
    return issue_certificate("", issuer, **fields)


CERTIFICATES = {
    "app": server("app.example"),
    "other": server("other.example"),
    "wild": server("*.example"),
    "duplicate": server("app.example"),
    "rsa": server("app.example", key=rsa.generate_private_key(65537, 2048)),
    "expired": server("app.example", valid=EXPIRED),
    "clients only": server("app.example", purposes=(CLIENT,)),
    "cn": issue_certificate("cn.example", ROOT, names=("san.example",), purposes=(SERVER,)),
    "no name": issue_certificate("", ROOT, purposes=(SERVER,)),
    "below": server("app.example", issuer=MIDDLE, extensions=[(CA_ISSUERS, False)]),
}
CHAINS = {"below, unrelated": [issue_ca("Other")], "below, sent": [MIDDLE]}
"""Chain of a certificate, by the certificate's name and a description of the chain."""


def pkcs12(one: Issued, chain: Sequence[Issued] = ()) -> bytes:
    assert isinstance(one.key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey))
    links = [link.certificate for link in chain] or None
    return serialize_key_and_certificates(None, one.key, one.certificate, links, NoEncryption())


# Certificates of the listener in their order, SNI and ciphers of the client, expected certificate, and worst severity
# in a preview.
ROWS: list[tuple[list[str], str | None, str | None, str, str | None]] = [
    (["other", "app"], "app.example", None, "app", None),
    (["other", "app"], "APP.Example", None, "app", None),
    (["other", "wild"], "any.example", None, "wild", None),
    (["other", "wild"], "a.any.example", None, "other", None),
    (["wild", "app"], "app.example", None, "app", None),
    (["app", "wild"], "app.example", None, "app", None),
    (["other", "app"], "unknown.test", None, "other", None),
    (["other", "app"], None, None, "other", None),
    (["app", "duplicate"], "app.example", None, "app", "warning"),
    (["duplicate", "app"], "app.example", None, "duplicate", "warning"),
    # Two kinds of keys for one name are intended.
    (["rsa", "app"], "app.example", None, "app", None),
    (["app", "rsa"], "app.example", None, "app", None),
    (["rsa", "app"], "app.example", RSA, "rsa", None),
    (["app", "rsa"], "app.example", RSA, "rsa", None),
    (["app", "rsa"], "unknown.test", None, "app", None),
    (["other", "cn"], "cn.example", None, "cn", None),
    (["other", "cn"], "san.example", None, "cn", None),
    (["no name", "app"], "unknown.test", None, "no name", "error"),
    (["no name", "app"], "app.example", None, "app", "error"),
    # HAProxy serves these unchanged, and clients reject them.
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
def served(plane: HaproxyDataPlane) -> HaproxyDataPlane:
    """Serve a listener for each row, all on one load balancer."""
    serve(plane, *(row[0] for row in ROWS))
    return plane


def serve(plane: HaproxyDataPlane, *listeners: Sequence[str], load_balancer_id: str = "lb", **others: Issued) -> None:
    """Serve listeners with these certificates, in this order. Their IDs end in their numbers."""
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
def test_client_gets_the_matching_certificate_and_preview_reports_the_expected_severity(
    number: int, served: HaproxyDataPlane
) -> None:
    certificates, name, ciphers, expected, preview = ROWS[number]
    received = fetch(port(served, f"lb{number}"), name, ciphers=ciphers).certificate
    assert received == CERTIFICATES[expected].certificate, certificates
    findings = findings_of(*certificates)
    assert worst_severity(findings) == preview, findings


def findings_of(first: str, *more: str) -> list[Finding]:
    """Return the findings of a preview for a listener's certificates and their chains."""
    files: list[tuple[str, Role]] = [(first, "listener"), *((name, "sni") for name in more)]
    texts = [
        (CERTIFICATES[name.partition(",")[0]].bundle + "".join(link.pem for link in CHAINS.get(name, ())), role)
        for name, role in files
    ]
    return preview_findings(texts)


@pytest.mark.parametrize("weakness", ["RSA 1024", "SHA-1"])
def test_weak_certificate_rejects_the_whole_configuration(
    weakness: str, plane: HaproxyDataPlane, tmp_path: Path
) -> None:
    serve(plane, ["app"], load_balancer_id="second")
    weak = server("weak.example", key=rsa.generate_private_key(65537, 1024))
    if weakness == "SHA-1":
        weak = sign_with_sha1(server("weak.example"), ROOT, tmp_path / "openssl")
    with pytest.raises(ConfigurationRejected, match="SSL Context"):
        serve(plane, ["app", "weak"], load_balancer_id="second", weak=weak)
    assert fetch(port(plane, "second0"), "weak.example").certificate == CERTIFICATES["app"].certificate
