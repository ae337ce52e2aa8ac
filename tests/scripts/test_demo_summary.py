"""Summary of certificates and configuration of the demo."""

from __future__ import annotations

from datetime import datetime, timezone

from pydantic import SecretStr

from demonstration.certificates import CertificateFiles
from demonstration.configuration import settings
from demonstration.emulator import Emulator, EmulatorProcess, belongs_to_clone
from demonstration.stack import Outputs
from demonstration.summary import certificate_lines, table

OUTPUTS = Outputs.model_validate(
    {
        "vip_address": "203.0.113.5",
        "load_balancer_id": "1",
        "listener_id": "2",
        "pool_id": "3",
        "certificates": {
            "server": {"subject": "CN=app", "fingerprint_sha256": "ab" * 32, "not_after": "2030-01-11T00:00:00Z"},
            "crl": {"issuer": "CN=CA", "fingerprint_sha256": "cd" * 32, "next_update": "2030-01-03T12:00:00Z"},
            "old": {"subject": "CN=old", "fingerprint_sha256": "ef" * 32, "not_after": "2029-12-30T00:00:00Z"},
        },
    }
)


def test_each_certificate_has_a_line_with_its_remaining_days() -> None:
    lines = certificate_lines(OUTPUTS, now=datetime(2030, 1, 1, tzinfo=timezone.utc))
    assert [line.split("  ")[2:] and line.split() for line in lines] == [
        ["role", "subject", "days", "left", "SHA-256", "fingerprint"],
        ["server", "CN=app", "10", "ab" * 32],
        ["crl", "CRL", "of", "CN=CA", "2", "cd" * 32],
        ["old", "CN=old", "-2", "ef" * 32],
    ]


def test_columns_are_aligned() -> None:
    assert table([("a", "bb", "c"), ("aaa", "b", "")]) == ["    a    bb  c", "    aaa  b"]


def test_the_api_key_and_the_password_are_configured_as_secrets() -> None:
    files = CertificateFiles(
        "s.pem", "s.key", {"shop": ("n.pem", "n.key")}, "c.p12", SecretStr("word"), "ca", "crl", "b"
    )
    configured = settings(Emulator(EmulatorProcess(pid=1, port=8080), SecretStr("key")), files)
    assert {setting.value for setting in configured if setting.secret} == {"key", "word"}
    assert {setting.key for setting in configured if setting.value.startswith("n.")} == {
        "sniCertificates.shop.certificate",
        "sniCertificates.shop.privateKey",
    }


def test_a_process_with_another_command_line_is_not_recognized_as_the_emulator() -> None:
    assert not belongs_to_clone(1)
    assert not belongs_to_clone(2**22 + 1)
