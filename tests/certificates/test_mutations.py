"""Good files, damaged at random: facts or findings come out, no other exception, and no finding shows a key.

The damages are the same in each run; the files are generated anew.
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
    DevelopmentAuthority,
    Finding,
    Identity,
    MaterialError,
    RevocationLists,
    as_material,
    identity_from_pem,
    identity_from_pkcs12,
)
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.rules.authority import authority_findings
from gcore_tls_provider.certificates.rules.backend import backend_findings
from gcore_tls_provider.certificates.rules.leaf import leaf_findings
from gcore_tls_provider.certificates.rules.revocation import coverage_findings, revocation_findings

PASSWORD = "canary password 5e1c"
SHOWN = 12
"""Characters of a key in a row that no finding may show."""

REPEATABLE = settings(derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The same damages in each run; pytest-timeout ends one that hangs."""

pytestmark = [
    pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:PKCS#12 bundle could not be parsed as DER"),
    pytest.mark.filterwarnings("ignore:Attribute's length must be"),
]


@dataclass(frozen=True, repr=False)
class Good:
    """Good files of all kinds, and what may not be shown of them."""

    authority: DevelopmentAuthority
    identity: Identity
    files: tuple[bytes, ...]
    secrets: frozenset[str]


@pytest.fixture(scope="module")
def good(root: DevelopmentAuthority, intermediate: DevelopmentAuthority, server: Identity) -> Good:
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
    lists = RevocationLists.parse(root.revocation_list() + intermediate.revocation_list([server]))
    files = (
        (server.full_chain_pem + root.certificate_pem).encode(),
        server.certificate.public_bytes(Encoding.DER),
        lists.to_pem().encode(),
        lists.lists[1].public_bytes(Encoding.DER),
        server.to_pem_bundle().encode(),
        server.to_pkcs12(),
        server.to_pkcs12(PASSWORD),
        *keys,
    )
    return Good(root, server, files, frozenset(secrets(server, keys)))


def secrets(identity: Identity, keys: Sequence[bytes]) -> Iterator[str]:
    """Every piece of a key's base64, in all its forms, and the number of the key itself."""
    yield PASSWORD
    texts = [re.sub(r"-----[^-]+-----|Proc-Type.*|DEK-Info.*|\s", "", as_material(key)) for key in keys]
    texts.append(f"{identity.private_key.private_numbers().private_value:064x}")  # type: ignore[union-attr]  # an EC key
    texts.append(str(int(texts[-1], 16)))
    # What a PKCS8 key begins with is the same for all keys of its kind.
    common = as_material(DevelopmentAuthority.create("Another").identity.private_key_pem)
    for text in texts:
        for at in range(len(text) - SHOWN + 1):
            if text[at : at + SHOWN] not in common:
                yield text[at : at + SHOWN]


Damage = Callable[[bytes], bytes]


def _place(content: bytes, share: float) -> int:
    return int(share * len(content))


def _flipped(share: float, bits: int, content: bytes) -> bytes:
    at = _place(content, share)
    return content[:at] + bytes(byte ^ bits for byte in content[at : at + 1]) + content[at + 1 :]


def _inserted(share: float, what: bytes, content: bytes) -> bytes:
    at = _place(content, share)
    return content[:at] + what + content[at:]


def _without(share: float, size: int, content: bytes) -> bytes:
    at = _place(content, share)
    return content[:at] + content[at + size :]


def _cut(share: float, content: bytes) -> bytes:
    return content[: _place(content, share)]


def _doubled(share: float, size: int, content: bytes) -> bytes:
    at = _place(content, share)
    return content[: at + size] + content[at:]


def _turned(content: bytes) -> bytes:
    """PEM blocks, or lines, in the opposite order."""
    return b"\n".join(reversed(re.split(rb"(?<=-----)\n", content)))


def _replaced(old: bytes, new: bytes, content: bytes) -> bytes:
    return content.replace(old, new)


def _indented(content: bytes) -> bytes:
    return b"    " + content.replace(b"\n", b"\n    ")


def _marked(content: bytes) -> bytes:
    return b"\xef\xbb\xbf" + content


def _utf16(content: bytes) -> bytes:
    return content.decode("latin-1").encode("utf-16")


SHARES = st.floats(0, 1, exclude_max=True)
SIZES = st.integers(1, 80)
DAMAGES: st.SearchStrategy[Damage] = st.one_of(
    st.builds(lambda share, bits: partial(_flipped, share, bits), SHARES, st.integers(1, 255)),
    st.builds(lambda share, what: partial(_inserted, share, what), SHARES, st.binary(min_size=1, max_size=8)),
    st.builds(
        lambda share, what: partial(_inserted, share, what),
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
    st.builds(lambda share, size: partial(_without, share, size), SHARES, SIZES),
    st.builds(lambda share, size: partial(_doubled, share, size), SHARES, SIZES),
    st.builds(lambda share: partial(_cut, share), SHARES),
    st.builds(
        lambda pair: partial(_replaced, *pair),
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
    st.sampled_from([_turned, _indented, _marked, _utf16, b64encode]),
)


def readings(good: Good, text: str) -> Iterator[Callable[[], Sequence[Finding]]]:
    """All ways to read a text. Each returns what the rules say of it, if there are any."""
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    ca = CaBundle((good.authority.certificate, *good.identity.chain))

    def as_leaf() -> Sequence[Finding]:
        chain = CertificateChain.parse(text)
        names = ["app.example.com"]
        return (
            *leaf_findings(chain, role="listener", now=now, expiry_warning_days=30, host_names=names),
            *leaf_findings(chain, role="client", now=now, expiry_warning_days=30),
            *backend_findings([chain], ca=ca, crl=None, host_names=names, now=now, expiry_warning_days=30),
        )

    def as_authority() -> Sequence[Finding]:
        return authority_findings(CaBundle.parse(text), now=now, expiry_warning_days=30)

    def as_list() -> Sequence[Finding]:
        crl = RevocationLists.parse(text)
        known = [good.identity.certificate]
        return (
            *revocation_findings(crl, ca=ca, now=now, expiry_warning_days=30, known=known),
            *coverage_findings(ca, crl, now=now),
            *backend_findings([good.identity.public], ca=ca, crl=crl, host_names=(), now=now, expiry_warning_days=30),
        )

    def as_key(passphrase: str | None) -> Sequence[Finding]:
        identity_from_pem(certificate=good.identity.full_chain_pem, private_key=text, private_key_passphrase=passphrase)
        return ()

    def as_identity() -> Sequence[Finding]:
        identity_from_pem(certificate=text, private_key=text, certificate_chain=text)
        return ()

    def as_pkcs12(password: str | None) -> Sequence[Finding]:
        identity = identity_from_pkcs12(pkcs12=text, password=password)
        return leaf_findings(identity.public, role="client", now=now, expiry_warning_days=30)

    yield from (as_leaf, as_authority, as_list, as_identity)
    for password in (None, PASSWORD):
        yield partial(as_key, password)
        yield partial(as_pkcs12, password)


def shown(finding: Finding) -> str:
    return f"{finding!r}\n{finding}"


@settings(REPEATABLE, max_examples=600)
@given(which=st.integers(0, 12), damages=st.lists(DAMAGES, min_size=1, max_size=4))
def test_damaged_files_give_findings_or_facts(good: Good, which: int, damages: Sequence[Damage]) -> None:
    content = good.files[which]
    for damage in damages:
        content = damage(content)
    text = as_material(content)

    for read in readings(good, text):
        try:
            findings = read()
        except MaterialError as error:
            findings = error.findings
            assert findings
        for finding in findings:
            assert finding.code in CODES
            assert str(finding).isprintable()
            assert not good.secrets & pieces(shown(finding))


def pieces(text: str) -> set[str]:
    """All runs of `SHOWN` characters; whole words too, for the password."""
    return {text[at : at + SHOWN] for at in range(len(text) - SHOWN + 1)} | ({PASSWORD} if PASSWORD in text else set())


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


@settings(REPEATABLE, max_examples=250)
@given(
    order=st.permutations(range(4)),
    around=st.lists(SURROUNDINGS, min_size=5, max_size=5),
    changes=st.lists(st.sampled_from(sorted(HARMLESS)), unique=True),
    encoding=st.sampled_from(["text", "bytes", "base64", "base64 in lines", "UTF-16"]),
)
def test_damage_that_means_nothing_changes_no_digest(
    good: Good, order: Sequence[int], around: Sequence[str], changes: Sequence[str], encoding: str
) -> None:
    own = [good.identity.certificate_pem, *pem_blocks(good.identity.chain_pem), good.authority.certificate_pem]
    expected = identity_from_pem(certificate="".join(own), private_key=good.identity.private_key_pem)
    bundle = CaBundle.parse("".join(own))

    shuffled = untidy([own[place] for place in order], around, changes, encoding)
    in_place = untidy([own[0], *(own[place] for place in order if place)], around, changes, encoding)

    identity = identity_from_pem(certificate=shuffled, private_key=good.identity.private_key_pem)
    assert identity.digest() == expected.digest()
    # In a bundle the first place has a meaning, the others have none.
    assert CaBundle.parse(in_place).digest() == bundle.digest()
    assert (CaBundle.parse(shuffled).digest() == bundle.digest()) == (order[0] == 0)


@settings(REPEATABLE, max_examples=100)
@given(
    around=st.lists(SURROUNDINGS, min_size=3, max_size=3),
    changes=st.lists(st.sampled_from(sorted(HARMLESS)), unique=True),
    encoding=st.sampled_from(["text", "bytes", "base64", "base64 in lines", "UTF-16"]),
)
def test_damage_that_means_nothing_changes_no_list_and_no_key(
    good: Good, around: Sequence[str], changes: Sequence[str], encoding: str
) -> None:
    lists = pem_blocks(good.files[2].decode())
    key = untidy([good.identity.private_key_pem], around[:2], changes, encoding)

    read = RevocationLists.parse(untidy(lists, around, changes, encoding))
    identity = identity_from_pem(certificate=good.identity.full_chain_pem, private_key=key)

    assert read.digest() == RevocationLists.parse("".join(lists)).digest()
    assert identity.private_key_pem == good.identity.private_key_pem


def pem_blocks(text: str) -> list[str]:
    return re.findall(r"-----BEGIN [^-]+-----.+?-----END [^-]+-----\n", text, flags=re.DOTALL)


def untidy(blocks: Sequence[str], around: Sequence[str], changes: Sequence[str], encoding: str) -> str:
    """The blocks with text before, between and after, changed and encoded."""
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
