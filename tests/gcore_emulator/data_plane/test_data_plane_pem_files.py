"""Files with certificate and key: the results of HAProxy, the emulator and a preview."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from gcore_emulator.data_plane.identity_pem import UnreadableSecret, identity_pem
from gcore_emulator.data_plane.program import ENVIRONMENT, find_haproxy
from tests.gcore_emulator.data_plane.issuing import issue_backend, issue_ca, issue_crl, sign_with_sha1
from tests.gcore_emulator.data_plane.preview_findings import preview_findings, worst_severity

ROOT = issue_ca("Root")
MIDDLE = issue_ca("Intermediate", ROOT)
LEAF, OTHER = issue_backend(MIDDLE), issue_backend(MIDDLE)
PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
"""Curve P-256, as `openssl ecparam` writes it before a key."""

GOOD = LEAF.pem + LEAF.key_pem + MIDDLE.pem
MISMATCH, NO_KEY, UNREADABLE = (
    "inconsistencies between private key",
    "No Private Key found",
    "unable to load certificate",
)


def encrypted(encoding: PrivateFormat) -> str:
    return LEAF.key.private_bytes(Encoding.PEM, encoding, BestAvailableEncryption(b"a password")).decode()


def pkcs12() -> bytes:
    assert not isinstance(LEAF.key, rsa.RSAPrivateKey)
    return serialize_key_and_certificates(None, LEAF.key, LEAF.certificate, [MIDDLE.certificate], NoEncryption())


MALFORMED = MIDDLE.pem.replace("MII", "!!!", 1)

# HAProxy's error, the worst severity in a preview, and whether the emulator can read the file.
FILES: dict[str, tuple[str | bytes, str | None, str | None, bool]] = {
    "certificate, key, chain": (GOOD, None, None, True),
    "key first": (LEAF.key_pem + LEAF.pem + MIDDLE.pem, None, None, True),
    "CRLF": (GOOD.replace("\n", "\r\n"), None, None, True),
    "byte order mark": ("\ufeff" + GOOD, None, None, True),
    "text between blocks": (f"Bag\n{LEAF.pem}more\n{LEAF.key_pem}and more\n{MIDDLE.pem}", None, None, True),
    "EC PARAMETERS": (LEAF.pem + PARAMETERS + LEAF.key_pem + MIDDLE.pem, None, None, True),
    "with a CRL": (GOOD + issue_crl(ROOT), None, "error", True),
    "two keys, the right one first": (LEAF.pem + LEAF.key_pem + OTHER.key_pem + MIDDLE.pem, None, "error", True),
    "two keys, the wrong one first": (LEAF.pem + OTHER.key_pem + LEAF.key_pem + MIDDLE.pem, MISMATCH, "error", True),
    "another key": (LEAF.pem + OTHER.key_pem, MISMATCH, "error", True),
    # The provider writes the blocks in the right order before the upload.
    "intermediate first": (MIDDLE.pem + LEAF.key_pem + LEAF.pem, MISMATCH, None, True),
    "no key": (LEAF.pem + MIDDLE.pem, NO_KEY, None, False),
    "encrypted key": (LEAF.pem + encrypted(PrivateFormat.PKCS8), NO_KEY, "error", False),
    "encrypted key, traditional": (LEAF.pem + encrypted(PrivateFormat.TraditionalOpenSSL), NO_KEY, "error", False),
    "empty": ("\n", UNREADABLE, "error", False),
    "PKCS12": (pkcs12(), UNREADABLE, None, True),
    "no newline between blocks": (LEAF.pem.rstrip("\n") + LEAF.key_pem, UNREADABLE, None, True),
    "text inside the base64": (GOOD.replace("MII", "MII here\n", 1), UNREADABLE, "error", False),
    # HAProxy ignores the chain without a warning.
    "malformed block in the chain": (LEAF.pem + LEAF.key_pem + MALFORMED, None, "error", False),
}


@pytest.mark.parametrize(("content", "sentence"), [row[:2] for row in FILES.values()], ids=FILES)
def test_haproxy_accepts_or_rejects_each_file_as_expected(
    content: str | bytes, sentence: str | None, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(_raw(content))
    assert _rejection(tmp_path) == sentence


@pytest.mark.parametrize(("content", "openable"), [(row[0], row[3]) for row in FILES.values()], ids=FILES)
def test_haproxy_loads_every_identity_pem_whose_first_key_matches_its_first_certificate(
    content: str | bytes, openable: bool, tmp_path: Path
) -> None:
    try:
        written = identity_pem(_raw(content))
    except UnreadableSecret:
        assert not openable
        return
    assert openable
    (tmp_path / "file").write_bytes(written)
    # It takes the first key and the first certificate, and does not check that they match.
    wrong_key = content in (FILES["another key"][0], FILES["two keys, the wrong one first"][0])
    misplaced = content == FILES["intermediate first"][0]
    assert _rejection(tmp_path) == (MISMATCH if wrong_key or misplaced else None)


@pytest.mark.parametrize(("content", "severity"), [(row[0], row[2]) for row in FILES.values()], ids=FILES)
def test_preview_reports_the_expected_severity_of_each_file(content: str | bytes, severity: str | None) -> None:
    text = content if isinstance(content, str) else b64encode(content).decode()
    assert worst_severity(preview_findings([(text, "listener")])) == severity


def test_preview_reports_or_repairs_every_file_that_haproxy_rejects() -> None:
    without_finding = {name for name, (_, sentence, severity, _) in FILES.items() if sentence and severity is None}
    # A resource requires a key, but `gcore-tls check` accepts a certificate without one.
    assert without_finding == {"intermediate first", "no newline between blocks", "PKCS12", "no key"}


@pytest.mark.parametrize("weakness", ["RSA 1024", "SHA-1", "SHA-1 in the chain"])
def test_weak_certificate_is_rejected_by_haproxy_and_is_an_error_in_the_preview(weakness: str, tmp_path: Path) -> None:
    if weakness == "RSA 1024":
        text = issue_backend(ROOT, key=rsa.generate_private_key(65537, 1024)).bundle
    elif weakness == "SHA-1":
        text = sign_with_sha1(issue_backend(ROOT), ROOT, tmp_path / "openssl").bundle
    else:
        text = LEAF.bundle + sign_with_sha1(MIDDLE, ROOT, tmp_path / "openssl").pem
    (tmp_path / "file").write_text(text)
    assert _rejection(tmp_path) == "SSL Context"
    assert worst_severity(preview_findings([(text, "listener")])) == "error"


def _raw(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _rejection(folder: Path) -> str | None:
    """Return HAProxy's error for a listener with the folder's file; None if it accepts the file."""
    configuration = folder / "c"
    timeouts = "".join(f"    timeout {kind} 1s\n" for kind in ("client", "connect", "server"))
    configuration.write_text(
        f"defaults\n    mode http\n{timeouts}frontend f\n    bind 127.0.0.1:1 ssl crt {folder}/file\n"
    )
    ended = subprocess.run(
        [find_haproxy(), "-c", "-f", configuration], capture_output=True, text=True, env=ENVIRONMENT, timeout=30
    )
    if ended.returncode == 0:
        return None
    return next(sentence for sentence in (MISMATCH, NO_KEY, UNREADABLE, "SSL Context") if sentence in ended.stderr)
