"""Certificate material: read, compared, described, and written as Gcore's load balancers want it.

Pure functions: no network, no state. What can't be used is a `MaterialError` whose findings name the argument, what
is wrong and what to do; no key or password is ever part of one.
"""

import warnings
from typing import TYPE_CHECKING

import gcore_tls_provider.lazy_imports as _public_names

if TYPE_CHECKING:
    from gcore_tls_provider.certificates.ca_bundle import CaBundle
    from gcore_tls_provider.certificates.chain import parse_certificates
    from gcore_tls_provider.certificates.crl import RevocationLists, parse_revocation_lists
    from gcore_tls_provider.certificates.dev_certs import (
        DevelopmentAuthority,
        DevelopmentFiles,
        write_development_certificates,
    )
    from gcore_tls_provider.certificates.digest import content_digest
    from gcore_tls_provider.certificates.facts import (
        CertificateFacts,
        RevocationListFacts,
        certificate_facts,
        revocation_list_facts,
    )
    from gcore_tls_provider.certificates.findings.finding import Finding, MaterialError, Severity
    from gcore_tls_provider.certificates.identity import Identity, identity_from_pem, identity_from_pkcs12
    from gcore_tls_provider.certificates.material import as_material, from_file

# Findings report what is odd about material. `cryptography` warns too (a country code of three letters, a negative
# serial number, PKCS12 in BER), and blames its caller: only what it says of the callers in here is silenced, for all
# threads alike, and other libraries' use of it is not.
warnings.filterwarnings("ignore", category=UserWarning, module=r"gcore_tls_provider\.(certificates|cli)\.")

__all__ = [
    "CaBundle",
    "CertificateFacts",
    "DevelopmentAuthority",
    "DevelopmentFiles",
    "Finding",
    "Identity",
    "MaterialError",
    "RevocationListFacts",
    "RevocationLists",
    "Severity",
    "as_material",
    "certificate_facts",
    "content_digest",
    "from_file",
    "identity_from_pem",
    "identity_from_pkcs12",
    "parse_certificates",
    "parse_revocation_lists",
    "revocation_list_facts",
    "write_development_certificates",
]

# Read when they are first asked for: a check of a load balancer needs the findings alone, and no cryptography.
_MODULES = {
    "CaBundle": "gcore_tls_provider.certificates.ca_bundle",
    "parse_certificates": "gcore_tls_provider.certificates.chain",
    "DevelopmentAuthority": "gcore_tls_provider.certificates.dev_certs",
    "DevelopmentFiles": "gcore_tls_provider.certificates.dev_certs",
    "write_development_certificates": "gcore_tls_provider.certificates.dev_certs",
    "content_digest": "gcore_tls_provider.certificates.digest",
    "CertificateFacts": "gcore_tls_provider.certificates.facts",
    "RevocationListFacts": "gcore_tls_provider.certificates.facts",
    "certificate_facts": "gcore_tls_provider.certificates.facts",
    "revocation_list_facts": "gcore_tls_provider.certificates.facts",
    "Finding": "gcore_tls_provider.certificates.findings.finding",
    "MaterialError": "gcore_tls_provider.certificates.findings.finding",
    "Severity": "gcore_tls_provider.certificates.findings.finding",
    "Identity": "gcore_tls_provider.certificates.identity",
    "identity_from_pem": "gcore_tls_provider.certificates.identity",
    "identity_from_pkcs12": "gcore_tls_provider.certificates.identity",
    "as_material": "gcore_tls_provider.certificates.material",
    "from_file": "gcore_tls_provider.certificates.material",
    "RevocationLists": "gcore_tls_provider.certificates.crl",
    "parse_revocation_lists": "gcore_tls_provider.certificates.crl",
}


if not TYPE_CHECKING:  # else a type checker would take any name for a public one
    __getattr__ = _public_names.lazy_getattr(__name__, _MODULES)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
