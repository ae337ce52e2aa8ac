"""Findings about listener and client certificates, their chains and their names."""

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

_DIGITAL_SIGNATURE: Final = (
    "The certificate '{subject}' cannot sign handshakes: its key usage lacks digitalSignature, and"
)
_ADD_DIGITAL_SIGNATURE: Final = "Issue it again with the key usage digitalSignature (`keyUsage = digitalSignature`)."
_SUCCESSOR: Final = "Put its successor into the chain, or let another CA issue the certificate"

CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "CERTIFICATE_EXPIRED": Code(
            "an expired certificate",
            single(f"The certificate '{{subject}}' {EXPIRED}", f"Renew it: {HANDSHAKES_FAIL}"),
            acceptable=True,
        ),
        "CERTIFICATE_NOT_YET_VALID": Code(
            "a certificate that is not valid yet",
            single(f"The certificate '{{subject}}' {NOT_YET_VALID}", WAIT),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "CERTIFICATE_EXPIRES_SOON": Code(
            "a certificate that expires within `expiry_warning_days`",
            single(f"The certificate '{{subject}}' {EXPIRES_SOON}", f"Renew it before then: {HANDSHAKES_FAIL}"),
            severities=("warning",),
            acceptable=True,
        ),
        "SERVER_AUTH_MISSING": Code(
            "a listener certificate that is not for TLS servers",
            single(
                "The certificate '{subject}' is not for TLS servers: its extended key usage lacks serverAuth, and "
                "clients reject it.",
                "Issue it again with `extendedKeyUsage = serverAuth`.",
            ),
            acceptable=True,
        ),
        "CLIENT_AUTH_MISSING": Code(
            "a client certificate that is not for TLS clients",
            single(
                "The certificate '{subject}' is not for TLS clients: its extended key usage lacks clientAuth, and "
                "backends reject it.",
                "Issue it again with `extendedKeyUsage = clientAuth`.",
            ),
            acceptable=True,
        ),
        "DIGITAL_SIGNATURE_MISSING": Code(
            "a key usage that does not allow TLS handshakes",
            {
                "clients": Message(f"{_DIGITAL_SIGNATURE} clients reject it.", _ADD_DIGITAL_SIGNATURE),
                "some_clients": Message(
                    f"{_DIGITAL_SIGNATURE} some clients, browsers among them, reject it.", _ADD_DIGITAL_SIGNATURE
                ),
                "backends": Message(f"{_DIGITAL_SIGNATURE} backends reject it.", _ADD_DIGITAL_SIGNATURE),
            },
            severities=("error", "warning"),
            acceptable=True,
        ),
        "NO_NAME": Code(
            "a certificate without common name and DNS name, which Gcore rejects",
            {
                "listener": Message(
                    "The certificate with the serial number {serial} has neither a common name nor a DNS name in its "
                    "subject alternative name. Gcore rejects it.",
                    "Issue it again with a DNS name: `subjectAltName = DNS:app.example.com`.",
                ),
                "client": Message(
                    "The certificate with the serial number {serial} has neither a common name nor a DNS name in its "
                    "subject alternative name. Gcore rejects it.",
                    "Issue it again with any common name, such as `-subj /CN=load-balancer`, or with a DNS name.",
                ),
            },
        ),
        "NO_DNS_NAME": Code(
            "a listener certificate without DNS names",
            single(
                "The certificate '{subject}' has no DNS name in its subject alternative name. Browsers and most other "
                "clients ignore the common name, and reject it.",
                "Issue it again with each name that clients use: `subjectAltName = DNS:app.example.com`.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "HOST_NAME_NOT_COVERED": Code(
            "a name that clients use, and that no certificate covers",
            single(
                "Clients that ask for '{host_name}' get a certificate without this name in its subject alternative "
                "name, and reject it.",
                "Issue a certificate with it (`subjectAltName = DNS:NAME`, for an address `IP:ADDRESS`), or remove "
                "'{host_name}' from host_names. A wildcard covers exactly one label.",
            ),
            acceptable=True,
        ),
        "CA_AS_LEAF": Code(
            "a CA certificate in the place of a leaf",
            single(
                "The certificate '{subject}' is a CA certificate (CA:TRUE): anyone who gets the load balancer's key "
                "can issue certificates in its name.",
                "Issue a certificate with `basicConstraints = CA:FALSE` for the load balancer, and keep the CA's key "
                "elsewhere.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "CRITICAL_EXTENSION": Code(
            "a critical extension that TLS software does not know",
            {
                "leaf": Message(
                    "The certificate '{subject}' has the critical extension {oid}. TLS software does not know it, and "
                    "rejects the certificate.",
                    "Issue it again without this extension, or with it not critical.",
                ),
                "intermediate": Message(
                    "The intermediate '{subject}' has the critical extension {oid}. TLS software does not know it, and "
                    "rejects the chain.",
                    "Let its CA issue it again without this extension, or with it not critical.",
                ),
            },
            acceptable=True,
        ),
        "WEAK_KEY": Code(
            "a key that TLS software rejects as too short",
            single(
                "The {role} '{subject}' has a key of {bits} bits ({key_type}). Load balancers and other TLS software "
                "reject less than {minimum}.",
                "Issue it again for an EC P-256 key (`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`) "
                "or for RSA with 2048 bits.",
            ),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "WEAK_SIGNATURE": Code(
            "a signature with SHA-1 or MD5",
            single(
                "The {role} '{subject}' is signed with {digest}, which load balancers and other TLS software reject.",
                "Let its CA issue it again, signed with SHA-256 (`openssl x509 -req -sha256`).",
            ),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "UNSUPPORTED_CURVE": Code(
            "a key on a curve that TLS software does not offer",
            single(
                "The {role} '{subject}' has a key on the curve {curve}, which TLS software does not offer: handshakes "
                "fail.",
                "Issue it again for an EC P-256 key: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`.",
            ),
            acceptable=True,
        ),
        "INTERMEDIATE_MISSING": Code(
            "a certificate without the intermediate that issued it",
            {
                "unknown_source": Message(
                    "The chain lacks '{issuer}', which issued '{subject}' and does not look like a root: clients that "
                    "do not have it reject the connection.",
                    "Add it after the certificate, or as certificate_chain. If it is a root that all clients have, "
                    "nothing is missing.",
                ),
                "download": Message(
                    "The chain lacks '{issuer}', which issued '{subject}' and does not look like a root: clients that "
                    "do not have it reject the connection.",
                    "Download it from {address}, and add it after the certificate, or as certificate_chain. If it is a "
                    "root that all clients have, nothing is missing.",
                ),
            },
            severities=("warning",),
            acceptable=True,
        ),
        "INTERMEDIATE_NOT_CA": Code(
            "an issuer in the chain that is not a CA",
            single(
                "'{subject}' issued a certificate of the chain, but is not a CA: it lacks {missing}, and clients or "
                "backends that verify the chain reject it.",
                "Let a CA issue the certificate, or issue '{subject}' again with `basicConstraints = CA:TRUE` and "
                "`keyUsage = keyCertSign`.",
            ),
            acceptable=True,
        ),
        "INTERMEDIATE_PURPOSE": Code(
            "an intermediate that is not allowed to issue for servers, or clients",
            single(
                "The intermediate '{subject}' is not allowed to issue for this purpose: its extended key usage lacks "
                "{purpose}, and clients or backends that verify the chain reject it.",
                "Let a CA issue the certificate whose extended key usage is absent or contains {purpose}.",
            ),
            acceptable=True,
        ),
        "INTERMEDIATE_EXPIRED": Code(
            "an expired intermediate",
            single(f"The intermediate '{{subject}}' {EXPIRED}", f"{_SUCCESSOR}: {HANDSHAKES_FAIL}"),
            acceptable=True,
        ),
        "INTERMEDIATE_NOT_YET_VALID": Code(
            "an intermediate that is not valid yet",
            single(f"The intermediate '{{subject}}' {NOT_YET_VALID}", WAIT),
            severities=("error", "warning"),
            acceptable=True,
        ),
        "INTERMEDIATE_EXPIRES_SOON": Code(
            "an intermediate that expires within `expiry_warning_days`",
            {
                "default": Message(
                    f"The intermediate '{{subject}}' {EXPIRES_SOON}", f"{_SUCCESSOR} before then: {HANDSHAKES_FAIL}"
                ),
                "backend": Message(
                    f"The intermediate '{{subject}}', which a backend sends, {EXPIRES_SOON}",
                    f"Let the backend send its successor before then: {HANDSHAKES_FAIL}",
                ),
            },
            severities=("warning",),
            acceptable=True,
        ),
        "ISSUER_WITH_OTHER_KEY": Code(
            "a certificate in the chain with the issuer's name and another key",
            single(
                "The certificate '{subject}' in the chain has the name of the issuer of '{issued}', but another key: "
                "clients that do not have the right one reject the chain.",
                "Replace it by the issuer's certificate that the CA delivered together with '{issued}', often an older "
                "or a newer one.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "UNRELATED_IN_CHAIN": Code(
            "a certificate that does not belong to the chain",
            single(
                "The certificate '{subject}' in the chain issued neither '{leaf}' nor one of its issuers in the chain.",
                "Remove it. If it belongs there, add the certificates between the two.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "CHAIN_REJECTED": Code(
            "a chain that violates the limits of one of its intermediates",
            single(
                "The chain of '{subject}' is not valid: {reason}.",
                "Ask the CA that issued it: one of its intermediates is not allowed to issue for these names, or at "
                "this depth.",
            ),
            acceptable=True,
        ),
        "DUPLICATE_SNI": Code(
            "an SNI certificate given twice, or that is the listener's own",
            {
                "own": Message(
                    "The SNI certificate '{subject}' is the listener's own certificate.",
                    "Remove it from sni_certificates: the listener's own certificate serves its names without that.",
                ),
                "repeated": Message(
                    "The SNI certificate '{subject}' is given twice.", "Remove one of the two from sni_certificates."
                ),
            },
            severities=("warning",),
            acceptable=True,
        ),
        "SNI_OVERLAP": Code(
            "SNI certificates with a name in common",
            {
                "own": Message(
                    "The SNI certificate '{subject}' shares {names} with '{other}'. Clients that ask for a shared name "
                    "get '{other}', because it is the listener's own.",
                    "Remove one of the two, or issue one of them without the shared names.",
                ),
                "earlier": Message(
                    "The SNI certificate '{subject}' shares {names} with '{other}'. Clients that ask for a shared name "
                    "get '{other}', because it comes first.",
                    "Remove one of the two, or issue one of them without the shared names.",
                ),
            },
            severities=("warning",),
            acceptable=True,
        ),
        "SHARED_KEY": Code(
            "one private key for clients and for backends",
            single(
                "The client certificate '{client}' has the same private key as the listener certificate '{listener}': "
                "anyone who gets the key can impersonate the service and the load balancer.",
                "Issue the client certificate for a key of its own.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
    }
)
"""Codes of this area."""
