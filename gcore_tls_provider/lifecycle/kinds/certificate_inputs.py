"""Inputs of the four certificate kinds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Limited

from gcore_tls_provider.lifecycle.inputs.properties import ExpiringInputs


class CertificateInputs(ExpiringInputs):
    """Inputs of every certificate kind besides its content.

    Attributes:
        name: Exact name of the secret; by default a name is computed.
    """

    name: str | None = None


class IdentityInputs(CertificateInputs):
    """A certificate with its private key: as PEM, or as a PKCS12 file.

    Attributes:
        certificate: PEM of the certificate, with or without its chain; or base64 of DER.
        private_key: PEM of its private key; or base64 of DER.
        certificate_chain: PEM of intermediates that `certificate` does not contain.
        private_key_passphrase: Passphrase of an encrypted private key.
        pkcs12: Base64 of a PKCS12 file, instead of the four above.
        pkcs12_password: Password of the PKCS12 file.
    """

    certificate: str | None = None
    private_key: str | None = None
    certificate_chain: str | None = None
    private_key_passphrase: str | None = None
    pkcs12: str | None = None
    pkcs12_password: str | None = None


class ListenerCertificateInputs(IdentityInputs):
    """Certificate that a listener presents to clients.

    Attributes:
        host_names: Names that clients use; the certificate must cover each of them.
    """

    host_names: Annotated[list[str], Limited(default_factory=list)]


class ClientCertificateInputs(IdentityInputs):
    """Certificate that the load balancer presents to backends.

    Attributes:
        format: Format of the upload. The guide accepts both; Octavia, on which Gcore's load balancers are built, reads
            PKCS12.
    """

    format: Literal["PKCS12", "PEM"] = "PKCS12"


class CertificateAuthorityInputs(CertificateInputs):
    """CA bundle that backend certificates are verified against.

    Attributes:
        certificate: PEM of one CA or of a bundle; or base64 of DER.
    """

    certificate: str


class RevocationListInputs(CertificateInputs):
    """CRLs: backend certificates that the load balancer must reject.

    Attributes:
        revocation_list: PEM of one CRL or several; or base64 of DER.
        ca: PEM of the CA, so that the signature can be checked.
    """

    revocation_list: str
    ca: str | None = None
