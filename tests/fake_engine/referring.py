"""What a listener or a pool refers to, by PEM: as if certificate resources with it had been checked before."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from gcore_tls_provider.certificates import CaBundle, CrlBundle, MaterialError
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.inputs.reference_cache import (
    CachedCertificate,
    CertificateCache,
    PublishedCertificate,
)
from gcore_tls_provider.lifecycle.inputs.references import ReferencedCertificates

TEXTS = frozenset({"listener_protocol"})


REFERENCES = "references"
"""Key under which tests give the content of the resources that one refers to, by role, as PEM."""


def as_programs(
    properties: Mapping[str, object], cache: CertificateCache
) -> tuple[dict[str, object] | None, dict[str, object]]:
    """References with URNs in place of PEM, and the other inputs; the content counts as checked."""
    visible = {name: value for name, value in properties.items() if name != REFERENCES}
    material = properties.get(REFERENCES)
    if not isinstance(material, Mapping):
        return None, visible
    return {role: _referred(role, value, cache) for role, value in material.items()}, visible


def as_saved(properties: Mapping[str, object], cache: CertificateCache) -> dict[str, object]:
    """The inputs of the previous run as they were saved; checked resources hold the content."""
    references, visible = as_programs(properties, cache)
    if references is None:
        return visible
    saved = ReferencedCertificates(references, cache).to_save()
    return Record.of(visible).update(references=saved).into(visible)


def _referred(role: str, value: object, cache: CertificateCache) -> object:
    if isinstance(value, list):
        return [_referred(role, each, cache) for each in value]
    if role in TEXTS or value == "":
        return value
    urn = f"urn:pulumi:dev::shop::it::{sha256(str(value).encode()).hexdigest()}"
    cache.put([PublishedCertificate(urn, None if value is UNKNOWN else _content(role, str(value)))])
    return urn


def _content(role: str, pem: str) -> CachedCertificate | None:
    digest = sha256(pem.encode()).hexdigest()
    try:
        if role == "ca":
            return CachedCertificate(digest, CaBundle.parse(pem))
        if role == "crl":
            return CachedCertificate(digest, CrlBundle.parse(pem))
        return CachedCertificate(digest, CertificateChain.parse(pem, property=role))
    except MaterialError:
        return None
