"""Typed arguments of the components."""

from __future__ import annotations

import pulumi
from typing_extensions import TypedDict

from gcore_tls_provider import Material


class CertificateArgs(TypedDict, total=False):
    """A certificate with its private key: as PEM, or as a PKCS12 file. All of it is encrypted in the state."""

    certificate: pulumi.Input[Material]
    """PEM, its chain may follow in it; or DER."""
    private_key: pulumi.Input[Material]
    """PEM or DER; RSA or EC."""
    certificate_chain: pulumi.Input[Material]
    """Intermediates that aren't in `certificate`, PEM."""
    private_key_passphrase: pulumi.Input[str]
    """Of an encrypted private key."""
    pkcs12: pulumi.Input[Material]
    """A PKCS12 file, in place of the four above."""
    pkcs12_password: pulumi.Input[str]
    """Its password."""
