"""Findings about the certificates that backends are expected to present.

Without a known CA bundle, errors are warnings: as far as is known, the load balancer verifies nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gcore_tls_provider.certificates.findings.table import Code, Message, single
from gcore_tls_provider.certificates.findings.validity import (
    EXPIRED,
    EXPIRES_SOON,
    HANDSHAKES_FAIL,
    NOT_YET_VALID,
    WAIT,
)

_REJECTED: Final = "Load balancers reject the backend certificate '{subject}'"
_NEW_CERTIFICATE: Final = "Issue a new certificate for the backend."

CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "BACKEND_EXPIRED": Code(
            "an expired backend certificate",
            single(f"The backend certificate '{{subject}}' {EXPIRED}", f"Renew it: {HANDSHAKES_FAIL}"),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "BACKEND_NOT_YET_VALID": Code(
            "a backend certificate that is not valid yet",
            single(f"The backend certificate '{{subject}}' {NOT_YET_VALID}", WAIT),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "BACKEND_EXPIRES_SOON": Code(
            "a backend certificate that expires within `expiry_warning_days`",
            single(f"The backend certificate '{{subject}}' {EXPIRES_SOON}", f"Renew it before then: {HANDSHAKES_FAIL}"),
            severities=("warning",),
            acceptable=True,
        ),
        "BACKEND_SERVER_AUTH_MISSING": Code(
            "a backend certificate that is not for TLS servers",
            single(
                f"{_REJECTED}: its extended key usage lacks serverAuth.",
                "Issue it again with `extendedKeyUsage = serverAuth`.",
            ),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "BACKEND_KEY_USAGE": Code(
            "a backend certificate whose key usage does not allow TLS",
            single(
                f"{_REJECTED}: its key usage lacks digitalSignature.",
                "Issue it again with `keyUsage = digitalSignature`.",
            ),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "BACKEND_CRITICAL_EXTENSION": Code(
            "a backend certificate with a critical extension that TLS software does not know",
            single(
                f"{_REJECTED}: TLS software does not know its critical extension {{oid}}.",
                "Issue it again without this extension, or with it not critical.",
            ),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "BACKEND_NAME_NOT_COVERED": Code(
            "a name that clients use, and that a backend certificate lacks",
            single(
                "The backend certificate '{subject}' does not cover {missing}, which clients ask for (its names: "
                "{names}): load balancers compare the two and answer 503, while health checks stay green.",
                "Issue it again for all names that clients use, or set host_names to the names that they really use.",
            ),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "BACKEND_NAME_PARTLY_COVERED": Code(
            "a wildcard of which a backend certificate has only single names",
            single(
                "The backend certificate '{subject}' covers only a part of {missing} (its names: {names}): clients "
                "that ask for another name below it get 503.",
                "Issue it again with the wildcard too, or set host_names to the names that clients really use.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "BACKEND_NOT_TRUSTED": Code(
            "a backend certificate that no CA of the bundle has issued",
            {
                "unknown_root": Message(
                    f"{_REJECTED}: it leads to '{{root}}', which is not in the pool's CA bundle.",
                    "Add this CA to the bundle, or let a CA of the bundle issue the backend's certificate.",
                ),
                "unknown_issuer": Message(
                    f"{_REJECTED}: '{{issuer}}', which issued it, is neither in the pool's CA bundle nor sent by the "
                    "backend.",
                    "Add that CA to the bundle, with all CAs up to its root. If it is an intermediate of a root in the "
                    "bundle, the backend can send it instead.",
                ),
                "incomplete_chain": Message(
                    f"{_REJECTED}: '{{issuer}}', which issued '{{intermediate}}' above it, is neither in the pool's CA "
                    "bundle nor sent by the backend.",
                    "Add that CA to the bundle, with all CAs up to its root. If it is an intermediate of a root in the "
                    "bundle, the backend can send it instead.",
                ),
            },
            acceptable=True,
        ),
        "BACKEND_CA_REJECTED": Code(
            "a backend certificate below a CA that is rejected",
            {
                "expired": Message(
                    f"{_REJECTED}: the CA '{{ca}}' above it {EXPIRED}",
                    "Renew '{ca}', and replace it in the bundle or in the chain that the backend sends.",
                ),
                "not_yet_valid": Message(f"{_REJECTED}: the CA '{{ca}}' above it {NOT_YET_VALID}", WAIT),
                "other_key": Message(
                    f"{_REJECTED}: by its name, '{{ca}}' counts as the issuer of '{{issued}}', but another key signed "
                    "that.",
                    "Put the right CA of that name first in the bundle, or issue certificates with key identifiers.",
                ),
                "unusable_ca": Message(f"{_REJECTED}. {{cause}}", "{cause_remedy}"),
                "path_length": Message(
                    f"{_REJECTED}: the CA '{{ca}}' above it allows fewer CAs below it than there are.",
                    "Issue '{ca}' again with a greater `pathlen`, or let a higher CA issue the backend's certificate.",
                ),
                "verification": Message(
                    f"{_REJECTED}: its path to '{{root}}' is not valid: {{reason}}.",
                    "Compare with `openssl verify -x509_strict -CAfile CA -untrusted CHAIN CERTIFICATE`, and issue it "
                    "within the name constraints of its CAs.",
                ),
            },
            acceptable=True,
        ),
        "BACKEND_REVOKED": Code(
            "a backend certificate, or a CA above it, that is revoked",
            {
                "certificate": Message(
                    f"{_REJECTED}: the pool's CRL revokes it (serial {{serial}}).",
                    _NEW_CERTIFICATE,
                ),
                "ca": Message(
                    f"{_REJECTED}: the pool's CRL revokes the CA '{{ca}}' above it (serial {{serial}}).",
                    "Let another CA issue the backend's certificate.",
                ),
            },
            acceptable=True,
        ),
        "BACKEND_CA_WITHOUT_CRL": Code(
            "a backend certificate below a CA without a usable CRL",
            single(f"{_REJECTED}. {{cause}}", "{cause_remedy}"),
            acceptable=True,
        ),
    }
)
"""Codes of this area."""
