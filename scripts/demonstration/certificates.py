"""The demo's certificates: made once, as files such as a user would have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bootstrap.places import ROOT
from bootstrap.reporting import say
from gcore_tls_provider.certificates.development import write_development_certificates

SERVER_NAME = "app.example.com"
SNI_NAME = "shop.example.com"


@dataclass(frozen=True)
class CertificateFiles:
    """The files, as paths relative to the clone, and the password of the PKCS12 file.

    Attributes:
        certificate: The server certificate with its chain, PEM.
        private_key: Its private key, PEM.
        sni_certificates: Further server certificates by their name: (certificate, private key), PEM.
        client_certificate: What the load balancer shows to backends, PKCS12.
        client_password: The password of that file.
        ca: The authority that signs the backends' certificates, PEM.
        crl: Its revocation list, PEM.
        backend: What the backends show, PEM.
    """

    certificate: str
    private_key: str
    sni_certificates: dict[str, tuple[str, str]]
    client_certificate: str
    client_password: SecretStr
    ca: str
    crl: str
    backend: str


def ensure_certificates(directory: Path) -> CertificateFiles:
    """Returns the certificate files in a folder, after making them if they aren't there.

    Args:
        directory: A folder inside the clone. It exists only if it is complete.
    """
    shown = directory.relative_to(ROOT)
    if directory.exists():
        say(f"      those of the last run, in {shown}")
    else:
        unfinished = directory.with_name(f"{directory.name}.unfinished")
        write_development_certificates(unfinished, server_names=(SERVER_NAME,), sni_names=(SNI_NAME,))
        unfinished.rename(directory)
        say(f"      a CA, certificates for {SERVER_NAME} and {SNI_NAME}, a client certificate and a CRL, in {shown}")
    sni = SNI_NAME.partition(".")[0]
    return CertificateFiles(
        certificate=str(shown / "server.pem"),
        private_key=str(shown / "server.key"),
        sni_certificates={sni: (str(shown / f"{sni}.pem"), str(shown / f"{sni}.key"))},
        client_certificate=str(shown / "client.p12"),
        client_password=SecretStr((directory / "client.p12.password").read_text().strip()),
        ca=str(shown / "ca.pem"),
        crl=str(shown / "crl.pem"),
        backend=str(shown / "backend.pem"),
    )
