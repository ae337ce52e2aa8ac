"""The codes of findings: what each means, and whether a user may accept it.

A code never changes its meaning: programs name them in `accept_findings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Code:
    """One kind of finding.

    Attributes:
        meaning: what was found, in a few words, for tables.
        acceptable: whether `accept_findings` can turn it into a warning. What can't be read, a key that doesn't match
            and a private key where public material belongs are never acceptable, and neither is what Gcore refuses.
    """

    meaning: str
    acceptable: bool = False


_UNREADABLE: Final = {
    "EMPTY": Code("no text, or white space only"),
    "TOO_LARGE": Code("more than this package reads"),
    "TOO_MANY_BLOCKS": Code("more PEM blocks than this package reads"),
    "KEY_DERIVATION_TOO_EXPENSIVE": Code("an encryption that takes too long, or too much memory, to open"),
    "FILE_NOT_FOUND": Code("`from_file` found no file"),
    "FILE_UNREADABLE": Code("`from_file` can't read the file"),
    "MATERIAL_AS_PATH": Code("`from_file` got material in place of a path"),
    "NOT_PEM": Code("neither PEM text nor base64"),
    "DOUBLE_BASE64": Code("base64 of base64"),
    "TRUNCATED": Code("the end is missing"),
    "BROKEN_BLOCK": Code("damaged inside, or the beginning is missing"),
    "NOT_A_CERTIFICATE": Code("something else stands where a certificate belongs"),
    "NOT_A_REVOCATION_LIST": Code("something else stands where a revocation list belongs"),
    "NOT_A_PRIVATE_KEY": Code("something else stands where a private key belongs"),
    "NOT_PKCS12": Code("something else stands where a PKCS12 file belongs"),
    "PRIVATE_KEY_IN_CERTIFICATE": Code("a private key where a certificate belongs"),
    "PRIVATE_KEY_IN_REVOCATION_LIST": Code("a private key where a revocation list belongs"),
    "MALFORMED_CERTIFICATE": Code("a certificate that can't be read"),
    "MALFORMED_REVOCATION_LIST": Code("a revocation list that can't be read"),
    "MALFORMED_PRIVATE_KEY": Code("a private key that can't be read"),
    "MALFORMED_PKCS12": Code("a PKCS12 file that can't be read"),
    "KEY_MISSING": Code("a PKCS12 file without a private key"),
    "CERTIFICATE_MISSING": Code("a private key, or a listener, without its certificate"),
    "SEVERAL_KEYS": Code("more than one private key"),
    "KEY_MISMATCH": Code("the private key fits none of the certificates"),
    "UNSUPPORTED_KEY": Code("a kind of key that Gcore refuses"),
    "PASSPHRASE_MISSING": Code("an encrypted private key without its passphrase"),
    "PASSPHRASE_WRONG": Code("an encrypted private key with another passphrase"),
    "PASSWORD_MISSING": Code("a PKCS12 file without its password"),
    "PASSWORD_WRONG": Code("a PKCS12 file with another password"),
    "PKCS12_AND_PEM": Code("a PKCS12 file and PEM beside it"),
    "MATERIAL_MISSING": Code("half of the material, or all of it, isn't given"),
}

_INPUTS: Final = {
    "PROPERTY_MISSING": Code("a required property isn't given"),
    "PROPERTY_UNKNOWN": Code("a property that doesn't exist"),
    "PROPERTY_INVALID": Code("a value that isn't allowed"),
    "NAME_INVALID": Code("a name that Gcore doesn't take"),
    "NOT_AN_ID": Code("not the id of an object"),
    "NOT_AN_ADDRESS": Code("not an IP address"),
    "NOT_A_NETWORK": Code("not a network"),
    "NOT_A_TIME": Code("not a date and time"),
    "NOT_BASE64": Code("not base64"),
    "TEXT_AND_BASE64": Code("a content type that Gcore refuses together with base64"),
    "COOKIE_NAME": Code("a cookie name that doesn't fit the kind of session persistence"),
    "CLIENT_AUTHENTICATION": Code("certificates demanded from clients, which Gcore can't do"),
    "CERTIFICATE_UNUSED": Code("a certificate on a listener that shows none"),
    "POOL_WITHOUT_LOAD_BALANCER": Code("a pool without a load balancer"),
    "CRL_WITHOUT_CA": Code("a revocation list without its certificate authority"),
    "DUPLICATE_MEMBER": Code("a member given twice"),
    "MONITOR_TIMEOUT": Code("a probe that may last longer than the time between two"),
    "MONITOR_HTTP_ONLY": Code("a setting of HTTP probes on a monitor of another type"),
    "VIP_GIVEN_TWO_WAYS": Code("a VIP given in two ways"),
    "VIP_SUBNET_ALONE": Code("a subnet without its network"),
    "FLOATING_IP_ID": Code("a floating IP whose source and id don't fit"),
    "DEPENDENCY_HAS_ERRORS": Code("a resource that refers to another one with errors"),
    "CODE_UNKNOWN": Code("`accept_findings` names a code that doesn't exist"),
    "CODE_NOT_ACCEPTABLE": Code("`accept_findings` names a code that can't be accepted"),
    "REASON_MISSING": Code("`accept_findings` gives no reason"),
}

_GRAPH: Final = {
    "BACKENDS_NOT_VERIFIED": Code("a pool that speaks TLS without a certificate authority", acceptable=True),
    "TLS_IN_TLS": Code("a pool that speaks TLS under a listener that passes TLS through", acceptable=True),
    "NO_HEALTH_MONITOR": Code("a pool that speaks mutual TLS without a health monitor", acceptable=True),
    "MONITOR_STOPS_VERIFICATION": Code("a health monitor that switches verification off", acceptable=True),
    "MONITOR_OVER_HTTP2": Code("HTTP probes that backends with HTTP/2 refuse", acceptable=True),
    "PLAINTEXT_PROBE_TO_TLS_PORT": Code("plain HTTP probes to a port that speaks TLS", acceptable=True),
    "PROBES_BYPASS_TLS": Code("probes that say nothing about TLS", acceptable=True),
    "RELOAD_EXPOSES_EXPIRED": Code("a change after which expired material stops working", acceptable=True),
}

_LEAF: Final = {
    "CERTIFICATE_EXPIRED": Code("a certificate after its end", acceptable=True),
    "CERTIFICATE_NOT_YET_VALID": Code("a certificate before its begin", acceptable=True),
    "CERTIFICATE_EXPIRES_SOON": Code("a certificate that ends within `expiry_warning_days`", acceptable=True),
    "SERVER_AUTH_MISSING": Code("a server certificate that isn't meant for servers", acceptable=True),
    "CLIENT_AUTH_MISSING": Code("a client certificate that isn't meant for clients", acceptable=True),
    "DIGITAL_SIGNATURE_MISSING": Code("a key usage that doesn't allow TLS handshakes", acceptable=True),
    "NO_NAME": Code("a certificate without common name and DNS name, which Gcore refuses"),
    "NO_DNS_NAME": Code("a server certificate without DNS names", acceptable=True),
    "HOST_NAME_NOT_COVERED": Code("a name that clients use, and no certificate covers", acceptable=True),
    "CA_AS_LEAF": Code("an authority's certificate where a leaf belongs", acceptable=True),
    "CRITICAL_EXTENSION": Code("a critical extension that TLS software doesn't know", acceptable=True),
    "WEAK_KEY": Code("a key that TLS software refuses as too short", acceptable=True),
    "WEAK_SIGNATURE": Code("a signature with SHA-1 or MD5", acceptable=True),
    "UNSUPPORTED_CURVE": Code("a key on a curve that TLS software doesn't offer", acceptable=True),
    "INTERMEDIATE_MISSING": Code("a certificate without the intermediate that issued it", acceptable=True),
    "INTERMEDIATE_NOT_CA": Code("an issuer in the chain that isn't an authority", acceptable=True),
    "INTERMEDIATE_PURPOSE": Code("an intermediate that mustn't issue for servers, or clients", acceptable=True),
    "INTERMEDIATE_EXPIRED": Code("an intermediate after its end", acceptable=True),
    "INTERMEDIATE_NOT_YET_VALID": Code("an intermediate before its begin", acceptable=True),
    "INTERMEDIATE_EXPIRES_SOON": Code("an intermediate that ends within `expiry_warning_days`", acceptable=True),
    "ISSUER_WITH_OTHER_KEY": Code("a certificate in the chain with the issuer's name and another key", acceptable=True),
    "UNRELATED_IN_CHAIN": Code("a certificate that doesn't belong to the chain", acceptable=True),
    "CHAIN_REJECTED": Code("a chain that breaks the limits of one of its intermediates", acceptable=True),
    "DUPLICATE_SNI": Code("an SNI certificate given twice, or that is the listener's own", acceptable=True),
    "SNI_OVERLAP": Code("SNI certificates with a name in common", acceptable=True),
}

_TRUST: Final = {
    "NOT_A_CA": Code("a certificate that is no authority where an authority belongs", acceptable=True),
    "CERT_SIGN_MISSING": Code("an authority whose key usage doesn't allow certificates", acceptable=True),
    "CA_SERVER_AUTH_MISSING": Code("an authority that mustn't issue for servers", acceptable=True),
    "CA_CRITICAL_EXTENSION": Code("an authority with a critical extension that nobody knows", acceptable=True),
    "CA_PATH_LENGTH": Code("more authorities below another than it allows", acceptable=True),
    "CA_WITHOUT_ROOT": Code("an authority without the root above it", acceptable=True),
    "CA_EXPIRED": Code("an authority after its end, and none that works beside it", acceptable=True),
    "CA_NOT_YET_VALID": Code("an authority before its begin, and none that works beside it", acceptable=True),
    "CA_EXPIRES_SOON": Code("an authority that ends within `expiry_warning_days`", acceptable=True),
    "CA_BUNDLE_ENTRY_EXPIRED": Code("an authority after its end, beside one that works", acceptable=True),
    "CA_BUNDLE_ENTRY_NOT_YET_VALID": Code("an authority before its begin, beside one that works", acceptable=True),
    "DUPLICATE_CA": Code("a certificate given twice in a bundle", acceptable=True),
    "CA_AMBIGUOUS": Code("two authorities of one name that no key identifier tells apart", acceptable=True),
    "CA_DROPPED": Code("a new bundle without an authority of the old one", acceptable=True),
    "PINNED_CERTIFICATE": Code("a server's own certificate where an authority belongs", acceptable=True),
    "CRL_OF_ANOTHER_CA": Code("a first list that the bundle's first authority hasn't signed"),
    "CRL_INCOMPLETE": Code("an authority without a revocation list beside one that has", acceptable=True),
    "CRL_EXPIRED": Code("a revocation list after its next update", acceptable=True),
    "CRL_NOT_YET_VALID": Code("a revocation list before its begin", acceptable=True),
    "CRL_EXPIRES_SOON": Code("a revocation list whose next update is near", acceptable=True),
    "CRL_SIGN_MISSING": Code("a revocation list of an authority whose key usage forbids lists", acceptable=True),
    "CRL_CRITICAL_EXTENSION": Code("a revocation list with a critical extension that nobody knows", acceptable=True),
    "CRL_SCOPE": Code("a revocation list for a part of the certificates only", acceptable=True),
    "CRL_DELTA": Code("a delta list, which load balancers can't use", acceptable=True),
    "CRL_REVOKES_KNOWN": Code("a revocation list that revokes a certificate of the program", acceptable=True),
    "BACKEND_EXPIRED": Code("a backend certificate after its end", acceptable=True),
    "BACKEND_NOT_YET_VALID": Code("a backend certificate before its begin", acceptable=True),
    "BACKEND_EXPIRES_SOON": Code("a backend certificate that ends within `expiry_warning_days`", acceptable=True),
    "BACKEND_SERVER_AUTH_MISSING": Code("a backend certificate that isn't meant for servers", acceptable=True),
    "BACKEND_KEY_USAGE": Code("a backend certificate whose key usage doesn't allow TLS", acceptable=True),
    "BACKEND_CRITICAL_EXTENSION": Code("a backend certificate with an unknown critical extension", acceptable=True),
    "BACKEND_NAME_NOT_COVERED": Code("a name that clients use, and a backend certificate lacks", acceptable=True),
    "BACKEND_NAME_PARTLY_COVERED": Code("a wildcard that a backend certificate has single names of", acceptable=True),
    "BACKEND_NOT_TRUSTED": Code("a backend certificate of no authority of the bundle", acceptable=True),
    "BACKEND_CA_REJECTED": Code("a backend certificate of an authority that is refused", acceptable=True),
    "BACKEND_REVOKED": Code("a backend certificate, or an authority above it, that is revoked", acceptable=True),
    "BACKEND_CA_WITHOUT_CRL": Code("a backend certificate of an authority without a usable list", acceptable=True),
    "SHARED_KEY": Code("one private key for clients and for backends", acceptable=True),
}

CODES: Final[Mapping[str, Code]] = MappingProxyType(
    dict(sorted({**_UNREADABLE, **_INPUTS, **_GRAPH, **_LEAF, **_TRUST}.items()))
)
"""All codes, sorted."""
