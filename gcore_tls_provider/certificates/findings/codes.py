"""The codes of all findings.

A code never changes its meaning: programs name codes in `accept_findings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gcore_tls_provider.certificates.findings import (
    adoption,
    backend,
    crl,
    graph,
    impact,
    inputs,
    leaf,
    material,
    trust,
)
from gcore_tls_provider.certificates.findings.table import Code

AREAS: Final[Mapping[str, Mapping[str, Code]]] = MappingProxyType(
    {
        "material": material.CODES,
        "inputs": inputs.CODES,
        "graph": graph.CODES,
        "leaf": leaf.CODES,
        "trust": trust.CODES,
        "crl": crl.CODES,
        "backend": backend.CODES,
        "adoption": adoption.CODES,
        "impact": impact.CODES,
    }
)
"""Tables by area, in the order of the documentation."""

CODES: Final[Mapping[str, Code]] = MappingProxyType(
    dict(sorted((code, entry) for codes in AREAS.values() for code, entry in codes.items()))
)
"""All codes, sorted."""
