"""Every certificate, CRL, key and PKCS12 file of the tests of `cryptography`, including many broken ones.

Each has facts and findings, or is rejected with findings. None raises another exception or takes long.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from functools import cache, partial
from itertools import pairwise, product
from pathlib import Path
from typing import TypeVar

import cryptography_vectors
import pytest
from cryptography import x509

from gcore_tls_provider.certificates import (
    CaBundle,
    CrlBundle,
    Finding,
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
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.key import IdentityKey, parse_private_key
from gcore_tls_provider.certificates.rules.backend import backend_findings
from gcore_tls_provider.certificates.rules.ca import ca_findings
from gcore_tls_provider.certificates.rules.crl import coverage_findings, crl_findings
from gcore_tls_provider.certificates.rules.leaf import LeafRole, leaf_findings
from gcore_tls_provider.certificates.rules.reload_effects import reload_findings
from gcore_tls_provider.certificates.rules.rotation import rotation_findings
from gcore_tls_provider.certificates.rules.server_names import server_name_findings
from gcore_tls_provider.certificates.rules.shared_keys import shared_key_findings

pytestmark = [
    pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:PKCS#12 bundle could not be parsed as DER"),
    pytest.mark.filterwarnings("ignore:Attribute's length must be"),
]

ROOT = Path(cryptography_vectors.__file__).parent
ENDINGS = (".pem", ".der", ".crt", ".crl", ".p12", ".key", ".pub", ".p7b")
PASSWORDS = ("", "password", "cryptography", "123456", "baz", "a123456", "hunter2", "passwordpassword")
"""Passwords in the tests of `cryptography`."""

MOMENTS = (datetime(2020, 6, 1, tzinfo=timezone.utc), datetime(2100, 1, 1, tzinfo=timezone.utc))
"""Most of the certificates are valid at the first moment, and none at the second."""

HOST_NAMES = ("app.example.com", "*.example.com", "cryptography.io")

PARTS = 4
"""Number of tests that share the PKCS12 files: their RSA keys take time to check."""

LEAF_ROLES: tuple[LeafRole, ...] = ("listener", "client")

ParsedT = TypeVar("ParsedT")


@cache
def texts() -> dict[str, str]:
    """Return the content of all files, by path."""
    paths = sorted(path for path in ROOT.rglob("*") if path.suffix in ENDINGS)
    return {path.relative_to(ROOT).as_posix(): as_material(path.read_bytes()) for path in paths}


class CountingParser:
    """Parser of one type of content that counts findings and failures over all files."""

    def __init__(self) -> None:
        self.codes: Counter[str] = Counter()
        self.failures: list[str] = []

    def run_parser(self, name: str, read: Callable[[], ParsedT]) -> ParsedT | None:
        """Return the result of `read`; None if it is rejected with findings, as it should be."""
        try:
            return read()
        except MaterialError as error:
            self.check_findings(name, error.findings)
            self.codes.update(finding.code for finding in error.findings)
            if not error.findings:
                self.failures.append(f"{name}: rejected without a finding")
        except Exception as error:
            self.failures.append(f"{name}: {type(error).__name__}: {error}")
        return None

    def run_rule(self, name: str, findings: Callable[[], Sequence[Finding]]) -> None:
        """Run a rule, which can report findings but must not raise."""
        self.check_findings(name, self.run_parser(name, findings) or ())

    def check_findings(self, name: str, findings: Sequence[Finding]) -> None:
        """Check that findings have known codes, and that each is one printable line that ends with a period."""
        for finding in findings:
            text = str(finding)
            if finding.code not in CODES:
                self.failures.append(f"{name}: unknown code {finding.code}")
            if not text.isprintable() or not text.endswith(".") or len(text) > 2000:
                self.failures.append(f"{name}: {text}")


def certificates() -> Iterator[tuple[str, CertificateChain, CaBundle]]:
    """Yield all files that can be parsed as certificates, as a leaf and as a CA bundle."""
    for name, text in texts().items():
        try:
            yield name, CertificateChain.parse(text), CaBundle.parse(text)
        except MaterialError:
            continue


def crl_bundles() -> Iterator[tuple[str, CrlBundle]]:
    """Yield all files that can be parsed as CRLs."""
    for name, text in texts().items():
        try:
            yield name, CrlBundle.parse(text)
        except MaterialError:
            continue


def pkcs12_files() -> dict[str, str]:
    return {name: text for name, text in texts().items() if name.endswith(".p12")}


def test_corpus_has_the_expected_number_of_files() -> None:
    endings = Counter(Path(name).suffix for name in texts())

    assert len(texts()) >= 1400
    assert endings[".p12"] >= 430 and endings[".crt"] >= 400 and endings[".crl"] >= 170 and endings[".pem"] >= 290


def test_every_file_parses_as_certificates_or_has_findings() -> None:
    parser = CountingParser()
    facts = []
    for name, text in texts().items():
        parsed = parser.run_parser(name, partial(parse_certificates, text, property="certificate"))
        if parsed is not None:
            facts.append([asdict(certificate_facts(certificate)) for certificate in parsed])
            assert parse_certificates(CaBundle.parse(text).to_pem(), property="certificate") == tuple(
                dict.fromkeys(parsed)
            )

    assert not parser.failures, "\n".join(parser.failures)
    assert len(facts) >= 500
    assert {"NOT_A_CERTIFICATE", "MALFORMED_CERTIFICATE", "PRIVATE_KEY_IN_CERTIFICATE", "NOT_PEM"} <= set(parser.codes)


def test_every_file_parses_as_crls_or_has_findings() -> None:
    parser = CountingParser()
    facts = []
    for name, text in texts().items():
        parsed = parser.run_parser(name, partial(parse_crls, text, property="crl"))
        if parsed is not None:
            facts.append([asdict(crl_facts(crl)) for crl in parsed])

    assert not parser.failures, "\n".join(parser.failures)
    assert len(facts) >= 190
    assert {"NOT_A_REVOCATION_LIST", "MALFORMED_REVOCATION_LIST", "PRIVATE_KEY_IN_REVOCATION_LIST"} <= set(parser.codes)


def test_every_file_parses_as_private_key_or_has_findings() -> None:
    parser = CountingParser()
    keys = 0
    for name, text in texts().items():
        key, codes = read_key(parser, name, text, None)
        for password in PASSWORDS if "PASSPHRASE_MISSING" in codes else ():
            if key is None:
                key, _ = read_key(parser, name, text, password)
        keys += key is not None

    assert not parser.failures, "\n".join(parser.failures)
    assert keys >= 45
    assert {"PASSPHRASE_WRONG", "MALFORMED_PRIVATE_KEY", "UNSUPPORTED_KEY", "SEVERAL_KEYS", "TRUNCATED"} <= set(
        parser.codes
    )


def read_key(
    parser: CountingParser, name: str, text: str, passphrase: str | None
) -> tuple[IdentityKey | None, set[str]]:
    before = Counter(parser.codes)
    key = parser.run_parser(
        name,
        lambda: parse_private_key(
            text, property="private_key", passphrase=passphrase, passphrase_property="private_key_passphrase"
        ),
    )
    return key, set(parser.codes - before)


def test_every_file_parses_as_identity_or_has_findings() -> None:
    parser = CountingParser()
    for name, text in texts().items():
        parser.run_parser(name, partial(identity_from_pem, certificate=text, private_key=text))

    assert not parser.failures, "\n".join(parser.failures)
    assert {"PRIVATE_KEY_IN_CERTIFICATE", "NOT_A_PRIVATE_KEY"} <= set(parser.codes)


def test_every_file_parses_as_pkcs12_or_has_findings() -> None:
    parser = CountingParser()
    for name, text in texts().items():
        parser.run_parser(name, partial(identity_from_pkcs12, pkcs12=text))

    assert not parser.failures, "\n".join(parser.failures)
    assert {"NOT_PKCS12", "PASSWORD_MISSING", "KEY_MISSING"} <= set(parser.codes)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_pkcs12_file_is_rewritten_without_its_password(part: int) -> None:
    parser = CountingParser()
    uploaded = 0
    for name, text in list(pkcs12_files().items())[part::PARTS]:
        identity = open_pkcs12(parser, name, text)
        if identity is None:
            continue
        upload = b64encode(identity.to_pkcs12()).decode()
        again = identity_from_pkcs12(pkcs12=upload)
        uploaded += 1
        assert (again.certificate, again.digest()) == (identity.certificate, identity.digest())
        for now, role in product(MOMENTS, LEAF_ROLES):
            parser.run_rule(
                name,
                partial(
                    leaf_findings,
                    identity.public,
                    role=role,
                    now=now,
                    expiry_warning_days=30,
                    host_names=HOST_NAMES,
                ),
            )

    assert not parser.failures, "\n".join(parser.failures)
    assert uploaded >= 100


def open_pkcs12(parser: CountingParser, name: str, text: str) -> Identity | None:
    for password in PASSWORDS[:3]:
        identity = parser.run_parser(name, partial(identity_from_pkcs12, pkcs12=text, password=password))
        if identity is not None:
            return identity
    return None


@pytest.mark.parametrize("now", MOMENTS, ids=["valid", "expired"])
def test_rules_raise_no_error_for_any_certificate(now: datetime) -> None:
    parser = CountingParser()
    files = 0
    for name, chain, bundle in certificates():
        files += 1
        for role in LEAF_ROLES:
            parser.run_rule(
                name,
                partial(leaf_findings, chain, role=role, now=now, expiry_warning_days=30, host_names=HOST_NAMES),
            )
        parser.run_rule(name, partial(ca_findings, bundle, now=now, expiry_warning_days=30))
        parser.run_rule(name, partial(reload_findings, {"secret_id": [chain], "ca_secret_id": [bundle]}, now=now))
        parser.run_rule(
            name,
            partial(
                backend_findings,
                [chain],
                ca=bundle,
                crl=None,
                host_names=HOST_NAMES,
                now=now,
                expiry_warning_days=30,
            ),
        )

    assert not parser.failures, "\n".join(parser.failures)
    assert files >= 500


@pytest.mark.parametrize("now", MOMENTS, ids=["valid", "expired"])
def test_rules_raise_no_error_for_any_crl_with_its_cas(now: datetime) -> None:
    by_subject: dict[x509.Name, list[x509.Certificate]] = {}
    by_issuer: dict[x509.Name, list[x509.Certificate]] = {}
    for _, _, bundle in certificates():
        for certificate in bundle.certificates:
            by_subject.setdefault(certificate.subject, []).append(certificate)
            by_issuer.setdefault(certificate.issuer, []).append(certificate)
    parser = CountingParser()
    files = with_ca = 0
    for name, crl in crl_bundles():
        files += 1
        known = by_issuer.get(crl.crls[0].issuer, [])
        ca = CaBundle(tuple(dict.fromkeys(by_subject.get(crl.crls[0].issuer, []))))
        for known_ca in (None, ca) if ca.certificates else (None,):
            parser.run_rule(name, partial(crl_findings, crl, ca=known_ca, now=now, expiry_warning_days=30, known=known))
        if ca.certificates:
            with_ca += 1
            parser.run_rule(name, partial(coverage_findings, ca, crl, now=now))
            parser.run_rule(
                name,
                partial(
                    backend_findings,
                    [CertificateChain(leaf) for leaf in known],
                    ca=ca,
                    crl=crl,
                    host_names=HOST_NAMES,
                    now=now,
                    expiry_warning_days=30,
                ),
            )
        parser.run_rule(name, partial(reload_findings, {"crl_secret_id": [crl]}, now=now))

    assert not parser.failures, "\n".join(parser.failures)
    assert files >= 190 and with_ca >= 160


def test_rules_raise_no_error_for_any_pair_of_neighboring_certificates() -> None:
    """Compare each file with the next one: related names, one key, a CA in place of another."""
    parser = CountingParser()
    pairs = 0
    for (name, chain, bundle), (_, next_chain, next_bundle) in pairwise(certificates()):
        pairs += 1
        now = MOMENTS[0]
        parser.run_rule(name, partial(server_name_findings, chain, [next_chain], host_names=HOST_NAMES))
        parser.run_rule(name, partial(shared_key_findings, [chain], next_chain))
        parser.run_rule(name, partial(rotation_findings, bundle, next_bundle, backends=[chain], now=now))
        both = CaBundle(tuple(dict.fromkeys((*bundle.certificates, *next_bundle.certificates))))
        parser.run_rule(name, partial(ca_findings, both, now=now, expiry_warning_days=30))
        parser.run_rule(
            name,
            partial(
                backend_findings,
                [CertificateChain(chain.certificate, next_bundle.certificates)],
                ca=both,
                crl=None,
                host_names=HOST_NAMES,
                now=now,
                expiry_warning_days=30,
            ),
        )

    assert not parser.failures, "\n".join(parser.failures)
    assert pairs >= 500
