"""Valid files, damaged at random: they have facts or findings, raise nothing else, and no finding contains a key.

The mutations are the same in each run; the files are generated again.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gcore_tls_provider.certificates import (
    CaBundle,
    CrlBundle,
    DevelopmentCa,
    Finding,
    Identity,
    MaterialError,
    as_material,
    identity_from_pem,
    identity_from_pkcs12,
)
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.rules.backend import backend_findings
from gcore_tls_provider.certificates.rules.ca import ca_findings
from gcore_tls_provider.certificates.rules.crl import coverage_findings, crl_findings
from gcore_tls_provider.certificates.rules.leaf import leaf_findings

PASSWORD = "canary password 5e1c"
RUN_LENGTH = 12
"""Number of consecutive characters of a key that no finding may contain."""

REPRODUCIBLE = settings(derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The same mutations in each run; pytest-timeout ends one that hangs."""

pytestmark = [
    pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:PKCS#12 bundle could not be parsed as DER"),
    pytest.mark.filterwarnings("ignore:Attribute's length must be"),
]


@dataclass(frozen=True, repr=False)
class ValidFiles:
    """Valid files of all types, and the pieces of their secrets."""

    ca: DevelopmentCa
    identity: Identity
    files: tuple[bytes, ...]
    secrets: frozenset[str]


@pytest.fixture(scope="module")
def valid(root: DevelopmentCa, intermediate: DevelopmentCa, server: Identity) -> ValidFiles:
    key = server.private_key
    encryption = BestAvailableEncryption(PASSWORD.encode())
    keys = (
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption),
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, encryption),
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, encryption),
    )
    bundle = CrlBundle.parse(root.issue_crl() + intermediate.issue_crl([server]))
    files = (
        (server.full_chain_pem + root.certificate_pem).encode(),
        server.certificate.public_bytes(Encoding.DER),
        bundle.to_pem().encode(),
        bundle.crls[1].public_bytes(Encoding.DER),
        server.to_pem_bundle().encode(),
        server.to_pkcs12(),
        server.to_pkcs12(PASSWORD),
        *keys,
    )
    return ValidFiles(root, server, files, frozenset(secrets(server, keys)))


def secrets(identity: Identity, keys: Sequence[bytes]) -> Iterator[str]:
    """Yield every piece of a key's base64, in all its formats, and of the key's number."""
    yield PASSWORD
    texts = [re.sub(r"-----[^-]+-----|Proc-Type.*|DEK-Info.*|\s", "", as_material(key)) for key in keys]
    texts.append(f"{identity.private_key.private_numbers().private_value:064x}")  # type: ignore[union-attr]  # an EC key
    texts.append(str(int(texts[-1], 16)))
    # The start of a PKCS8 key is the same for all keys of its type.
    common = as_material(DevelopmentCa.create("Another").identity.private_key_pem)
    for text in texts:
        for at in range(len(text) - RUN_LENGTH + 1):
            if text[at : at + RUN_LENGTH] not in common:
                yield text[at : at + RUN_LENGTH]


Mutation = Callable[[bytes], bytes]


def _offset(content: bytes, share: float) -> int:
    return int(share * len(content))


def _flip_bits(share: float, bits: int, content: bytes) -> bytes:
    at = _offset(content, share)
    return content[:at] + bytes(byte ^ bits for byte in content[at : at + 1]) + content[at + 1 :]


def _insert(share: float, inserted: bytes, content: bytes) -> bytes:
    at = _offset(content, share)
    return content[:at] + inserted + content[at:]


def _remove(share: float, size: int, content: bytes) -> bytes:
    at = _offset(content, share)
    return content[:at] + content[at + size :]


def _truncate(share: float, content: bytes) -> bytes:
    return content[: _offset(content, share)]


def _duplicate(share: float, size: int, content: bytes) -> bytes:
    at = _offset(content, share)
    return content[: at + size] + content[at:]


def _reverse_blocks(content: bytes) -> bytes:
    """Return PEM blocks, or lines, in reverse order."""
    return b"\n".join(reversed(re.split(rb"(?<=-----)\n", content)))


def _replace(old: bytes, new: bytes, content: bytes) -> bytes:
    return content.replace(old, new)


def _indent(content: bytes) -> bytes:
    return b"    " + content.replace(b"\n", b"\n    ")


def _add_byte_order_mark(content: bytes) -> bytes:
    return b"\xef\xbb\xbf" + content


def _encode_utf16(content: bytes) -> bytes:
    return content.decode("latin-1").encode("utf-16")


SHARES = st.floats(0, 1, exclude_max=True)
SIZES = st.integers(1, 80)
MUTATIONS: st.SearchStrategy[Mutation] = st.one_of(
    st.builds(lambda share, bits: partial(_flip_bits, share, bits), SHARES, st.integers(1, 255)),
    st.builds(lambda share, inserted: partial(_insert, share, inserted), SHARES, st.binary(min_size=1, max_size=8)),
    st.builds(
        lambda share, inserted: partial(_insert, share, inserted),
        SHARES,
        st.sampled_from(
            [
                b"-----BEGIN CERTIFICATE-----\n",
                b"-----END PRIVATE KEY-----\n",
                b"-----BEGIN PKCS12-----\n",
                b"\\n",
                b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n",
                b"\x30\x80",
                b"\x02\x82\xff\xff",
            ]
        ),
    ),
    st.builds(lambda share, size: partial(_remove, share, size), SHARES, SIZES),
    st.builds(lambda share, size: partial(_duplicate, share, size), SHARES, SIZES),
    st.builds(lambda share: partial(_truncate, share), SHARES),
    st.builds(
        lambda pair: partial(_replace, *pair),
        st.sampled_from(
            [
                (b"\n", b"\r\n"),
                (b"\n", b""),
                (b"-----", b""),
                (b"-----END", b"\n-----END"),
                (b"CERTIFICATE", b"X509 CRL"),
                (b"CERTIFICATE", b"PRIVATE KEY"),
                (b"PRIVATE KEY", b"CERTIFICATE"),
                (b"ENCRYPTED ", b""),
                (b"=", b""),
            ]
        ),
    ),
    st.sampled_from([_reverse_blocks, _indent, _add_byte_order_mark, _encode_utf16, b64encode]),
)


def parsers(valid: ValidFiles, text: str) -> Iterator[Callable[[], Sequence[Finding]]]:
    """Yield all ways to parse a text. Each returns the findings of the rules."""
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    ca = CaBundle((valid.ca.certificate, *valid.identity.chain))

    def as_leaf() -> Sequence[Finding]:
        chain = CertificateChain.parse(text)
        names = ["app.example.com"]
        return (
            *leaf_findings(chain, role="listener", now=now, expiry_warning_days=30, host_names=names),
            *leaf_findings(chain, role="client", now=now, expiry_warning_days=30),
            *backend_findings([chain], ca=ca, crl=None, host_names=names, now=now, expiry_warning_days=30),
        )

    def as_ca() -> Sequence[Finding]:
        return ca_findings(CaBundle.parse(text), now=now, expiry_warning_days=30)

    def as_crl() -> Sequence[Finding]:
        crl = CrlBundle.parse(text)
        known = [valid.identity.certificate]
        return (
            *crl_findings(crl, ca=ca, now=now, expiry_warning_days=30, known=known),
            *coverage_findings(ca, crl, now=now),
            *backend_findings([valid.identity.public], ca=ca, crl=crl, host_names=(), now=now, expiry_warning_days=30),
        )

    def as_key(passphrase: str | None) -> Sequence[Finding]:
        identity_from_pem(
            certificate=valid.identity.full_chain_pem, private_key=text, private_key_passphrase=passphrase
        )
        return ()

    def as_identity() -> Sequence[Finding]:
        identity_from_pem(certificate=text, private_key=text, certificate_chain=text)
        return ()

    def as_pkcs12(password: str | None) -> Sequence[Finding]:
        identity = identity_from_pkcs12(pkcs12=text, password=password)
        return leaf_findings(identity.public, role="client", now=now, expiry_warning_days=30)

    yield from (as_leaf, as_ca, as_crl, as_identity)
    for password in (None, PASSWORD):
        yield partial(as_key, password)
        yield partial(as_pkcs12, password)


def texts_of(finding: Finding) -> str:
    return f"{finding!r}\n{finding}"


@settings(REPRODUCIBLE, max_examples=600)
@given(which=st.integers(0, 12), mutations=st.lists(MUTATIONS, min_size=1, max_size=4))
def test_mutated_file_is_accepted_or_has_findings_without_a_secret(
    valid: ValidFiles, which: int, mutations: Sequence[Mutation]
) -> None:
    content = valid.files[which]
    for mutate in mutations:
        content = mutate(content)
    text = as_material(content)

    for read in parsers(valid, text):
        try:
            findings = read()
        except MaterialError as error:
            findings = error.findings
            assert findings
        for finding in findings:
            assert finding.code in CODES
            assert str(finding).isprintable()
            assert not valid.secrets & pieces(texts_of(finding))


def pieces(text: str) -> set[str]:
    """Return all runs of `RUN_LENGTH` characters, and the password if the text contains it."""
    return {text[at : at + RUN_LENGTH] for at in range(len(text) - RUN_LENGTH + 1)} | (
        {PASSWORD} if PASSWORD in text else set()
    )


HARMLESS: dict[str, Callable[[str], str]] = {
    "CRLF": lambda pem: pem.replace("\n", "\r\n"),
    "byte order mark": lambda pem: "\ufeff" + pem,
    "indentation": lambda pem: "\n".join("\t " + line for line in pem.split("\n")),
    "empty lines": lambda pem: pem.replace("\n", "\n\n"),
    "no final line end": str.rstrip,
    "blanks at line ends": lambda pem: pem.replace("\n", "  \n"),
    "line ends as two characters": lambda pem: pem.replace("\n", "\\n"),
}
SURROUNDINGS = st.text(st.sampled_from("abcXYZ 0189=+/:,.#_ü€\t\n\r"), max_size=40)


@settings(REPRODUCIBLE, max_examples=250)
@given(
    order=st.permutations(range(4)),
    around=st.lists(SURROUNDINGS, min_size=5, max_size=5),
    changes=st.lists(st.sampled_from(sorted(HARMLESS)), unique=True),
    encoding=st.sampled_from(["text", "bytes", "base64", "base64 in lines", "UTF-16"]),
)
def test_harmless_changes_keep_the_digest_of_certificates(
    valid: ValidFiles, order: Sequence[int], around: Sequence[str], changes: Sequence[str], encoding: str
) -> None:
    own = [valid.identity.certificate_pem, *pem_blocks(valid.identity.chain_pem), valid.ca.certificate_pem]
    expected = identity_from_pem(certificate="".join(own), private_key=valid.identity.private_key_pem)
    bundle = CaBundle.parse("".join(own))

    shuffled = untidy([own[place] for place in order], around, changes, encoding)
    in_place = untidy([own[0], *(own[place] for place in order if place)], around, changes, encoding)

    identity = identity_from_pem(certificate=shuffled, private_key=valid.identity.private_key_pem)
    assert identity.digest() == expected.digest()
    # In a bundle, only the first position has a meaning.
    assert CaBundle.parse(in_place).digest() == bundle.digest()
    assert (CaBundle.parse(shuffled).digest() == bundle.digest()) == (order[0] == 0)


@settings(REPRODUCIBLE, max_examples=100)
@given(
    around=st.lists(SURROUNDINGS, min_size=3, max_size=3),
    changes=st.lists(st.sampled_from(sorted(HARMLESS)), unique=True),
    encoding=st.sampled_from(["text", "bytes", "base64", "base64 in lines", "UTF-16"]),
)
def test_harmless_changes_keep_the_digest_of_crls_and_the_key(
    valid: ValidFiles, around: Sequence[str], changes: Sequence[str], encoding: str
) -> None:
    crls = pem_blocks(valid.files[2].decode())
    key = untidy([valid.identity.private_key_pem], around[:2], changes, encoding)

    read = CrlBundle.parse(untidy(crls, around, changes, encoding))
    identity = identity_from_pem(certificate=valid.identity.full_chain_pem, private_key=key)

    assert read.digest() == CrlBundle.parse("".join(crls)).digest()
    assert identity.private_key_pem == valid.identity.private_key_pem


def pem_blocks(text: str) -> list[str]:
    return re.findall(r"-----BEGIN [^-]+-----.+?-----END [^-]+-----\n", text, flags=re.DOTALL)


def untidy(blocks: Sequence[str], around: Sequence[str], changes: Sequence[str], encoding: str) -> str:
    """Return the blocks with text before, between and after, changed and encoded."""
    text = around[0] + "".join(block + after for block, after in zip(blocks, around[1:], strict=True))
    for change in changes:
        text = HARMLESS[change](text)
    if encoding == "text":
        return text
    if encoding == "UTF-16":
        return as_material(text.removeprefix("\ufeff").encode("utf-16"))
    if encoding == "bytes":
        return as_material(text.encode())
    encoded = b64encode(text.encode()).decode()
    size = len(encoded) if encoding == "base64" else 64
    return "\n".join(encoded[at : at + size] for at in range(0, len(encoded), size))
