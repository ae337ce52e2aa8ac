"""Findings about the CA bundle that backends are verified with.

A broken CA next to one that works is a warning: the load balancer rejects only what the broken one has issued.
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

_THREE_STEPS: Final = (
    "Rotate in three steps: add the new CA and keep this one, first in the bundle; issue the backends' certificates "
    "again; then drop this CA."
)

CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "NOT_A_CA": Code(
            "a certificate that is not a CA in the place of a CA",
            {
                "not_ca": Message(
                    "The certificate '{subject}' is not a CA: its basic constraints do not contain CA:TRUE.",
                    "Give the certificate of the CA that issued the backends' certificates.",
                ),
                "no_constraints": Message(
                    "The CA '{subject}' has no basic constraints: load balancers accept it as a CA all the same, other "
                    "TLS software does not.",
                    "Issue it again with `basicConstraints = critical,CA:TRUE`.",
                ),
            },
            severities=("error", "warning"),
            acceptable=True,
        ),
        "CERT_SIGN_MISSING": Code(
            "a CA whose key usage does not allow certificates",
            single(
                "The CA '{subject}' has a key usage without keyCertSign: load balancers reject every certificate that "
                "it has issued.",
                "Issue it again with `keyUsage = critical,keyCertSign,cRLSign`.",
            ),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "CA_SERVER_AUTH_MISSING": Code(
            "a CA that is not allowed to issue for servers",
            single(
                "The CA '{subject}' has an extended key usage without serverAuth: load balancers reject servers with "
                "certificates that it has issued.",
                "Give a CA that is allowed to issue server certificates, or issue this one again without "
                "extendedKeyUsage.",
            ),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "CA_CRITICAL_EXTENSION": Code(
            "a CA with a critical extension that TLS software does not know",
            single(
                "The CA '{subject}' has the critical extension {oid}. TLS software does not know it, and rejects "
                "everything that the CA has issued.",
                "Issue it again without this extension, or with it not critical.",
            ),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "CA_PATH_LENGTH": Code(
            "more CAs below another one than it allows",
            single(
                "The CA '{subject}' allows fewer CAs below it than there are with '{lower}': load balancers reject "
                "everything that '{lower}' has issued.",
                "Issue '{subject}' again with a greater `pathlen`, or let another CA issue '{lower}'.",
            ),
            acceptable=True,
        ),
        "CA_WITHOUT_ROOT": Code(
            "a CA without the root above it",
            {
                "missing": Message(
                    "The bundle does not contain '{issuer}', which issued '{subject}': load balancers trust only paths "
                    "that end in a self-signed certificate.",
                    "Add the certificate of the root CA to the bundle: `cat ca.pem root.pem`.",
                ),
                "cross_certificate_first": Message(
                    "The bundle contains '{subject}' twice, first as signed by '{issuer}': load balancers use that "
                    "one, do not find its issuer, and reject everything below it.",
                    "Put the self-signed one first, or remove the other one.",
                ),
            },
            severities=("error", "warning"),
            acceptable=True,
        ),
        "CA_EXPIRED": Code(
            "an expired CA, with no working CA in the bundle",
            single(f"The CA '{{subject}}' {EXPIRED}", f"Add its successor to the bundle: {HANDSHAKES_FAIL}"),
            acceptable=True,
        ),
        "CA_NOT_YET_VALID": Code(
            "a CA that is not valid yet, with no working CA in the bundle",
            single(f"The CA '{{subject}}' {NOT_YET_VALID}", WAIT),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "CA_EXPIRES_SOON": Code(
            "a CA that expires within `expiry_warning_days`",
            single(
                f"The CA '{{subject}}' {EXPIRES_SOON}",
                f"Add its successor to the bundle before then: {HANDSHAKES_FAIL}",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "CA_BUNDLE_ENTRY_EXPIRED": Code(
            "an expired CA next to one that works",
            single(f"The CA '{{subject}}' {EXPIRED}", f"Remove it from the bundle: {HANDSHAKES_FAIL}"),
            severities=("warning",),
            acceptable=True,
        ),
        "CA_BUNDLE_ENTRY_NOT_YET_VALID": Code(
            "a CA that is not valid yet next to one that works",
            single(f"The CA '{{subject}}' {NOT_YET_VALID}", WAIT),
            severities=("warning",),
            acceptable=True,
        ),
        "DUPLICATE_CA": Code(
            "a certificate given twice in a bundle",
            single(
                "The bundle repeats certificates: {repeated} in addition to the {different} different ones.",
                "Remove the repetitions, and check whether another certificate was meant in their place.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "CA_AMBIGUOUS": Code(
            "two CAs of one name that no key identifier distinguishes",
            single(
                "The bundle contains several CAs named '{subject}', and no key identifier distinguishes their keys: "
                "the load balancer can reject certificates that others than the first have issued.",
                "Put the one that issued the backends' certificates first, or rename the new CA.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "CA_DROPPED": Code(
            "a new bundle without a CA of the old one",
            {
                "expected_backends": Message(
                    "The new bundle drops the CA '{subject}': from then on the load balancer rejects the expected "
                    "backend certificates {backends}.",
                    _THREE_STEPS,
                ),
                "unknown_backends": Message(
                    "The new bundle drops the CA '{subject}': from then on the load balancer rejects backends with "
                    "certificates below it.",
                    _THREE_STEPS,
                ),
            },
            severities=("warning",),
            acceptable=True,
        ),
        "PINNED_CERTIFICATE": Code(
            "a server's own certificate in the place of a CA",
            single(
                "'{subject}' is a self-signed server certificate, not a CA: the load balancer accepts this one "
                "certificate, and no certificate that replaces it.",
                "Let a CA issue the backends' certificates, and give the CA's certificate here.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
    }
)
"""Codes of this area."""
