"""Path verification by `cryptography`: signatures, path lengths and name constraints.

By default the verifier applies the rules of the public web: names only in the subject alternative name, key
identifiers, key usages and so on. HAProxy, OpenSSL and private CAs do not. Therefore its extension policies are reduced
to what RFC 5280 requires of every issuer; other rules check names and purposes. It still rejects some single
certificates, such as those with kinds of name constraints that it does not support. If it rejects a certificate alone,
or does not support its type of key or signature, this module does not use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import PublicKeyAlgorithmOID
from cryptography.x509.verification import (
    ClientVerifier,
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from gcore_tls_provider.certificates.rules.key_strength import signature_digest

_KEYS: Final = frozenset({PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5, PublicKeyAlgorithmOID.EC_PUBLIC_KEY})
_DIGESTS: Final = frozenset({"sha256", "sha384", "sha512"})


def rejection_reason(path: Sequence[x509.Certificate], *, now: datetime) -> str:
    """Return why the verifier rejects a path, in its own few words; empty if it accepts the path or is not used.

    Args:
        path: A leaf, and the issuer of each. The last one is trusted, whether it is a root or not.
        now: Current time, in UTC. A path with a certificate that is not valid then is not verified.
    """
    *below, anchor = path
    if not below or not all(_is_supported(each, now) for each in path):
        return ""
    try:
        _verifier(anchor, now, depth=len(path)).verify(below[0], below[1:])
    except VerificationError as error:
        return str(error).split(": ")[-1]
    return ""


def _is_supported(certificate: x509.Certificate, now: datetime) -> bool:
    if certificate.public_key_algorithm_oid not in _KEYS or signature_digest(certificate) not in _DIGESTS:
        return False
    try:
        _verifier(certificate, now, depth=1).verify(certificate, [])
    except VerificationError:
        return False
    return True


def _verifier(anchor: x509.Certificate, now: datetime, *, depth: int) -> ClientVerifier:
    """Return a verifier of clients: a verifier of servers requires a DNS name in the subject alternative name."""
    permissive = ExtensionPolicy.permit_all()
    issuers = permissive.require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    builder = PolicyBuilder().store(Store([anchor])).time(now).max_chain_depth(depth)
    return builder.extension_policies(ca_policy=issuers, ee_policy=permissive).build_client_verifier()
