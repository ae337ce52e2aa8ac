"""Backend certificates: dates, usages, keys, names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from cryptography import x509

from tests.certificates.agreement.case import (
    CRITICAL_POLICIES,
    EARLIER,
    HOST,
    LATER,
    NOW,
    UNKNOWN_EXTENSION,
    Case,
    ca,
    case,
    case_below_root,
    case_of_names,
    crl_of,
    server,
)
from tests.certificates.issuing import ANY, CLIENT, SERVER, KeyType

KEYS: Sequence[tuple[KeyType, KeyType]] = (
    ("P-256", "P-256"), ("P-384", "P-256"), ("P-521", "P-521"), ("RSA 2048", "P-256"), ("Ed25519", "RSA 2048"),
    ("RSA 2048", "Ed25519"), ("Ed25519", "Ed25519"),
)  # fmt: skip
for leaf_key, root_key in KEYS:

    def _build(leaf_key: KeyType = leaf_key, root_key: KeyType = root_key) -> Case:
        root = ca("Root", key=root_key)
        return Case(server(root, key=leaf_key), [root], crls=[crl_of(root)])

    case(f"{leaf_key} below {root_key}, with a CRL")(_build)

case_below_root("valid", server)
case_below_root("expired", partial(server, not_after=EARLIER), "BACKEND_EXPIRED")
case_below_root("not yet valid", partial(server, not_before=LATER), "BACKEND_NOT_YET_VALID")
case_below_root("valid for ten years", partial(server, not_after=NOW + timedelta(days=3650)))
case_below_root("only for clients", partial(server, extended_key_usage=[CLIENT]), "BACKEND_SERVER_AUTH_MISSING")
case_below_root("only for any purpose", partial(server, extended_key_usage=[ANY]), "BACKEND_SERVER_AUTH_MISSING")
case_below_root("for clients and servers", partial(server, extended_key_usage=[CLIENT, SERVER]))
case_below_root("no extended key usage", partial(server, extended_key_usage=None))
case_below_root("key usage keyEncipherment only", partial(server, usages=["key_encipherment"]))
case_below_root("key usage keyCertSign only", partial(server, usages=["key_cert_sign"]), "BACKEND_KEY_USAGE")
case_below_root("no key usage, no basic constraints", partial(server, usages=None, ca=None))
case_below_root("a CA as a backend", partial(server, ca=True))
case_below_root(
    "unknown critical extension", partial(server, extensions=[UNKNOWN_EXTENSION]), "BACKEND_CRITICAL_EXTENSION"
)
case_below_root("RSA 1024", partial(server, key="RSA 1024"), "WEAK_KEY")
case_below_root("signed with SHA-1", partial(server, sha1=True), "WEAK_SIGNATURE")
case_below_root("curve secp256k1", partial(server, key="secp256k1"), "UNSUPPORTED_CURVE")
case_below_root(
    "critical extensions that OpenSSL supports",
    partial(server, extensions=[CRITICAL_POLICIES, (x509.OCSPNoCheck(), True)]),
)
case_below_root("curve P-224", partial(server, key="P-224"), "UNSUPPORTED_CURVE")
case_below_root("no key identifiers", partial(server, subject_key_id=False, authority_key_id=False))

case_of_names("another name", "BACKEND_NAME_NOT_COVERED", names=["backend.internal"])
case_of_names("the common name matches, the alternative name does not", names=["backend.internal"], common_name=HOST)
case_of_names("the common name alone", names=[], common_name=HOST)
case_of_names("a wildcard for one label", names=["*.example.com"])
case_of_names("a wildcard for the wrong level", "BACKEND_NAME_NOT_COVERED", names=[f"*.{HOST}"])
case_of_names("a wildcard for two labels", "BACKEND_NAME_NOT_COVERED", names=["*.com"], host_name="a.b.com")
case_of_names("a wildcard for a part of a label", names=["a*.example.com"])
case_of_names("a wildcard alone", "BACKEND_NAME_NOT_COVERED", names=["*"])
case_of_names("two asterisks", "BACKEND_NAME_NOT_COVERED", names=["*p*.example.com"])
case_of_names("other case", names=["APP.Example.com"])
case_of_names("requested in other case", names=[HOST], host_name="APP.example.COM")
case_of_names("no name at all", "BACKEND_NAME_NOT_COVERED", names=[])
