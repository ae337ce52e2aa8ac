"""Backends: their dates, usages, keys, names."""

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
    authority,
    case,
    of_names,
    of_root,
    revocations,
    server,
)
from tests.certificates.issuing import ANY, CLIENT, SERVER, KeyKind

KEYS: Sequence[tuple[KeyKind, KeyKind]] = (
    ("P-256", "P-256"), ("P-384", "P-256"), ("P-521", "P-521"), ("RSA 2048", "P-256"), ("Ed25519", "RSA 2048"),
    ("RSA 2048", "Ed25519"), ("Ed25519", "Ed25519"),
)  # fmt: skip
for leaf_key, root_key in KEYS:

    def _build(leaf_key: KeyKind = leaf_key, root_key: KeyKind = root_key) -> Case:
        root = authority("Root", key=root_key)
        return Case(server(root, key=leaf_key), [root], lists=[revocations(root)])

    case(f"{leaf_key} below {root_key}, with a list")(_build)

of_root("good", server)
of_root("expired", partial(server, not_after=EARLIER), "BACKEND_EXPIRED")
of_root("not yet valid", partial(server, not_before=LATER), "BACKEND_NOT_YET_VALID")
of_root("valid for ten years", partial(server, not_after=NOW + timedelta(days=3650)))
of_root("serves clients only", partial(server, extended_key_usage=[CLIENT]), "BACKEND_SERVER_AUTH_MISSING")
of_root("serves any purpose only", partial(server, extended_key_usage=[ANY]), "BACKEND_SERVER_AUTH_MISSING")
of_root("serves clients and servers", partial(server, extended_key_usage=[CLIENT, SERVER]))
of_root("no extended key usage", partial(server, extended_key_usage=None))
of_root("key usage keyEncipherment only", partial(server, usages=["key_encipherment"]))
of_root("key usage keyCertSign only", partial(server, usages=["key_cert_sign"]), "BACKEND_KEY_USAGE")
of_root("no key usage, no basic constraints", partial(server, usages=None, ca=None))
of_root("an authority as a backend", partial(server, ca=True))
of_root("unknown critical extension", partial(server, extensions=[UNKNOWN_EXTENSION]), "BACKEND_CRITICAL_EXTENSION")
of_root("RSA 1024", partial(server, key="RSA 1024"), "WEAK_KEY")
of_root("signed with SHA-1", partial(server, sha1=True), "WEAK_SIGNATURE")
of_root("curve secp256k1", partial(server, key="secp256k1"), "UNSUPPORTED_CURVE")
of_root(
    "critical extensions that OpenSSL handles",
    partial(server, extensions=[CRITICAL_POLICIES, (x509.OCSPNoCheck(), True)]),
)
of_root("curve P-224", partial(server, key="P-224"), "UNSUPPORTED_CURVE")
of_root("no key identifiers", partial(server, subject_key_id=False, authority_key_id=False))

of_names("another name", "BACKEND_NAME_NOT_COVERED", names=["backend.internal"])
of_names("the common name fits, the alternative name doesn't", names=["backend.internal"], common_name=HOST)
of_names("the common name alone", names=[], common_name=HOST)
of_names("a wildcard for one label", names=["*.example.com"])
of_names("a wildcard for the wrong level", "BACKEND_NAME_NOT_COVERED", names=[f"*.{HOST}"])
of_names("a wildcard for two labels", "BACKEND_NAME_NOT_COVERED", names=["*.com"], host_name="a.b.com")
of_names("a wildcard for a part of a label", names=["a*.example.com"])
of_names("a wildcard alone", "BACKEND_NAME_NOT_COVERED", names=["*"])
of_names("two asterisks", "BACKEND_NAME_NOT_COVERED", names=["*p*.example.com"])
of_names("other case", names=["APP.Example.com"])
of_names("asked for in other case", names=[HOST], host_name="APP.example.COM")
of_names("no name at all", "BACKEND_NAME_NOT_COVERED", names=[])
