"""Findings about CRLs.

With a CRL, OpenSSL needs one for every CA on the path of a backend, and rejects the backend otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gcore_tls_provider.certificates.findings.table import Code, Message, single

_GCORE_REJECTS: Final = "Gcore rejects such a pool."
_ALL_BELOW: Final = "load balancers reject all backends below this CA."

CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "CRL_OF_ANOTHER_CA": Code(
            "a first CRL that the first CA of the bundle has not signed",
            {
                "order": Message(
                    f"The first CRL is not that of '{{subject}}', the first CA of the bundle. {_GCORE_REJECTS}",
                    "Put the CRL of this CA first. A `RevocationList` with `ca` set does that.",
                ),
                "other_key": Message(
                    f"The CRL of '{{subject}}', the first CA of the bundle, is signed with another key than the CA's. "
                    f"{_GCORE_REJECTS}",
                    "Give the CRL that belongs to this CA certificate, or the CA certificate that belongs to the CRL.",
                ),
                "missing": Message(
                    f"No CRL is signed by '{{subject}}', the first CA of the bundle. {_GCORE_REJECTS}",
                    "Give the CRL that this CA has issued, or put the CA of the CRL first in the bundle.",
                ),
            },
        ),
        "CRL_INCOMPLETE": Code(
            "a CA without a CRL next to one that has a CRL",
            single(
                "There is no CRL of the CA '{subject}'. A load balancer with a CRL needs one for every CA, and rejects "
                "the backends below a CA without one.",
                "Add its CRL to the others: `cat crl.pem other-crl.pem`. An empty CRL is enough.",
            ),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "CRL_EXPIRED": Code(
            "a CRL after its next update",
            single(
                f"The CRL of '{{issuer}}' expired on {{next_update}} UTC, when its next update was due: {_ALL_BELOW}",
                "Download the CA's current CRL, and deploy it.",
            ),
            acceptable=True,
        ),
        "CRL_NOT_YET_VALID": Code(
            "a CRL that is not valid yet",
            single(
                f"The CRL of '{{issuer}}' is not valid before {{this_update}} UTC: until then {_ALL_BELOW}",
                "Give the CRL that is valid now. If this one should be, compare the clocks of this machine and of the "
                "CA (`date -u`).",
            ),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "CRL_EXPIRES_SOON": Code(
            "a CRL whose next update is near",
            single(
                f"The CRL of '{{issuer}}' expires in {{left}}, on {{next_update}} UTC: from then on {_ALL_BELOW}",
                "Download the CA's next CRL, and deploy it well before.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "CRL_SIGN_MISSING": Code(
            "a CRL of a CA whose key usage does not allow CRLs",
            single(
                "The CRL of '{issuer}' cannot be used, because the key usage of the CA's certificate lacks cRLSign: "
                f"{_ALL_BELOW}",
                "Issue the CA's certificate again with `keyUsage = critical,keyCertSign,cRLSign`, or remove the CRL.",
            ),
            acceptable=True,
        ),
        "CRL_CRITICAL_EXTENSION": Code(
            "a CRL with a critical extension that TLS software does not know",
            single(
                f"The CRL of '{{issuer}}' has the critical extension {{oid}}, which TLS software does not know: "
                f"{_ALL_BELOW}",
                "Let the CA issue a CRL without this extension.",
            ),
            acceptable=True,
        ),
        "CRL_SCOPE": Code(
            "a CRL for a part of the certificates only",
            single(
                "The issuing distribution point of the CRL of '{issuer}' limits it to a part of the certificates: load "
                "balancers reject the certificates that it leaves out, and need it for CA certificates too.",
                "Let the CA issue a CRL of all its certificates, without an issuing distribution point.",
            ),
            acceptable=True,
        ),
        "CRL_DELTA": Code(
            "a delta CRL, which load balancers cannot use",
            {
                "alone": Message(
                    "The CRL of '{issuer}' is a delta CRL: depending on their version, load balancers reject all "
                    "backends below this CA, or accept certificates that only the complete CRL revokes.",
                    "Give only the CA's complete CRL.",
                ),
                "with_complete": Message(
                    "The CRL of '{issuer}' is a delta CRL: depending on their version, load balancers ignore it, or "
                    "accept certificates that only the complete CRL revokes.",
                    "Give only the CA's complete CRL.",
                ),
            },
            severities=("error", "warning"),
            acceptable=True,
        ),
        "CRL_REVOKES_KNOWN": Code(
            "a CRL that revokes a certificate of the program",
            single(
                "The CRL of '{issuer}' revokes the certificate '{subject}' (serial {serial}), which this program uses.",
                "Issue a new certificate: any peer that checks the CRL rejects this one.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
    }
)
"""Codes of this area."""
