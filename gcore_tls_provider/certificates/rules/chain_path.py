"""The path from a backend's certificate up to a root of the CA bundle, as OpenSSL takes it.

`cryptography`'s verifier finds a path if there is any. OpenSSL, and with it HAProxy, takes one and no other: at each
step the first certificate that may be the issuer by its name and key identifiers, the bundle's before those that the
backend sends, and once in the bundle it never goes back. It doesn't try another one where a signature turns out to be
wrong. So the path is chosen here by OpenSSL's rules (`X509_STORE_CTX_get1_issuer`, without partial chains), and whether
it holds is then the verifier's word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from gcore_tls_provider.certificates.ca_bundle import CaBundle
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.rules.extensions import extension_of

_DEPTH = 100
"""Authorities above a certificate that OpenSSL follows at most, unless told otherwise."""


@dataclass(frozen=True)
class Path:
    """Path that OpenSSL verifies.

    Attributes:
        certificates: the backend's first, then the issuer of each.
        trusted: whether the last one is a self-signed certificate of the bundle. OpenSSL rejects any other path.
    """

    certificates: tuple[x509.Certificate, ...]
    trusted: bool

    @property
    def authorities(self) -> tuple[x509.Certificate, ...]:
        """All but the backend's own certificate."""
        return self.certificates[1:]


def path_to_root(backend: CertificateChain, bundle: CaBundle, *, now: datetime) -> Path:
    """Return the path that OpenSSL takes.

    Args:
        backend: the certificate, and what the backend sends beside it.
        bundle: the load balancer's authorities; their order counts where names and key identifiers don't decide.
        now: the moment, in UTC: a valid issuer is preferred.
    """
    path = [backend.certificate]
    sent: Sequence[x509.Certificate] = backend.chain
    while not is_self_signed(path[-1]):
        if len(path) > _DEPTH:
            return Path(tuple(path), trusted=False)
        issuer = _issuer(path[-1], bundle.certificates, path, now)
        if issuer is None:
            issuer = _issuer(path[-1], sent, path, now)
        else:
            sent = ()
        if issuer is None:
            return Path(tuple(path), trusted=False)
        path.append(issuer)
    return Path(tuple(path), trusted=path[-1] in bundle.certificates)


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Return whether OpenSSL takes it for a root: its subject and key identifier are its issuer's too."""
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
    valid = (each for each in named if each.not_valid_before_utc <= now < each.not_valid_after_utc)
    return next(valid, None) or max(named, key=lambda each: each.not_valid_after_utc, default=None)
