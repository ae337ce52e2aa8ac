"""TLS handshakes in memory: OpenSSL verifies a backend's certificate with HAProxy's settings.

HAProxy's client side is OpenSSL with `verify required`, the CA file as its store, and, with a CRL file,
`X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL`; neither partial chains nor strict mode. HAProxy itself
checks the names after that.
"""

from __future__ import annotations

import re
import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.certificates.issuing import Issued

_ROUNDS = 10
"""Largest number of rounds of a handshake; TLS 1.3 takes two."""


def openssl_rejection(
    backend: Issued,
    sent: Sequence[x509.Certificate],
    *,
    cas: Sequence[x509.Certificate],
    crls: Sequence[x509.CertificateRevocationList] = (),
    host_name: str | None = None,
) -> str:
    """Return why a load balancer rejects a backend; empty if the handshake succeeds.

    Args:
        backend: Certificate of the backend, and its key.
        sent: Chain that the backend sends, in this order.
        cas: Content of the CA file, in this order.
        crls: Content of the CRL file; empty for no CRL file.
        host_name: Name that a client has requested from the load balancer; None if the client has requested no name.
    """
    with tempfile.TemporaryDirectory() as folder:
        server = _server(Path(folder), backend, sent)
        client = _client(Path(folder), cas, crls)
    rejection, presented = _handshake(server, client, host_name)
    if not rejection and host_name is not None and not any(_matches(name, host_name) for name in _names(presented)):
        return f"no name matches {host_name}"
    return rejection


def _server(folder: Path, backend: Issued, sent: Sequence[x509.Certificate]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The backend must be able to send a certificate that its peer rejects.
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in (backend.certificate, *sent)))
    key.write_text(backend.key_pem)
    context.load_cert_chain(chain, key)
    return context


def _client(
    folder: Path, cas: Sequence[x509.Certificate], crls: Sequence[x509.CertificateRevocationList]
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    # Security level 2 is what Debian and Ubuntu build OpenSSL with.
    context.set_ciphers("DEFAULT@SECLEVEL=2")
    # Newer Pythons set more flags than HAProxy does.
    context.verify_flags = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST
    material = folder / "trust.pem"
    pem = [each.public_bytes(Encoding.PEM) for each in cas] + [each.public_bytes(Encoding.PEM) for each in crls]
    material.write_bytes(b"".join(pem))
    context.load_verify_locations(material)
    if crls:
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_CHAIN
    return context


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext, host_name: str | None) -> tuple[str, bytes]:
    """Return why the client rejects the server, and the received certificate in DER."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    backend = server.wrap_bio(to_server, to_client, server_side=True)
    load_balancer = client.wrap_bio(to_client, to_server, server_hostname=host_name)
    for _ in range(_ROUNDS):
        for side in (load_balancer, backend):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                return error.verify_message, b""
            except ssl.SSLError as error:
                return str(error.reason), b""
            if side is load_balancer:
                return "", load_balancer.getpeercert(binary_form=True) or b""
    raise AssertionError("the handshake does not end")


def _names(der: bytes) -> list[str]:
    certificate = x509.load_der_x509_certificate(der)
    names = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            names += extension.value.get_values_for_type(x509.DNSName)
    return names


def _matches(name: str, host_name: str) -> bool:
    """Match like `ssl_sock_srv_hostcheck` of HAProxy: at most one asterisk, in the first of several labels."""
    label, dot, rest = name.partition(".")
    if not dot or label.count("*") != 1:
        return name.lower() == host_name.lower()
    pattern = re.escape(label).replace(r"\*", "[^.]*") + re.escape(f".{rest}")
    return re.fullmatch(pattern, host_name, re.IGNORECASE) is not None
