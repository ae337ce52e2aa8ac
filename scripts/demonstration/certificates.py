"""Certificates of the demo: files as a user has them, generated once."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path

from pydantic import SecretStr

from bootstrap.places import ROOT
from bootstrap.reporting import print_line
from gcore_tls_provider.certificates import DevelopmentCa, Identity, write_development_certificates
from gcore_tls_provider.certificates.dev_certs import ROOT_NAME, write_secret

SERVER_NAME = "app.example.com"
SNI_NAME = "shop.example.com"


class BackendKind(str, Enum):
    """Kinds of backends: one correct, the others each with one defect."""

    good = "good"
    of_other_ca = "of-other-ca"
    revoked = "revoked"
    expired = "expired"
    trusting_other_ca = "trusting-other-ca"


@dataclass(frozen=True)
class BackendFiles:
    """PEM files of a backend: its server certificate and the client CA that it accepts.

    Attributes:
        certificate: The backend's server certificate.
        private_key: The private key of `certificate`.
        client_ca: The CA of the client certificates that it accepts.
    """

    certificate: Path
    private_key: Path
    client_ca: Path


@dataclass(frozen=True)
class CertificateFiles:
    """Paths of the files, relative to the clone, and the password of the PKCS12 file.

    Attributes:
        certificate: Server certificate with its chain, PEM.
        private_key: Private key of `certificate`, PEM.
        sni_certificates: More server certificates by name: (certificate, private key), PEM.
        client_certificate: Client certificate of the load balancer, PKCS12.
        client_password: Password of `client_certificate`.
        ca: CA that issues the backends' certificates, PEM.
        crl: CRL of `ca`, PEM.
        backend: Server certificate of the backends, PEM.
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
    """Return the certificate files in a folder. Create them first if they are missing.

    Args:
        directory: A folder inside the clone. It exists only after all files are complete.
    """
    relative = directory.relative_to(ROOT)
    if directory.exists():
        print_line(f"      from an earlier run, in {relative}")
    else:
        unfinished = directory.with_name(f"{directory.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        _write(unfinished)
        unfinished.rename(directory)
        print_line(
            f"      a CA, certificates for {SERVER_NAME} and {SNI_NAME}, a client certificate, a CRL, in {relative}"
        )
    sni = SNI_NAME.partition(".")[0]
    return CertificateFiles(
        certificate=str(relative / "server.pem"),
        private_key=str(relative / "server.key"),
        sni_certificates={sni: (str(relative / f"{sni}.pem"), str(relative / f"{sni}.key"))},
        client_certificate=str(relative / "client.p12"),
        client_password=SecretStr((directory / "client.p12.password").read_text().strip()),
        ca=str(relative / "ca.pem"),
        crl=str(relative / "crl.pem"),
        backend=str(relative / "backend.pem"),
    )


def backend_files(directory: Path) -> Mapping[BackendKind, BackendFiles]:
    """Return the files of each kind of backend in the folder from `ensure_certificates`."""
    ca, good = directory / "ca.pem", (directory / "backend.pem", directory / "backend.key")

    def rejected(kind: BackendKind) -> BackendFiles:
        return BackendFiles(directory / f"{kind.value}.pem", directory / f"{kind.value}.key", ca)

    return {
        BackendKind.good: BackendFiles(*good, ca),
        **{kind: rejected(kind) for kind in (BackendKind.of_other_ca, BackendKind.revoked, BackendKind.expired)},
        BackendKind.trusting_other_ca: BackendFiles(*good, directory / "other-ca.pem"),
    }


def _write(directory: Path) -> None:
    """Create all files: for a load balancer with good backends, and for backends with a defect."""
    names = (SERVER_NAME, SNI_NAME)
    month_ago = datetime.now(timezone.utc) - timedelta(days=30)
    root, other = DevelopmentCa.create(ROOT_NAME, now=month_ago), DevelopmentCa.create("Another CA")
    defective: Mapping[BackendKind, Identity] = {
        BackendKind.of_other_ca: other.issue_server(names),
        BackendKind.revoked: root.issue_server(names),
        BackendKind.expired: root.issue_server(names, now=month_ago, valid_days=29),
    }
    write_development_certificates(
        directory,
        server_names=(SERVER_NAME,),
        sni_names=(SNI_NAME,),
        root=root,
        revoked=[defective[BackendKind.revoked]],
    )
    (directory / "other-ca.pem").write_text(other.certificate_pem)
    for kind, identity in defective.items():
        (directory / f"{kind.value}.pem").write_text(identity.full_chain_pem)
        write_secret(directory / f"{kind.value}.key", identity.private_key_pem)
