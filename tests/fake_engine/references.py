"""Certificates that a listener or a pool refers to, given as PEM: as if their resources had been checked before."""

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

_TEXT_ROLES = frozenset({"listener_protocol"})

REFERENCES = "references"
"""Key under which tests pass the content of the referenced resources: PEM by role."""


def split_references(
    properties: Mapping[str, object], cache: CertificateCache
) -> tuple[dict[str, object] | None, dict[str, object]]:
    """Return the references with URNs in place of PEM, and the other inputs; put the content into the cache."""
    others = {name: value for name, value in properties.items() if name != REFERENCES}
    content = properties.get(REFERENCES)
    if not isinstance(content, Mapping):
        return None, others
    return {role: _replace_by_urn(role, value, cache) for role, value in content.items()}, others


def saved_inputs(properties: Mapping[str, object], cache: CertificateCache) -> dict[str, object]:
    """Return the inputs as the previous run has saved them; put the content of their references into the cache."""
    references, others = split_references(properties, cache)
    if references is None:
        return others
    saved = ReferencedCertificates(references, cache).to_save()
    return Record.of(others).update(references=saved).into(others)


def _replace_by_urn(role: str, value: object, cache: CertificateCache) -> object:
    if isinstance(value, list):
        return [_replace_by_urn(role, each, cache) for each in value]
    if role in _TEXT_ROLES or value == "":
        return value
    urn = f"urn:pulumi:dev::shop::it::{sha256(str(value).encode()).hexdigest()}"
    cache.put([PublishedCertificate(urn, None if value is UNKNOWN else _parse_content(role, str(value)))])
    return urn


def _parse_content(role: str, pem: str) -> CachedCertificate | None:
    digest = sha256(pem.encode()).hexdigest()
    try:
        if role == "ca":
            return CachedCertificate(digest, CaBundle.parse(pem))
        if role == "crl":
            return CachedCertificate(digest, CrlBundle.parse(pem))
        return CachedCertificate(digest, CertificateChain.parse(pem, property=role))
    except MaterialError:
        return None
