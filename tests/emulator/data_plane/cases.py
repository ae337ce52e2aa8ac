"""Material with one thing wrong at a time, and what HAProxy 2.6 on OpenSSL 3 makes of it.

All cases are put on one load balancer, a listener each, so that the slow refusals pass side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.emulator.data_plane.issuing import (
    ANY,
    CLIENT,
    EXPIRED,
    LATER,
    SERVER,
    UNKNOWN,
    Issued,
    authority,
    backend,
    client,
    issue,
    revocations,
    signed_with_sha1,
)

ALERTS = {
    42: "SSLV3_ALERT_BAD_CERTIFICATE",
    43: "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    44: "SSLV3_ALERT_CERTIFICATE_REVOKED",
    45: "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    46: "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    48: "TLSV1_ALERT_UNKNOWN_CA",
    51: "TLSV1_ALERT_DECRYPT_ERROR",
    80: "TLSV1_ALERT_INTERNAL_ERROR",
}
"""What OpenSSL calls the alerts that the backend is told."""


@dataclass(frozen=True, repr=False)
class Case:
    """One pool with one backend.

    Attributes:
        backend: the backend's certificate, key and chain, PEM.
        ca: the CA secret; None: the pool has none.
        crl: the CRL secret.
        client: the pool's client certificate, PEM.
        client_ca: the CA whose client certificates the backend takes.
        status: what a client gets.
        alert: what the backend is told, by number; None: nothing, all is well.
        member: the member's status under a TCP monitor.
        weak: the backend serves 1,024 bits and SHA-1.
    """

    backend: str
    ca: str | None
    client: str
    client_ca: str
    crl: str | None = None
    status: int = 200
    alert: int | None = None
    member: str = "ONLINE"
    weak: bool = False
    tls12: bool = False


def cases(folder: Path) -> dict[str, Case]:
    """All cases by name."""
    made: dict[str, Case] = {}
    root, other = authority("Root"), authority("Other")
    middle = authority("Intermediate", root)
    under_middle = backend(middle)
    good_client = client(root)

    def add(name: str, shown: str, ca: str | None = root.pem, crl: str | None = None, **changes: object) -> None:
        fields = {"client": good_client.bundle, "client_ca": root.pem, **changes}
        made[name] = Case(backend=shown, ca=ca, crl=crl, **fields)  # type: ignore[arg-type]

    def refused(name: str, alert: int, shown: str, ca: str | None = root.pem, crl: str | None = None) -> None:
        add(name, shown, ca, crl, status=503, alert=alert, member="ERROR")

    # The backend's certificate.
    add("backend: good", backend(root).bundle)
    for label, key in (
        ("P-384", ec.generate_private_key(ec.SECP384R1())),
        ("P-521", ec.generate_private_key(ec.SECP521R1())),
        ("RSA 2048", rsa.generate_private_key(65537, 2048)),
        ("Ed25519", ed25519.Ed25519PrivateKey.generate()),
    ):
        add(f"backend: {label}", backend(root, key=key).bundle)
    refused("backend: other CA", 48, backend(other).bundle)
    refused("backend: self-signed", 48, backend(None).bundle)
    add("backend: other CA, no CA on the pool", backend(other).bundle, None)
    add("backend: expired, no CA on the pool", backend(root, valid=EXPIRED).bundle, None)
    refused("backend: expired", 45, backend(root, valid=EXPIRED).bundle)
    refused("backend: not yet valid", 42, backend(root, valid=LATER).bundle)
    revoked = backend(root)
    refused("backend: revoked", 44, revoked.bundle, crl=revocations(root, revoked))
    refused("backend: only for clients", 43, backend(root, purposes=(CLIENT,)).bundle)
    refused("backend: for anything", 43, backend(root, purposes=(ANY,)).bundle)
    add("backend: for no purpose", backend(root, purposes=None).bundle)
    add("backend: key usage keyEncipherment alone", backend(root, usages=("key_encipherment",)).bundle)
    refused("backend: key usage keyCertSign alone", 43, backend(root, usages=("key_cert_sign",)).bundle)
    refused("backend: unknown critical extension", 46, backend(root, extensions=[(UNKNOWN, True)]).bundle)
    for names in (["*.app.example"], ["*"], ["other.example"]):
        shown = issue("x", root, names=names, purposes=(SERVER,)).bundle
        add(f"backend: name {names[0]}", shown, status=503, alert=80)
    add("backend: no name", issue("x", root, purposes=(SERVER,)).bundle, status=503, alert=80)
    for names, subject in ((["other.example"], "app.example"), (["*.example"], "x"), (["APP.example"], "x")):
        add(f"backend: names {subject} and {names[0]}", issue(subject, root, names=names, purposes=(SERVER,)).bundle)
    add("chain: intermediate sent", under_middle.bundle + middle.pem)
    add("chain: intermediate and root sent", under_middle.bundle + middle.pem + root.pem)
    refused("chain: intermediate neither sent nor in the bundle", 48, under_middle.bundle)
    add("chain: intermediate in the bundle", under_middle.bundle, root.pem + middle.pem)
    refused("chain: intermediate alone in the bundle", 48, under_middle.bundle, middle.pem)
    crossed = authority("Other", root, key=other.key)
    add("chain: cross-signed, old root", backend(other).bundle + crossed.pem)
    add("chain: cross-signed, new root", backend(other).bundle + crossed.pem, other.pem)
    weak_key = rsa.generate_private_key(65537, 1024)
    for label, one in (
        ("RSA 1024", backend(root, key=weak_key)),
        ("SHA-1", signed_with_sha1(backend(root), root, folder)),
    ):
        add(f"backend: {label}", one.bundle, status=503, alert=42, member="ERROR", weak=True)
    sha1_middle = signed_with_sha1(middle, root, folder)
    add("chain: SHA-1 sent", under_middle.bundle + sha1_middle.pem, status=503, alert=42, member="ERROR", weak=True)
    refused("chain: SHA-1 in the bundle", 42, under_middle.bundle, root.pem + sha1_middle.pem)

    # The CA secret.
    new = authority("Root")
    add("ca: old and new", backend(root).bundle, root.pem + other.pem)
    add("ca: new and old", backend(root).bundle, other.pem + root.pem)
    add("ca: same subject, new key", backend(new).bundle, root.pem + new.pem)
    no_id = backend(new, authority_key=False).bundle
    refused("ca: same subject, new key last, no authority key id", 51, no_id, root.pem + new.pem)
    add("ca: same subject, new key first, no authority key id", no_id, new.pem + root.pem)
    old = authority("Root", key=root.key, valid=EXPIRED)
    add("ca: expired and renewed", backend(root).bundle, old.pem + root.pem)
    add("ca: twice", backend(root).bundle, root.pem + root.pem)
    refused("ca: expired", 45, backend(root).bundle, old.pem)
    refused("ca: not yet valid", 42, backend(root).bundle, authority("Root", key=root.key, valid=LATER).pem)
    for label, changes in (
        ("CA:FALSE", {"ca": False}),
        ("neither basic constraints nor key usage", {"ca": None, "usages": None}),
        ("no keyCertSign", {"usages": ("crl_sign",)}),
    ):
        odd = authority("Odd", **changes)
        refused(f"ca: {label}", 48, backend(odd).bundle, odd.pem)
    by_usage = authority("By usage", ca=None)
    add("ca: no basic constraints, key usage keyCertSign", backend(by_usage).bundle, by_usage.pem)
    short = authority("Short", path_length=0)
    below = authority("Below", short)
    refused("ca: path length exceeded", 48, backend(below).bundle + below.pem, short.pem)
    free = authority("Free", usages=None)
    add("ca: no key usage", backend(free).bundle, free.pem, revocations(free))
    for_clients = authority("For clients", purposes=(CLIENT,))
    refused("ca: for clients only", 43, backend(for_clients).bundle, for_clients.pem)
    constraint = x509.NameConstraints(None, [x509.DNSName("app.example")])
    constrained = authority("Constrained", extensions=[(constraint, True)])
    refused("ca: name excluded", 46, backend(constrained).bundle, constrained.pem)
    weak_root = authority("Weak", key=weak_key)
    refused("ca: RSA 1024", 42, backend(weak_root).bundle, weak_root.pem)
    sha1_root = signed_with_sha1(root, root, folder)
    add("ca: self-signed with SHA-1", backend(root).bundle, sha1_root.pem)
    pinned = backend(None)
    add("ca: the self-signed backend itself", pinned.bundle, pinned.pem)
    leaf = backend(root)
    refused("ca: the backend itself", 48, leaf.bundle, leaf.pem)
    for label, text in _spellings(root):
        add(f"ca: {label}", backend(root).bundle, text)
    add("ca: with a private key", backend(root).bundle, root.pem + root.key_pem)
    gone = backend(root)
    add("ca: with a CRL, which isn't used", gone.bundle, root.pem + revocations(root, gone))
    refused("ca: a CRL instead", 48, backend(root).bundle, revocations(root))

    # The CRL secret.
    add("crl: empty", backend(root).bundle, crl=revocations(root))
    add(
        "crl: expired and fresh",
        backend(root).bundle,
        crl=revocations(root, valid=EXPIRED) + revocations(root, number=2),
    )
    add("crl: with a stranger's", backend(root).bundle, crl=revocations(root) + revocations(other))
    refused("crl: expired", 45, backend(root).bundle, crl=revocations(root, valid=EXPIRED))
    refused("crl: not yet valid", 42, backend(root).bundle, crl=revocations(root, valid=LATER))
    refused("crl: of another CA", 48, backend(root).bundle, crl=revocations(other))
    refused("crl: other key, without its id", 51, backend(root).bundle, crl=revocations(new))
    key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(new.key.public_key())
    other_key = revocations(new, extensions=[(key_id, False)])
    refused("crl: other key", 48, backend(root).bundle, crl=other_key)
    renamed = revocations(root, name=other.certificate.subject)
    refused("crl: other name", 48, backend(root).bundle, crl=renamed)
    no_lists = authority("No lists", usages=("key_cert_sign",))
    refused("crl: CA without cRLSign", 46, backend(no_lists).bundle, no_lists.pem, revocations(no_lists))
    odd_list = revocations(root, extensions=[(UNKNOWN, True)])
    refused("crl: unknown critical extension", 46, backend(root).bundle, crl=odd_list)
    scope = x509.IssuingDistributionPoint(None, None, False, True, None, False, False)
    refused("crl: for CAs only", 46, backend(root).bundle, crl=revocations(root, extensions=[(scope, True)]))
    sent = under_middle.bundle + middle.pem
    refused("crl: of one CA of two", 48, sent, crl=revocations(root))
    add("crl: of both CAs", sent, crl=revocations(middle) + revocations(root))
    refused("crl: of both CAs, one expired", 45, sent, crl=revocations(middle, valid=EXPIRED) + revocations(root))
    refused("crl: intermediate revoked", 44, sent, crl=revocations(middle) + revocations(root, middle))
    both = root.pem + other.pem
    add("crl: of the old CA, old backend", backend(root).bundle, both, revocations(root))
    refused("crl: of the old CA, new backend", 48, backend(other).bundle, both, revocations(root))
    refused("crl: a certificate instead", 48, backend(root).bundle, crl=root.pem)

    # The client certificate.
    for label, shown, wanted in _clients(root, other):
        for version in (True, False):
            status, member = (200, "ONLINE") if wanted else (503, "ERROR") if version else (502, "ONLINE")
            add(
                f"client: {label}, TLS 1.{2 if version else 3}",
                backend(root).bundle,
                client=shown,
                tls12=version,
                status=status,
                member=member,
            )
    return made


def _spellings(root: Issued) -> Iterator[tuple[str, str]]:
    yield "CRLF", root.pem.replace("\n", "\r\n")
    yield "text around", f"Bag Attributes\n{root.pem}the end\n"
    yield "empty lines", f"\n\n{root.pem}\n\n"
    yield "no final newline", root.pem.rstrip("\n")
    yield "byte order mark", f"\ufeff{root.pem}"
    yield "label X509", root.pem.replace("CERTIFICATE", "X509 CERTIFICATE")


def _clients(root: Issued, other: Issued) -> Iterator[tuple[str, str, bool]]:
    """Name, certificate and key (PEM), and whether the backend takes it."""
    make: Callable[..., Issued] = client
    yield "good", make(root).bundle, True
    yield "no purpose", make(root, purposes=None).bundle, True
    yield "client and server", make(root, purposes=(CLIENT, SERVER)).bundle, True
    yield "none", "", False
    yield "expired", make(root, valid=EXPIRED).bundle, False
    yield "not yet valid", make(root, valid=LATER).bundle, False
    yield "other CA", make(other).bundle, False
    yield "self-signed", make(None).bundle, False
    yield "server only", make(root, purposes=(SERVER,)).bundle, False
    yield "for anything", make(root, purposes=(ANY,)).bundle, False
    yield "key usage keyEncipherment alone", make(root, usages=("key_encipherment",)).bundle, False
