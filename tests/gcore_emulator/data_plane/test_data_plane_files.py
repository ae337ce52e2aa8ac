"""Files with certificate and key: what HAProxy, the emulator and a preview make of them."""

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
from tests.gcore_emulator.data_plane.issuing import authority, backend, revocations, signed_with_sha1
from tests.gcore_emulator.data_plane.judging import gravest, judged

ROOT = authority("Root")
MIDDLE = authority("Intermediate", ROOT)
LEAF, OTHER = backend(MIDDLE), backend(MIDDLE)
PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
"""The curve P-256, as `openssl ecparam` writes it before a key."""

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


BROKEN = MIDDLE.pem.replace("MII", "!!!", 1)

# What HAProxy says of the file, what a preview says of it, and whether the emulator can open it.
FILES: dict[str, tuple[str | bytes, str | None, str | None, bool]] = {
    "certificate, key, chain": (GOOD, None, None, True),
    "key first": (LEAF.key_pem + LEAF.pem + MIDDLE.pem, None, None, True),
    "CRLF": (GOOD.replace("\n", "\r\n"), None, None, True),
    "byte order mark": ("\ufeff" + GOOD, None, None, True),
    "text between blocks": (f"Bag\n{LEAF.pem}more\n{LEAF.key_pem}and more\n{MIDDLE.pem}", None, None, True),
    "EC PARAMETERS": (LEAF.pem + PARAMETERS + LEAF.key_pem + MIDDLE.pem, None, None, True),
    "a list beside it": (GOOD + revocations(ROOT), None, "error", True),
    "two keys, the right one first": (LEAF.pem + LEAF.key_pem + OTHER.key_pem + MIDDLE.pem, None, "error", True),
    "two keys, the wrong one first": (LEAF.pem + OTHER.key_pem + LEAF.key_pem + MIDDLE.pem, MISMATCH, "error", True),
    "another key": (LEAF.pem + OTHER.key_pem, MISMATCH, "error", True),
    # Written anew in the right order before it is uploaded.
    "intermediate first": (MIDDLE.pem + LEAF.key_pem + LEAF.pem, MISMATCH, None, True),
    "no key": (LEAF.pem + MIDDLE.pem, NO_KEY, None, False),
    "encrypted key": (LEAF.pem + encrypted(PrivateFormat.PKCS8), NO_KEY, "error", False),
    "encrypted key, traditional": (LEAF.pem + encrypted(PrivateFormat.TraditionalOpenSSL), NO_KEY, "error", False),
    "empty": ("\n", UNREADABLE, "error", False),
    "PKCS12": (pkcs12(), UNREADABLE, None, True),
    "no newline between blocks": (LEAF.pem.rstrip("\n") + LEAF.key_pem, UNREADABLE, None, True),
    "text inside the base64": (GOOD.replace("MII", "MII here\n", 1), UNREADABLE, "error", False),
    # HAProxy drops the chain without a word.
    "broken block in the chain": (LEAF.pem + LEAF.key_pem + BROKEN, None, "error", False),
}


@pytest.mark.parametrize(("content", "sentence"), [row[:2] for row in FILES.values()], ids=FILES)
def test_how_haproxy_reads_them(content: str | bytes, sentence: str | None, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(_raw(content))
    assert _refusal(tmp_path) == sentence


@pytest.mark.parametrize(("content", "openable"), [(row[0], row[3]) for row in FILES.values()], ids=FILES)
def test_what_the_emulator_writes_for_haproxy_is_always_good(
    content: str | bytes, openable: bool, tmp_path: Path
) -> None:
    try:
        written = identity_pem(_raw(content))
    except UnreadableSecret:
        assert not openable
        return
    assert openable
    (tmp_path / "file").write_bytes(written)
    # It takes the first key and the first certificate, and doesn't look whether they fit.
    wrong_key = content in (FILES["another key"][0], FILES["two keys, the wrong one first"][0])
    misplaced = content == FILES["intermediate first"][0]
    assert _refusal(tmp_path) == (MISMATCH if wrong_key or misplaced else None)


@pytest.mark.parametrize(("content", "severity"), [(row[0], row[2]) for row in FILES.values()], ids=FILES)
def test_what_a_preview_says_of_them(content: str | bytes, severity: str | None) -> None:
    text = content if isinstance(content, str) else b64encode(content).decode()
    assert gravest(judged([(text, "listener")])) == severity


def test_what_haproxy_refuses_a_preview_stops_or_mends() -> None:
    silent = {name for name, (_, sentence, severity, _) in FILES.items() if sentence and severity is None}
    # The last is told where it matters: a resource demands a key, files may be checked without.
    assert silent == {"intermediate first", "no newline between blocks", "PKCS12", "no key"}


@pytest.mark.parametrize("weakness", ["RSA 1024", "SHA-1", "SHA-1 in the chain"])
def test_weak_ones_are_refused_and_stopped(weakness: str, tmp_path: Path) -> None:
    if weakness == "RSA 1024":
        text = backend(ROOT, key=rsa.generate_private_key(65537, 1024)).bundle
    elif weakness == "SHA-1":
        text = signed_with_sha1(backend(ROOT), ROOT, tmp_path / "openssl").bundle
    else:
        text = LEAF.bundle + signed_with_sha1(MIDDLE, ROOT, tmp_path / "openssl").pem
    (tmp_path / "file").write_text(text)
    assert _refusal(tmp_path) == "SSL Context"
    assert gravest(judged([(text, "listener")])) == "error"


def _raw(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _refusal(folder: Path) -> str | None:
    """Which of HAProxy's sentences it says of a listener with the folder's file; None if it takes it."""
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
