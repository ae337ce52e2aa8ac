"""Certificates, keys and CRLs: parsed, compared, described, checked, and encoded for Gcore's load balancers.

Pure functions: no network, no state. Unusable content raises a `MaterialError`, whose findings name the argument, the
problem and a remedy. A finding never contains a key or a password.
"""

import warnings
from typing import TYPE_CHECKING

import gcore_tls_provider.lazy_imports as _public_names

if TYPE_CHECKING:
    from gcore_tls_provider.certificates.ca_bundle import CaBundle
    from gcore_tls_provider.certificates.chain import parse_certificates
    from gcore_tls_provider.certificates.crl import CrlBundle, parse_crls
    from gcore_tls_provider.certificates.dev_certs import (
        DevelopmentCa,
        DevelopmentFiles,
        write_development_certificates,
    )
    from gcore_tls_provider.certificates.digest import content_digest
    from gcore_tls_provider.certificates.facts import (
        CertificateFacts,
        CrlFacts,
        certificate_facts,
        crl_facts,
    )
    from gcore_tls_provider.certificates.findings.finding import Finding, MaterialError, Severity
    from gcore_tls_provider.certificates.identity import Identity, identity_from_pem, identity_from_pkcs12
    from gcore_tls_provider.certificates.material import as_material, from_file

# Findings report what is unusual about a certificate. `cryptography` warns too (a country code of three letters, a
# negative serial number, PKCS12 in BER), and attributes the warning to its caller. Only warnings about these callers
# are ignored, in all threads; warnings about other callers stay.
warnings.filterwarnings("ignore", category=UserWarning, module=r"gcore_tls_provider\.(certificates|cli)\.")

__all__ = [
    "CaBundle",
    "CertificateFacts",
    "CrlBundle",
    "CrlFacts",
    "DevelopmentCa",
    "DevelopmentFiles",
    "Finding",
    "Identity",
    "MaterialError",
    "Severity",
    "as_material",
    "certificate_facts",
    "content_digest",
    "crl_facts",
    "from_file",
    "identity_from_pem",
    "identity_from_pkcs12",
    "parse_certificates",
    "parse_crls",
    "write_development_certificates",
]

# Imported on first use: a check of a load balancer needs only the findings, and no cryptography.
_MODULES = {
    "CaBundle": "gcore_tls_provider.certificates.ca_bundle",
    "parse_certificates": "gcore_tls_provider.certificates.chain",
    "CrlBundle": "gcore_tls_provider.certificates.crl",
    "parse_crls": "gcore_tls_provider.certificates.crl",
    "DevelopmentCa": "gcore_tls_provider.certificates.dev_certs",
    "DevelopmentFiles": "gcore_tls_provider.certificates.dev_certs",
    "write_development_certificates": "gcore_tls_provider.certificates.dev_certs",
    "content_digest": "gcore_tls_provider.certificates.digest",
    "CertificateFacts": "gcore_tls_provider.certificates.facts",
    "CrlFacts": "gcore_tls_provider.certificates.facts",
    "certificate_facts": "gcore_tls_provider.certificates.facts",
    "crl_facts": "gcore_tls_provider.certificates.facts",
    "Finding": "gcore_tls_provider.certificates.findings.finding",
    "MaterialError": "gcore_tls_provider.certificates.findings.finding",
    "Severity": "gcore_tls_provider.certificates.findings.finding",
    "Identity": "gcore_tls_provider.certificates.identity",
    "identity_from_pem": "gcore_tls_provider.certificates.identity",
    "identity_from_pkcs12": "gcore_tls_provider.certificates.identity",
    "as_material": "gcore_tls_provider.certificates.material",
    "from_file": "gcore_tls_provider.certificates.material",
}


if not TYPE_CHECKING:  # else a type checker would accept any name as public
    __getattr__ = _public_names.lazy_getattr(__name__, _MODULES)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
