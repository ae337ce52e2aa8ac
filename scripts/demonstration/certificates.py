"""The demo's certificates: made once, as files such as a user would have."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path

from pydantic import SecretStr

from bootstrap.places import ROOT
from bootstrap.reporting import say
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
    """Return the certificate files in a folder, after making them if they aren't there.

    Args:
        directory: A folder inside the clone. It exists only if it is complete.
    """
    shown = directory.relative_to(ROOT)
    if directory.exists():
        say(f"      those of the last run, in {shown}")
    else:
        unfinished = directory.with_name(f"{directory.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        _write(unfinished)
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


def backend_files(directory: Path) -> Mapping[BackendKind, BackendFiles]:
    """Return the files of each kind of backend, in the folder that `ensure_certificates` filled."""
    ca, good = directory / "ca.pem", (directory / "backend.pem", directory / "backend.key")

    def refused(kind: BackendKind) -> BackendFiles:
        return BackendFiles(directory / f"{kind.value}.pem", directory / f"{kind.value}.key", ca)

    return {
        BackendKind.good: BackendFiles(*good, ca),
        **{kind: refused(kind) for kind in (BackendKind.of_other_ca, BackendKind.revoked, BackendKind.expired)},
        BackendKind.trusting_other_ca: BackendFiles(*good, directory / "other-ca.pem"),
    }


def _write(directory: Path) -> None:
    """Create all files: those of a load balancer with good backends, and what backends show that are to be refused."""
    names = (SERVER_NAME, SNI_NAME)
    month_ago = datetime.now(timezone.utc) - timedelta(days=30)
    root, other = DevelopmentCa.create(ROOT_NAME, now=month_ago), DevelopmentCa.create("Another CA")
    refused: Mapping[BackendKind, Identity] = {
        BackendKind.of_other_ca: other.issue_server(names),
        BackendKind.revoked: root.issue_server(names),
        BackendKind.expired: root.issue_server(names, now=month_ago, valid_days=29),
    }
    write_development_certificates(
        directory,
        server_names=(SERVER_NAME,),
        sni_names=(SNI_NAME,),
        root=root,
        revoked=[refused[BackendKind.revoked]],
    )
    (directory / "other-ca.pem").write_text(other.certificate_pem)
    for kind, identity in refused.items():
        (directory / f"{kind.value}.pem").write_text(identity.full_chain_pem)
        write_secret(directory / f"{kind.value}.key", identity.private_key_pem)
