"""Path from a backend's certificate to a root of the CA bundle, as OpenSSL builds it.

`cryptography`'s verifier finds a path if there is any. OpenSSL, and with it HAProxy, builds only one: at each step it
takes the first certificate that can be the issuer by its name and key identifiers, from the bundle before the
certificates that the backend sends, and once in the bundle it stays there. It does not try another one if a signature
turns out to be wrong. Therefore this module builds the path by OpenSSL's rules (`X509_STORE_CTX_get1_issuer`, without
partial chains), and the verifier then decides whether the path is valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from gcore_tls_provider.certificates.ca_bundle import CaBundle
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.rules.extensions import extension_of
from gcore_tls_provider.certificates.rules.validity import is_valid_at

_DEPTH: Final = 100
"""Largest number of CAs above a certificate that OpenSSL follows by default."""


@dataclass(frozen=True)
class CertificatePath:
    """Path that OpenSSL verifies.

    Attributes:
        certificates: The backend's certificate first, then the issuer of each.
        trusted: Whether the last one is a self-signed certificate of the bundle. OpenSSL rejects any other path.
    """

    certificates: tuple[x509.Certificate, ...]
    trusted: bool

    @property
    def cas(self) -> tuple[x509.Certificate, ...]:
        """All certificates except for the backend's own."""
        return self.certificates[1:]


def path_to_root(backend: CertificateChain, bundle: CaBundle, *, now: datetime) -> CertificatePath:
    """Return the path that OpenSSL builds.

    Args:
        backend: Backend certificate with the chain that the backend sends.
        bundle: CA bundle of the load balancer; its order matters where names and key identifiers do not decide.
        now: Current time, in UTC: a valid issuer is preferred.
    """
    path = [backend.certificate]
    sent: Sequence[x509.Certificate] = backend.chain
    while not is_self_signed(path[-1]):
        if len(path) > _DEPTH:
            return CertificatePath(tuple(path), trusted=False)
        issuer = _issuer(path[-1], bundle.certificates, path, now)
        if issuer is None:
            issuer = _issuer(path[-1], sent, path, now)
        else:
            sent = ()
        if issuer is None:
            return CertificatePath(tuple(path), trusted=False)
        path.append(issuer)
    return CertificatePath(tuple(path), trusted=path[-1] in bundle.certificates)


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Return whether OpenSSL accepts it as a root: its subject and key identifier are also its issuer's."""
    return names_issuer(certificate, certificate)


def names_issuer(certificate: x509.Certificate, candidate: x509.Certificate) -> bool:
    """Return whether a certificate names the candidate as its issuer: by name, and by key identifier if present."""
    if candidate.subject != certificate.issuer:
        return False
    named = extension_of(certificate, x509.AuthorityKeyIdentifier)
    if named is None:
        return True
    own = extension_of(candidate, x509.SubjectKeyIdentifier)
    if named.key_identifier is not None and own is not None and named.key_identifier != own.digest:
        return False
    return named.authority_cert_serial_number in (None, candidate.serial_number)


def _issuer(
    certificate: x509.Certificate,
    candidates: Sequence[x509.Certificate],
    path: Sequence[x509.Certificate],
    now: datetime,
) -> x509.Certificate | None:
    named = [each for each in candidates if each not in path and names_issuer(certificate, each)]
    valid = (each for each in named if is_valid_at(each, now))
    return next(valid, None) or max(named, key=lambda each: each.not_valid_after_utc, default=None)
