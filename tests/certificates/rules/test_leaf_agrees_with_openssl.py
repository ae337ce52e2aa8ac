"""Errors of a leaf, compared with real handshakes: OpenSSL rejects exactly the certificates with errors.

The verifying side has security level 2, as on Debian, Ubuntu and in HAProxy's images. The side with the certificate has
level 0, so that only the other side decides. The version is TLS 1.2, where a rejected client certificate ends the
handshake.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.rules.leaf import LeafRole, leaf_findings
from tests.certificates import issuing
from tests.certificates.issuing import ANY, CLIENT, SERVER, Issued

ROUNDS = 10
NOW = datetime.now(timezone.utc).replace(microsecond=0)
DAY = timedelta(days=1)
NAME = "app.example"
UNKNOWN_CRITICAL = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00"), True)
ONLY_OTHER_NAMES = (x509.NameConstraints([x509.DNSName("other.example")], None), True)
OWN_SUBJECT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
ONLY_OWN_SUBJECT = (x509.NameConstraints([x509.DirectoryName(OWN_SUBJECT)], None), True)

issue = partial(issuing.issue, not_before=NOW - 2 * DAY, not_after=NOW + 2 * DAY)
issue_ca = partial(issuing.issue_ca, not_before=NOW - 2 * DAY, not_after=NOW + 2 * DAY)

ROOT = issue_ca("Root CA")


@dataclass(frozen=True)
class Case:
    """A leaf, presented to a peer that trusts `root`.

    Attributes:
        name: Its unusual property.
        leaf: Function that issues it.
        role: Role of the leaf.
        differs: Why the rules differ from this handshake; empty if they agree.
        root: CA that the peer trusts.
        sent: Chain that is sent with it; None for all intermediates.
    """

    name: str
    leaf: Callable[[], Issued]
    role: LeafRole = "listener"
    differs: str = ""
    root: Issued = ROOT
    sent: tuple[Issued, ...] | None = None

    def presented(self, leaf: Issued) -> CertificateChain:
        return leaf.public if self.sent is None else leaf.with_chain(*self.sent)


def below(name: str, **properties: Any) -> Callable[[], Issued]:
    return lambda: issue(NAME, issue_ca(name, ROOT, **properties))


def client(**properties: Any) -> Callable[[], Issued]:
    return lambda: issue(NAME, ROOT, **{"extended_key_usage": [CLIENT], **properties})


def server(**properties: Any) -> Callable[[], Issued]:
    return lambda: issue(NAME, ROOT, **properties)


MIDDLE = issue_ca("Middle CA", ROOT)
SHORT = issue_ca("Short CA", ROOT, path_length=0)
ED25519_ROOT = issue_ca("Ed25519 Root CA", key="Ed25519")
SHA1_ROOT = issue_ca("Aged Root CA", sha1=True)

CASES = [
    Case("good", server()),
    Case("good client", client(), "client"),
    Case("expired", server(not_after=NOW - DAY)),
    Case("not yet valid", server(not_before=NOW + DAY)),
    Case("expired client", client(not_after=NOW - DAY), "client"),
    Case("client that is not valid yet", client(not_before=NOW + DAY), "client"),
    Case("listener for clients only", server(extended_key_usage=[CLIENT])),
    Case("listener for anything", server(extended_key_usage=[ANY])),
    Case("listener for both", server(extended_key_usage=[CLIENT, SERVER])),
    Case("listener without extended key usage", server(extended_key_usage=None)),
    Case("client for servers only", server(), "client"),
    Case("client for anything", client(extended_key_usage=[ANY]), "client"),
    Case("client for both", client(extended_key_usage=[CLIENT, SERVER]), "client"),
    Case("client without extended key usage", client(extended_key_usage=None), "client"),
    Case("listener without key usage", server(usages=None)),
    Case("listener that encrypts keys only", server(usages=["key_encipherment"], key="RSA 2048")),
    Case(
        "listener that agrees on keys only",
        server(usages=["key_agreement"]),
        differs="a warning: clients with TLS 1.3 whose OpenSSL ignores the key usage accept it",
    ),
    Case("listener that signs certificates only", server(usages=["key_cert_sign"])),
    Case("listener that signs contents only", server(usages=["content_commitment"])),
    Case("client without key usage", client(usages=None), "client"),
    Case("client that encrypts keys only", client(usages=["key_encipherment"], key="RSA 2048"), "client"),
    Case(
        "client that agrees on keys only",
        client(usages=["key_agreement"]),
        "client",
        differs="OpenSSL accepts key agreement of a client, although a client signs (RFC 8446, section 4.4.2.4)",
    ),
    Case("CA as a leaf", server(ca=True)),
    Case("CA as a client", client(ca=True), "client"),
    Case("without basic constraints", server(ca=None)),
    Case("unknown critical extension", server(extensions=[UNKNOWN_CRITICAL])),
    Case("client with an unknown critical extension", client(extensions=[UNKNOWN_CRITICAL]), "client"),
    Case("RSA 2048", server(key="RSA 2048")),
    Case("P-384", server(key="P-384")),
    Case("P-521", server(key="P-521")),
    Case("RSA 1024", server(key="RSA 1024")),
    Case("client with RSA 1024", client(key="RSA 1024"), "client"),
    Case("secp256k1", server(key="secp256k1")),
    Case("P-224", server(key="P-224")),
    Case("client with secp256k1", client(key="secp256k1"), "client"),
    Case("signed with SHA-1", server(sha1=True)),
    Case("client signed with SHA-1", client(sha1=True), "client"),
    Case("root signed with SHA-1", lambda: issue(NAME, SHA1_ROOT), root=SHA1_ROOT, sent=(SHA1_ROOT,)),
    Case("intermediate", below("Middle CA")),
    Case("intermediate and root sent", lambda: issue(NAME, MIDDLE), sent=(MIDDLE, ROOT)),
    Case(
        "intermediate not sent",
        lambda: issue(NAME, MIDDLE),
        sent=(),
        differs="a private root can have issued the leaf: only the peer knows its roots",
    ),
    Case("unrelated CA sent", server(), sent=(issue_ca("Unrelated CA"),)),
    Case("bare intermediate", below("Bare CA", usages=None, subject_key_id=False, authority_key_id=False)),
    Case("expired intermediate", below("Old CA", not_after=NOW - DAY)),
    Case("intermediate that is not valid yet", below("Next CA", not_before=NOW + DAY)),
    Case("intermediate that is not a CA", below("Not A CA", ca=False)),
    Case("intermediate without basic constraints", below("Not A CA", ca=None, usages=None)),
    Case("intermediate that must not sign certificates", below("CRL CA", usages=["crl_sign"])),
    Case("intermediate for clients only", below("Clients CA", extended_key_usage=[CLIENT])),
    Case("intermediate for anything", below("Any CA", extended_key_usage=[ANY])),
    Case("intermediate for servers", below("Servers CA", extended_key_usage=[SERVER])),
    Case("intermediate with an unknown critical extension", below("Odd CA", extensions=[UNKNOWN_CRITICAL])),
    Case("intermediate with RSA 1024", below("Weak CA", key="RSA 1024")),
    Case("intermediate signed with SHA-1", below("Aged CA", sha1=True)),
    Case("intermediate for other names", below("Bound CA", extensions=[ONLY_OTHER_NAMES])),
    Case("intermediate for this subject", below("Own CA", extensions=[ONLY_OWN_SUBJECT])),
    Case("intermediate too deep", lambda: issue(NAME, issue_ca("Sub CA", SHORT))),
    Case("intermediate at the allowed depth", lambda: issue(NAME, SHORT)),
    Case(
        "intermediate with an Ed25519 key",
        lambda: issue(NAME, issue_ca("Ed25519 CA", ED25519_ROOT, key="Ed25519")),
        root=ED25519_ROOT,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_leaf_has_an_error_exactly_if_openssl_rejects_it(case: Case, tmp_path: Path) -> None:
    leaf = case.leaf()
    presented = case.presented(leaf)

    findings = leaf_findings(presented, role=case.role, now=NOW, expiry_warning_days=0)
    rejection = openssl_rejection(leaf, presented, case, tmp_path)

    errors = [each.code for each in findings if each.severity == "error"]
    assert (bool(errors) == bool(rejection)) == (not case.differs), (errors, rejection)


def openssl_rejection(leaf: Issued, presented: CertificateChain, case: Case, folder: Path) -> str:
    """Return the error of the verifying side; empty if the handshake succeeds."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    presenting, verifying = (server, client) if case.role == "listener" else (client, server)
    verifying.verify_mode = ssl.CERT_REQUIRED
    # Newer Pythons set strict flags, and trust intermediates.
    verifying.verify_flags = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST
    verifying.load_verify_locations(cadata=case.root.pem)
    verifying.set_ciphers("DEFAULT@SECLEVEL=2")
    if verifying is server:
        load_certificate(server, issue("backend.example", ROOT), "", folder / "backend.pem")
    presenting.set_ciphers("DEFAULT@SECLEVEL=0")
    load_certificate(presenting, leaf, presented.to_pem(), folder / "leaf.pem")
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    return handshake(server, client)


def load_certificate(context: ssl.SSLContext, leaf: Issued, chain_pem: str, file: Path) -> None:
    file.write_text(leaf.key_pem + (chain_pem or leaf.pem))
    context.load_cert_chain(file)


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> str:
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True)]
    for _ in range(ROUNDS):
        for side in list(sides):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError as error:
                return str(error)
            sides.remove(side)
        if not sides:
            return ""
    raise AssertionError("the handshake does not end")
