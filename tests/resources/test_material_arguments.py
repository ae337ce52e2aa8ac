"""Certificate material as arguments: accepted forms, files, and secrets."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from gcore_tls_provider import (
    CertificateAuthority,
    ClientCertificate,
    Listener,
    ListenerCertificate,
    LoadBalancer,
    Pool,
    RevocationList,
    Secret,
    from_file,
)
from gcore_tls_provider.pulumi_internals import pending_operations
from tests.resources.kinds import ID, KEY, PEM, only_resource

SECRETS: Mapping[str, tuple[Callable[[], object], frozenset[str]]] = {
    "Secret": (lambda: Secret("it", payload="YWJj", mode="cbc"), frozenset({"payload"})),
    "ListenerCertificate": (
        lambda: ListenerCertificate(
            "it",
            certificate=PEM,
            private_key=KEY,
            certificate_chain=PEM,
            private_key_passphrase="x",
            pkcs12=b"\x30\x82",
            pkcs12_password="x",
            name="mine",
        ),
        frozenset(
            {
                "certificate",
                "private_key",
                "certificate_chain",
                "private_key_passphrase",
                "pkcs12",
                "pkcs12_password",
            }
        ),
    ),
    "ClientCertificate": (
        lambda: ClientCertificate(
            "it", certificate=PEM, private_key=KEY, pkcs12=PEM, pkcs12_password="x", format="PEM"
        ),
        frozenset({"certificate", "private_key", "pkcs12", "pkcs12_password"}),
    ),
    "CertificateAuthority": (lambda: CertificateAuthority("it", certificate=PEM), frozenset({"certificate"})),
    "RevocationList": (
        lambda: RevocationList("it", revocation_list=PEM, ca=PEM, name="mine"),
        frozenset({"revocation_list", "ca"}),
    ),
    "Listener": (
        lambda: Listener("it", load_balancer=ID, user_list=[{"username": "ann", "encrypted_password": "x"}]),
        frozenset({"user_list"}),
    ),
    "LoadBalancer": (lambda: LoadBalancer("it", tags={"a": "1"}), frozenset()),
    "Pool": (lambda: Pool("it", load_balancer=ID, members=[]), frozenset()),
}
"""Programs that declare each kind with its material, and the names of the secret inputs."""


@pytest.mark.parametrize("kind", SECRETS)
def test_all_material_is_secret(kind: str) -> None:
    """Certificates are secret too: a user can pass a private key in their place by mistake."""
    write, secret = SECRETS[kind]
    assert only_resource(write).secret == secret


def test_user_list_is_a_secret_output() -> None:
    request: Any = only_resource(SECRETS["Listener"][0]).request
    assert list(request.additionalSecretOutputs) == ["user_list"]


@pytest.mark.parametrize(
    ("given", "received"),
    [
        (PEM, PEM),
        (PEM.encode(), PEM),
        (b"\x30\x82\x01\x00", b64encode(b"\x30\x82\x01\x00").decode()),
        (pulumi.Output.from_input(PEM), PEM),
        (pulumi.Output.secret(PEM), PEM),
    ],
    ids=["text", "bytes of text", "bytes", "output", "secret"],
)
def test_material_is_accepted_as_text_bytes_and_outputs(given: Any, received: str) -> None:
    resource = only_resource(lambda: CertificateAuthority("it", certificate=given))
    assert resource.inputs["certificate"] == received
    assert "certificate" in resource.secret


def test_from_file_returns_pem_or_base64(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(PEM)
    (tmp_path / "ca.der").write_bytes(b"\x30\x82\x01\x00")
    (tmp_path / "empty.pem").touch()
    assert from_file(tmp_path / "ca.pem") == PEM
    assert from_file(str(tmp_path / "ca.der")) == b64encode(b"\x30\x82\x01\x00").decode()
    assert from_file(tmp_path / "empty.pem") == ""


def test_from_file_starts_reading_the_state_in_a_pulumi_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs read their files before they declare the first resource."""
    started: list[bool] = []
    monkeypatch.setattr(pending_operations, "start_reading", lambda: started.append(True))
    (tmp_path / "ca.pem").write_text(PEM)
    from_file(tmp_path / "ca.pem")
    assert started == []
    monkeypatch.setattr(pending_operations, "is_pulumi_program", lambda: True)
    from_file(tmp_path / "ca.pem")
    assert started == [True]


def test_error_of_from_file_names_the_missing_file(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError, match=r"ca\.pem") as caught:
        from_file(tmp_path / "ca.pem")
    assert caught.value.__cause__ is None
