"""Private keys: parsed, decrypted, and limited to the types that Gcore accepts."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from gcore_tls_provider.certificates.der_types import UNREADABLE
from gcore_tls_provider.certificates.findings.report import material_error
from gcore_tls_provider.certificates.material import DER_TYPE_NAMES, read_blocks
from gcore_tls_provider.certificates.parse_limits import KEY_LIMIT, reject_expensive
from gcore_tls_provider.certificates.pem import Block, encode_pem

IdentityKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
"""Types of private keys that Gcore's load balancers accept."""


def parse_private_key(material: str, *, property: str, passphrase: str | None, passphrase_property: str) -> IdentityKey:
    """Return the private key of a text. Certificates and parameters next to it are ignored, as many files have them.

    Args:
        material: PEM (PKCS8, or the older forms of RSA and EC), or base64 of DER.
        property: Name of the argument that contains it.
        passphrase: Passphrase of an encrypted key. Ignored for a key that is not encrypted.
        passphrase_property: Name of the passphrase's argument.

    Raises:
        MaterialError: `NOT_A_PRIVATE_KEY`, `SEVERAL_KEYS`, `MALFORMED_PRIVATE_KEY`, `UNSUPPORTED_KEY`,
            `PASSPHRASE_MISSING`, `PASSPHRASE_WRONG`, or the errors of `reject_expensive` and `read_blocks`.
    """
    blocks = read_blocks(material, property=property, expected="a private key")
    if any(block.der_type == "OpenSSH private key" for block in blocks):
        raise material_error("NOT_A_PRIVATE_KEY", property, message="openssh")
    keys = [block for block in blocks if block.der_type == "private key"]
    if not keys:
        raise material_error("NOT_A_PRIVATE_KEY", property, message="other", found=DER_TYPE_NAMES[blocks[0].der_type])
    if len(keys) > 1:
        raise material_error("SEVERAL_KEYS", property, message="pem", count=len(keys))
    key = _load(keys[0], property=property, passphrase=passphrase, passphrase_property=passphrase_property)
    return require_supported_key(key, property=property)


def require_supported_key(key: PrivateKeyTypes, *, property: str) -> IdentityKey:
    """Return the key itself if Gcore accepts its type.

    The load balancer's API rewrites keys in their traditional form, which exists only for RSA and EC.

    Raises:
        MaterialError: `UNSUPPORTED_KEY`.
    """
    if isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        return key
    raise material_error("UNSUPPORTED_KEY", property, key_type=type(key).__name__.removesuffix("PrivateKey"))


def secret_bytes(secret: str) -> bytes:
    """Return a password or passphrase as bytes. Accept characters that UTF-8 lacks: an error would show them."""
    return secret.encode("utf-8", errors="surrogatepass")


def has_outer_white_space(secret: str) -> bool:
    """Return whether a password starts or ends with white space: in a file it often has a line break at the end."""
    return secret != secret.strip()


def _load(block: Block, *, property: str, passphrase: str | None, passphrase_property: str) -> PrivateKeyTypes:
    der = block.der(property=property)
    if len(der) > KEY_LIMIT:
        raise material_error("TOO_LARGE", property, message="key", limit=KEY_LIMIT)
    try:
        if block.encryption is None:
            reject_expensive(der, property=property)
            return load_der_private_key(der, password=None)
    except TypeError:
        # Raised for an encrypted key without a passphrase, before anything is decrypted.
        pass
    except UNREADABLE as error:
        raise material_error("MALFORMED_PRIVATE_KEY", property, message="damaged") from error
    if not passphrase:
        raise material_error("PASSPHRASE_MISSING", passphrase_property, message="argument", key_property=property)
    try:
        if block.encryption:
            pem = encode_pem(block.label, der, encryption=block.encryption).encode("ascii")
            return load_pem_private_key(pem, secret_bytes(passphrase))
        return load_der_private_key(der, secret_bytes(passphrase))
    except UNREADABLE as error:
        if isinstance(error, UnsupportedAlgorithm) or "unknown" in str(error).lower():
            raise material_error("MALFORMED_PRIVATE_KEY", property, message="encryption") from error
        raise material_error(
            "PASSPHRASE_WRONG",
            passphrase_property,
            message="white_space" if has_outer_white_space(passphrase) else "argument",
            key_property=property,
        ) from error
