"""Private keys: read from material, decrypted, and held to the kinds that Gcore takes."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from gcore_tls_provider.certificates.der_types import UNREADABLE
from gcore_tls_provider.certificates.findings.finding import material_error
from gcore_tls_provider.certificates.material import NOUNS, read_blocks
from gcore_tls_provider.certificates.parse_limits import KEY_LIMIT, reject_expensive
from gcore_tls_provider.certificates.pem import Block, encode_pem

IdentityKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
"""The kinds of private keys that Gcore's load balancers take."""


def parse_private_key(material: str, *, property: str, passphrase: str | None, passphrase_property: str) -> IdentityKey:
    """Return the private key of a text. Certificates and parameters beside it are ignored, as many files have them.

    Args:
        material: PEM (PKCS8, or the older forms of RSA and EC), or base64 of DER.
        property: name of the argument it came in.
        passphrase: of an encrypted key. Ignored for one that isn't.
        passphrase_property: name of the passphrase's argument.

    Raises:
        MaterialError: `NOT_A_PRIVATE_KEY`, `SEVERAL_KEYS`, `MALFORMED_PRIVATE_KEY`, `UNSUPPORTED_KEY`,
            `PASSPHRASE_MISSING`, `PASSPHRASE_WRONG`, or what `refuse_costly` and `read_blocks` raise.
    """
    blocks = read_blocks(material, property=property, expected="a private key")
    if any(block.role == "OpenSSH private key" for block in blocks):
        raise material_error(
            "NOT_A_PRIVATE_KEY",
            property=property,
            sentence=f"{property} holds {NOUNS['OpenSSH private key']}.",
            remedy="Convert a copy of the file with `ssh-keygen -p -m PKCS8 -f FILE`.",
        )
    keys = [block for block in blocks if block.role == "private key"]
    if not keys:
        raise material_error(
            "NOT_A_PRIVATE_KEY",
            property=property,
            sentence=f"{property} holds {NOUNS[blocks[0].role]}, and no private key.",
            remedy="Give the private key that the certificate was issued for, as PEM text.",
        )
    if len(keys) > 1:
        raise material_error(
            "SEVERAL_KEYS",
            property=property,
            sentence=f"{property} holds {len(keys)} private keys.",
            remedy="Give only the one that the certificate was issued for.",
        )
    key = _load(keys[0], property=property, passphrase=passphrase, passphrase_property=passphrase_property)
    return usable_key(key, property=property)


def usable_key(key: PrivateKeyTypes, *, property: str) -> IdentityKey:
    """Return the key itself, if Gcore takes its kind.

    The load balancer's API rewrites keys in their traditional form, which exists for RSA and EC only.

    Raises:
        MaterialError: `UNSUPPORTED_KEY`.
    """
    if isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        return key
    kind = type(key).__name__.removesuffix("PrivateKey")
    raise material_error(
        "UNSUPPORTED_KEY",
        property=property,
        sentence=f"{property} holds a private key of kind {kind}, which Gcore's load balancers refuse.",
        remedy="Issue the certificate for an EC P-256 or an RSA key.",
    )


def secret_bytes(secret: str) -> bytes:
    """Return a password or passphrase as bytes. Accept characters that UTF-8 lacks: an error would show them."""
    return secret.encode("utf-8", errors="surrogatepass")


def _load(block: Block, *, property: str, passphrase: str | None, passphrase_property: str) -> PrivateKeyTypes:
    der = block.der(property=property)
    if len(der) > KEY_LIMIT:
        raise material_error(
            "TOO_LARGE",
            property=property,
            sentence=f"The private key in {property} is larger than {KEY_LIMIT} bytes.",
            remedy="Use an EC P-256 key, or RSA with 2048 to 4096 bits.",
        )
    try:
        if block.encryption is None:
            reject_expensive(der, property=property)
            return load_der_private_key(der, password=None)
    except TypeError:
        # Raised for an encrypted key without a passphrase, before anything is decrypted.
        pass
    except UNREADABLE as error:
        raise material_error(
            "MALFORMED_PRIVATE_KEY",
            property=property,
            sentence=f"The private key in {property} can't be read.",
            remedy="Check it with `openssl pkey -noout -check`, and copy the file again.",
        ) from error
    if not passphrase:
        raise material_error(
            "PASSPHRASE_MISSING",
            property=passphrase_property,
            sentence=f"The private key in {property} is encrypted, and {passphrase_property} isn't set.",
            remedy=f"Set {passphrase_property} as a secret, or decrypt the key with `openssl pkey`.",
        )
    try:
        if block.encryption:
            pem = encode_pem(block.label, der, encryption=block.encryption).encode("ascii")
            return load_pem_private_key(pem, secret_bytes(passphrase))
        return load_der_private_key(der, secret_bytes(passphrase))
    except UNREADABLE as error:
        if isinstance(error, UnsupportedAlgorithm) or "unknown" in str(error).lower():
            raise material_error(
                "MALFORMED_PRIVATE_KEY",
                property=property,
                sentence=f"The private key in {property} is encrypted in a way that can't be read.",
                remedy="Write it again with `openssl pkcs8 -topk8`.",
            ) from error
        raise material_error(
            "PASSPHRASE_WRONG",
            property=passphrase_property,
            sentence=f"{passphrase_property} doesn't open the private key in {property}{blank_hint(passphrase)}.",
            remedy="Check it with `openssl pkey -noout`.",
        ) from error


def blank_hint(secret: str) -> str:
    """Return a clause for messages: a secret read from a file often has a line end too much."""
    return " (it begins or ends with white space)" if secret != secret.strip() else ""
