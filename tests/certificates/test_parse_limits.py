"""Parse limits: content that would take too much time or memory is rejected before it is parsed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gcore_tls_provider.certificates import (
    DevelopmentCa,
    Identity,
    MaterialError,
    as_material,
    certificate_facts,
    crl_facts,
    identity_from_pem,
    identity_from_pkcs12,
    parse_certificates,
    parse_crls,
)
from gcore_tls_provider.certificates.ber import ELEMENT_LIMIT
from gcore_tls_provider.certificates.chain import CHAIN_LIMIT
from gcore_tls_provider.certificates.parse_limits import KEY_LIMIT, NUMBER_LIMIT, ROUND_LIMIT
from tests.certificates.encoding import (
    SHA_256,
    bag,
    certificate_bag,
    encrypted_bags,
    encrypted_key,
    explicit,
    identifier,
    indefinite,
    integer,
    integrity,
    octets,
    pbes2,
    pbkdf2,
    pkcs12,
    pkcs12_in_pieces,
    plain_bags,
    plain_key,
    scrypt,
    sequence,
    triple_des,
)

ENDLESS_ROUNDS = 2**62
HUGE_NUMBER = 2 ** (NUMBER_LIMIT + 7) + 1
RSA = sequence(identifier("1.2.840.113549.1.1.1"), b"\x05\x00")
DSA = sequence(identifier("1.2.840.10040.4.1"), sequence(integer(2**140_000 + 1), integer(2**256 + 1), integer(2)))


def rsa_key(modulus: int) -> bytes:
    return sequence(integer(0), integer(modulus), *[integer(65537) for _ in range(7)])


def pem(label: str, content: bytes) -> str:
    return f"-----BEGIN {label}-----\n{b64encode(content).decode()}\n-----END {label}-----\n"


def rejection(read: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(MaterialError) as caught:
        read()
    (finding,) = caught.value.findings
    assert len(str(finding)) < 400
    return finding.code, finding.property


def key_rejection(certificate: str, key: bytes | str) -> tuple[str, str]:
    text = key if isinstance(key, str) else as_material(key)
    return rejection(
        lambda: identity_from_pem(certificate=certificate, private_key=text, private_key_passphrase="a passphrase")
    )


def pkcs12_rejection(content: bytes, password: str | None = None) -> tuple[str, str]:
    return rejection(lambda: identity_from_pkcs12(pkcs12=b64encode(content).decode(), password=password))


EXPENSIVE_KEYS: dict[str, bytes | str] = {
    "PBKDF2": encrypted_key(pbes2(pbkdf2(ROUND_LIMIT + 1))),
    "PBKDF2 with 2**62 rounds": encrypted_key(pbes2(pbkdf2(ENDLESS_ROUNDS))),
    "PBKDF2 with more rounds than a machine word holds": encrypted_key(pbes2(pbkdf2(2**4000))),
    "PBKDF2 in PEM": pem("ENCRYPTED PRIVATE KEY", encrypted_key(pbes2(pbkdf2(ENDLESS_ROUNDS)))),
    "encryption of PKCS12": encrypted_key(triple_des(ENDLESS_ROUNDS)),
    "memory of scrypt by N": encrypted_key(pbes2(scrypt(2**22, 8, 1))),
    "memory of scrypt by r": encrypted_key(pbes2(scrypt(2, 2**30, 1))),
    "memory of scrypt by p": encrypted_key(pbes2(scrypt(2, 8, 2**28))),
    "memory of scrypt beyond a machine word": encrypted_key(pbes2(scrypt(2**4000, 8, 1))),
    "time of scrypt": encrypted_key(pbes2(scrypt(2**14, 8, 1000))),
    "BER of indefinite length": indefinite(0x30, pbes2(pbkdf2(ENDLESS_ROUNDS)), octets(bytes(144))),
    "a length that is not minimal": encrypted_key(
        pbes2(pbkdf2(b"\x02\x82\x00\x08" + ENDLESS_ROUNDS.to_bytes(8, "big")))
    ),
    "a tag in its long form": encrypted_key(pbes2(pbkdf2(b"\x1f\x02\x08" + ENDLESS_ROUNDS.to_bytes(8, "big")))),
}


@pytest.mark.parametrize("key", EXPENSIVE_KEYS.values(), ids=EXPENSIVE_KEYS)
def test_key_with_an_expensive_derivation_is_rejected(server: Identity, key: bytes | str) -> None:
    assert key_rejection(server.certificate_pem, key) == ("KEY_DERIVATION_TOO_EXPENSIVE", "private_key")


@pytest.mark.parametrize(
    "encryption",
    [pbes2(pbkdf2(2048)), triple_des(2048), pbes2(scrypt(2**14, 8, 1)), pbes2(scrypt(2**17, 8, 1))],
    ids=["PBKDF2", "encryption of PKCS12", "scrypt", "scrypt as recommended"],
)
def test_key_with_usual_settings_is_decrypted(server: Identity, encryption: bytes) -> None:
    assert key_rejection(server.certificate_pem, encrypted_key(encryption)) == (
        "PASSPHRASE_WRONG",
        "private_key_passphrase",
    )


@pytest.mark.parametrize(
    "options",
    [["-iter", "600000"], ["-v1", "PBE-SHA1-3DES", "-iter", "100000"], ["-scrypt"], ["-v2prf", "hmacWithSHA512"]],
)
def test_keys_that_openssl_encrypts_are_parsed(
    server: Identity, openssl: Callable[..., str], tmp_path: Path, options: list[str]
) -> None:
    plain = tmp_path / "plain"
    plain.write_text(server.private_key_pem)
    key = openssl("pkcs8", "-topk8", "-in", plain, "-passout", "pass:a passphrase", *options)

    identity = identity_from_pem(
        certificate=server.certificate_pem, private_key=key, private_key_passphrase="a passphrase"
    )

    assert identity.private_key_pem == server.private_key_pem


EXPENSIVE_PKCS12: dict[str, bytes] = {
    "integrity code": pkcs12(encrypted_bags(pbes2(pbkdf2(2048))), mac=integrity(ENDLESS_ROUNDS)),
    "integrity code by PBKDF2 (RFC 9579)": pkcs12(
        encrypted_bags(pbes2(pbkdf2(2048))),
        mac=sequence(
            sequence(
                sequence(identifier("1.2.840.113549.1.5.14"), sequence(pbkdf2(ENDLESS_ROUNDS), SHA_256)),
                octets(bytes(32)),
            ),
            octets(bytes(8)),
            integer(1),
        ),
    ),
    "certificates": pkcs12(encrypted_bags(pbes2(pbkdf2(ENDLESS_ROUNDS))), mac=integrity(1)),
    "certificates in the older encryption": pkcs12(encrypted_bags(triple_des(ENDLESS_ROUNDS)), mac=integrity(1)),
    "key": pkcs12(plain_bags(bag(2, encrypted_key(pbes2(pbkdf2(ENDLESS_ROUNDS))))), mac=integrity(1)),
    "key by scrypt": pkcs12(plain_bags(bag(2, encrypted_key(pbes2(scrypt(2**30, 8, 1))))), mac=integrity(1)),
    "key in bags in a bag": pkcs12(plain_bags(bag(6, sequence(bag(2, encrypted_key(triple_des(ENDLESS_ROUNDS))))))),
    "many parts, each below the limit": pkcs12(*[encrypted_bags(triple_des(ROUND_LIMIT // 10))] * 11),
    "octet strings in pieces": pkcs12_in_pieces(
        plain_bags(bag(2, encrypted_key(pbes2(pbkdf2(ENDLESS_ROUNDS))))), mac=integrity(1)
    ),
    "bytes after the content": sequence(
        integer(3),
        sequence(
            identifier("1.2.840.113549.1.7.1"),
            explicit(octets(sequence(encrypted_bags(triple_des(ENDLESS_ROUNDS))), b"\xff\xff")),
        ),
    ),
}


@pytest.mark.parametrize("password", [None, "a password"])
@pytest.mark.parametrize("content", EXPENSIVE_PKCS12.values(), ids=EXPENSIVE_PKCS12)
def test_pkcs12_file_with_an_expensive_derivation_is_rejected(content: bytes, password: str | None) -> None:
    assert pkcs12_rejection(content, password) == ("KEY_DERIVATION_TOO_EXPENSIVE", "pkcs12")


@pytest.mark.filterwarnings("ignore:PKCS#12 bundle could not be parsed as DER")
def test_pkcs12_file_with_usual_settings_is_decrypted() -> None:
    parts = (
        encrypted_bags(pbes2(pbkdf2(2048))),
        plain_bags(bag(2, encrypted_key(pbes2(pbkdf2(2048))))),
    )
    for form in (pkcs12, pkcs12_in_pieces):
        assert pkcs12_rejection(form(*parts, mac=integrity(100_000)), "a password") == (
            "PASSWORD_WRONG",
            "pkcs12_password",
        )


@pytest.mark.filterwarnings("ignore:PKCS#12 bundle could not be parsed as DER")
def test_pkcs12_file_with_strings_in_pieces_is_parsed(server: Identity) -> None:
    key = server.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    bags = plain_bags(bag(1, key), certificate_bag(server.certificate.public_bytes(Encoding.DER)))

    for content in (pkcs12(bags), pkcs12_in_pieces(bags)):
        identity = identity_from_pkcs12(pkcs12=as_material(content))
        assert (identity.certificate, identity.private_key_pem) == (server.certificate, server.private_key_pem)


@pytest.mark.parametrize(
    "options", [["-iter", "600000"], ["-legacy", "-iter", "100000"], ["-macalg", "sha512", "-iter", "100000"]]
)
def test_pkcs12_files_that_openssl_writes_with_many_rounds_are_parsed(
    server: Identity, openssl: Callable[..., str], tmp_path: Path, options: list[str]
) -> None:
    (tmp_path / "all").write_text(server.to_pem_bundle())
    file = tmp_path / "p12"
    openssl("pkcs12", "-export", "-in", tmp_path / "all", "-out", file, "-passout", "pass:a password", *options)

    identity = identity_from_pkcs12(pkcs12=as_material(file.read_bytes()), password="a password")

    assert (identity.public, identity.private_key_pem) == (server.public, server.private_key_pem)


LARGE_KEYS: dict[str, bytes] = {
    "RSA modulus": plain_key(RSA, rsa_key(HUGE_NUMBER)),
    "RSA modulus in the older form": rsa_key(HUGE_NUMBER),
    "RSA prime": plain_key(RSA, sequence(*[integer(number) for number in (0, 15, 3, 3, HUGE_NUMBER, 5, 1, 1, 1)])),
    "bytes": plain_key(RSA, rsa_key(2**2048 + 1), bytes(KEY_LIMIT)),
    "bytes, encrypted": encrypted_key(pbes2(pbkdf2(1)), KEY_LIMIT + 1),
}


@pytest.mark.parametrize("key", LARGE_KEYS.values(), ids=LARGE_KEYS)
def test_too_large_key_is_rejected(server: Identity, key: bytes) -> None:
    assert key_rejection(server.certificate_pem, key) == ("TOO_LARGE", "private_key")
    # In place of a certificate, the parser still recognizes a key.
    with pytest.raises(MaterialError) as caught:
        parse_certificates(as_material(key), property="certificate")
    assert caught.value.finding.code == "PRIVATE_KEY_IN_CERTIFICATE"


LARGE_PKCS12: dict[str, bytes] = {
    "RSA modulus": pkcs12(plain_bags(bag(1, plain_key(RSA, rsa_key(HUGE_NUMBER))))),
    "DSA parameters": pkcs12(plain_bags(bag(1, plain_key(DSA, integer(7))))),
    "encrypted key": pkcs12(plain_bags(bag(2, encrypted_key(pbes2(pbkdf2(1)), KEY_LIMIT + 1)))),
    "elements": pkcs12(plain_bags(*[b"\x05\x00"] * (ELEMENT_LIMIT + 1))),
}


@pytest.mark.parametrize("content", LARGE_PKCS12.values(), ids=LARGE_PKCS12)
def test_too_large_pkcs12_file_is_rejected(content: bytes) -> None:
    assert pkcs12_rejection(content) == ("TOO_LARGE", "pkcs12")


def test_deep_nesting_is_rejected(server: Identity) -> None:
    deep = b"\x30\x00"
    for _ in range(20_000):
        deep = sequence(deep)
    # Elements of indefinite length without an end, and octet strings within octet strings.
    endless = b"\x30\x80" * 200_000
    strings = sequence(b"\x24\x80" * 200_000)
    for content in (deep, sequence(endless), strings):
        assert key_rejection(server.certificate_pem, content)[0] in ("NOT_A_PRIVATE_KEY", "TOO_LARGE")
        assert key_rejection(server.certificate_pem, pem("PRIVATE KEY", content[:KEY_LIMIT]))[0] in (
            "MALFORMED_PRIVATE_KEY",
            "TRUNCATED",
        )
        assert pkcs12_rejection(pkcs12(plain_bags(content)))[0] in ("PASSWORD_MISSING", "TOO_LARGE")


def test_pkcs12_file_with_more_than_256_certificates_is_rejected(server: Identity) -> None:
    key = server.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    own = certificate_bag(server.certificate.public_bytes(Encoding.DER))

    assert identity_from_pkcs12(pkcs12=as_material(pkcs12(plain_bags(bag(1, key), *[own] * 256)))).chain == ()
    assert pkcs12_rejection(pkcs12(plain_bags(bag(1, key), *[own] * 257))) == ("TOO_LARGE", "pkcs12")


def test_pkcs12_file_with_several_keys_is_rejected(server: Identity, other: Identity) -> None:
    first, second = (
        bag(1, one.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        for one in (server, other)
    )
    encrypted = bag(2, encrypted_key(pbes2(pbkdf2(2048))))
    own = certificate_bag(server.certificate.public_bytes(Encoding.DER))

    for keys in ((first, second), (first, encrypted), (encrypted, first)):
        assert pkcs12_rejection(pkcs12(plain_bags(*keys, own))) == ("SEVERAL_KEYS", "pkcs12")


def test_chain_is_sorted_up_to_its_limit(root: DevelopmentCa) -> None:
    cas = [root]
    for number in range(CHAIN_LIMIT + 3):
        cas.append(cas[-1].issue_ca(f"Link {number}"))
    leaf = cas[-1].issue_server(["app.example.com"])
    # From the root down, in reverse order.
    text = "".join(ca.certificate_pem for ca in cas) + leaf.certificate_pem
    certificates = [ca.certificate for ca in cas]

    identity = identity_from_pem(certificate=text, private_key=leaf.private_key_pem)

    upwards = certificates[::-1]
    assert identity.chain == (*upwards[:CHAIN_LIMIT], *certificates[: len(certificates) - CHAIN_LIMIT])


def test_certificate_with_thousands_of_names_is_parsed(root: DevelopmentCa, server: Identity) -> None:
    issued = server.certificate
    names = [f"host-{number}.example.com" for number in range(10_000)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(issued.subject)
        .issuer_name(root.certificate.subject)
        .public_key(server.private_key.public_key())
        .serial_number(1)
        .not_valid_before(issued.not_valid_before_utc)
        .not_valid_after(issued.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(root.identity.private_key, hashes.SHA256())
    )

    (parsed,) = parse_certificates(certificate.public_bytes(Encoding.PEM).decode(), property="certificate")

    assert list(certificate_facts(parsed).dns_names) == names


def test_crl_with_thousands_of_entries_is_parsed(root: DevelopmentCa) -> None:
    start = root.certificate.not_valid_before_utc
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=root.certificate.subject,
        last_update=start,
        next_update=root.certificate.not_valid_after_utc,
        revoked_certificates=[
            x509.RevokedCertificateBuilder().serial_number(number).revocation_date(start).build()
            for number in range(1, 20_001)
        ],
    )
    text = builder.sign(root.identity.private_key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    (parsed,) = parse_crls(text, property="crl")

    assert crl_facts(parsed).revoked_count == 20_000


@pytest.mark.filterwarnings("ignore:Attribute's length must be")
def test_very_long_name_is_shortened_in_messages(root: DevelopmentCa, server: Identity, other: Identity) -> None:
    common_name = x509.NameAttribute(NameOID.COMMON_NAME, "x" * 100_000, _validate=False)
    issued = server.certificate
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([common_name]))
        .issuer_name(root.certificate.subject)
        .public_key(server.private_key.public_key())
        .serial_number(1)
        .not_valid_before(issued.not_valid_before_utc)
        .not_valid_after(issued.not_valid_after_utc)
        .sign(root.identity.private_key, hashes.SHA256())
    )
    text = certificate.public_bytes(Encoding.PEM).decode()

    assert rejection(lambda: identity_from_pem(certificate=text, private_key=other.private_key_pem)) == (
        "KEY_MISMATCH",
        "private_key",
    )
