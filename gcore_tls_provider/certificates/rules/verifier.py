"""Path verification by `cryptography`: signatures, path lengths and name constraints.

By itself it holds everything to the rules of the public web: names only in the subject alternative name, key
identifiers, key usages and so on. HAProxy, OpenSSL and private authorities don't, so its extension policies are reduced
to what RFC 5280 demands of every issuer; names and purposes are other rules' matter. What remains of its strictness is
in single certificates, such as kinds of name constraints that it doesn't know: where it refuses one that stands alone,
or doesn't know its kind of key or signature, it isn't asked.
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


def refused_by_verifier(path: Sequence[x509.Certificate], *, now: datetime) -> str:
    """Why the verifier refuses a path, in its own few words; empty if it doesn't, or can't know.

    Args:
        path: a leaf, and the issuer of each. The last one is trusted, whether it is a root or not.
        now: the moment, in UTC. A path with a certificate that isn't valid then isn't judged.
    """
    *below, anchor = path
    if not below or not all(_is_known(each, now) for each in path):
        return ""
    try:
        _verifier(anchor, now, depth=len(path)).verify(below[0], below[1:])
    except VerificationError as error:
        return str(error).split(": ")[-1]
    return ""


def _is_known(certificate: x509.Certificate, now: datetime) -> bool:
    if certificate.public_key_algorithm_oid not in _KEYS or signature_digest(certificate) not in _DIGESTS:
        return False
    try:
        _verifier(certificate, now, depth=1).verify(certificate, [])
    except VerificationError:
        return False
    return True


def _verifier(anchor: x509.Certificate, now: datetime, *, depth: int) -> ClientVerifier:
    """Return a verifier of clients: that of servers demands a DNS name in the subject alternative name."""
    anything = ExtensionPolicy.permit_all()
    issuers = anything.require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    builder = PolicyBuilder().store(Store([anchor])).time(now).max_chain_depth(depth)
    return builder.extension_policies(ca_policy=issuers, ee_policy=anything).build_client_verifier()
