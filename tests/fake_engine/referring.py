"""What a listener or a pool refers to, by PEM: as if certificate resources with it had been checked before."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from gcore_tls_provider.certificates import CaBundle, MaterialError, RevocationLists
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.hidden_inputs import MATERIAL
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN
from gcore_tls_provider.lifecycle.inputs.reference_cache import CachedCertificate, CertificateCache
from gcore_tls_provider.lifecycle.inputs.references import ReferencedCertificates

TEXTS = frozenset({"listener_protocol"})


def as_programs(properties: Mapping[str, object], seen: CertificateCache) -> dict[str, object]:
    """Inputs as a program gives them, with URNs in place of PEM; what is there was checked."""
    material = properties.get(MATERIAL)
    if not isinstance(material, Mapping):
        return dict(properties)
    return {**properties, MATERIAL: {role: _referred(role, value, seen) for role, value in material.items()}}


def as_saved(properties: Mapping[str, object], seen: CertificateCache) -> dict[str, object]:
    """The inputs of the last run as they were saved; what is there was held by resources that are there now."""
    said = as_programs(properties, seen)
    return {**said, MATERIAL: ReferencedCertificates.of(said, seen).saved()} if MATERIAL in said else said


def _referred(role: str, value: object, seen: CertificateCache) -> object:
    if isinstance(value, list):
        return [_referred(role, each, seen) for each in value]
    if role in TEXTS or value == "":
        return value
    urn = f"urn:pulumi:dev::shop::it::{sha256(str(value).encode()).hexdigest()}"
    seen.put(urn, None if value is UNKNOWN else _seen(role, str(value)))
    return urn


def _seen(role: str, pem: str) -> CachedCertificate | None:
    digest = sha256(pem.encode()).hexdigest()
    try:
        if role == "ca":
            return CachedCertificate(digest, CaBundle.parse(pem))
        if role == "crl":
            return CachedCertificate(digest, RevocationLists.parse(pem))
        return CachedCertificate(digest, CertificateChain.parse(pem, property=role))
    except MaterialError:
        return None
