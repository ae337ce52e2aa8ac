"""Rules of CA rotation and of keys that two certificates share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from gcore_tls_provider.certificates import CaBundle
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.rules.rotation import rotation_findings
from gcore_tls_provider.certificates.rules.shared_keys import shared_key_findings
from tests.certificates.issuing import NOW, Issued, issue, issue_ca

OLD, NEW, OTHER = (issue_ca(name) for name in ("Old", "New", "Other"))
INTERMEDIATE = issue_ca("Intermediate", OLD)
RENEWED = issue_ca("Old", key=OLD.key, not_after=NOW + timedelta(days=3650))
REKEYED = issue_ca("Old")
CROSS = issue_ca("Old", NEW, key=OLD.key)
EXPIRED = issue_ca("Expired", not_after=NOW - timedelta(days=1))
LEAF = issue("app.example.com", OLD)
PINNED = issue("backend.example.com")

OF_OLD, OF_NEW = issue("old.example.com", OLD), issue("new.example.com", NEW)
OF_INTERMEDIATE = issue("low.example.com", INTERMEDIATE)


def bundle(*cas: Issued) -> CaBundle:
    return CaBundle(tuple(each.certificate for each in cas))


CHANGES: dict[str, tuple[Sequence[Issued], Sequence[Issued], Sequence[CertificateChain], list[str]]] = {
    "nothing": ([OLD], [OLD], [], []),
    "one added": ([OLD], [OLD, NEW], [], []),
    "another order": ([OLD, NEW], [NEW, OLD], [], []),
    "one replaced by another": ([OLD], [NEW], [], ["'CN=Old'"]),
    "one dropped": ([OLD, NEW], [NEW], [], ["'CN=Old'"]),
    "two dropped": ([OLD, OTHER], [NEW], [], ["'CN=Old'", "'CN=Other'"]),
    "an expired one dropped": ([EXPIRED, NEW], [NEW], [], []),
    "renewed with its key": ([OLD], [RENEWED], [], []),
    "cross-signed by the new one": ([OLD], [NEW, CROSS], [], []),
    "a new key for its name": ([OLD], [REKEYED], [], ["'CN=Old'"]),
    "an intermediate dropped": ([OLD, INTERMEDIATE], [OLD], [], ["'CN=Intermediate'"]),
    "a certificate that cannot issue dropped": ([OLD, LEAF], [OLD], [], []),
    "a pinned certificate dropped": ([PINNED, OLD], [OLD], [], ["'CN=backend.example.com'"]),
    "all backends are of the new one": ([OLD, NEW], [NEW], [OF_NEW.public], []),
    "a backend is of the dropped one": ([OLD, NEW], [NEW], [OF_NEW.public, OF_OLD.public], ["'CN=old.example.com'"]),
    "backends need one of two dropped": ([OLD, OTHER, NEW], [NEW], [OF_OLD.public], ["'CN=old.example.com'"]),
    "backends send the dropped intermediate": ([OLD, INTERMEDIATE], [OLD], [OF_INTERMEDIATE.public], []),
    "backends do not send it": ([OLD, INTERMEDIATE], [OLD], [OF_INTERMEDIATE.alone], ["'CN=low.example.com'"]),
}


@pytest.mark.parametrize(("old", "new", "backends", "named"), CHANGES.values(), ids=CHANGES)
def test_dropped_ca_is_a_warning_if_backends_can_need_it(
    old: Sequence[Issued], new: Sequence[Issued], backends: Sequence[CertificateChain], named: list[str]
) -> None:
    findings = rotation_findings(bundle(*old), bundle(*new), backends=backends, now=NOW)

    assert [(each.code, each.severity, each.property) for each in findings] == [
        ("CA_DROPPED", "warning", "ca_secret_id") for _ in named
    ]
    assert all(name in finding.sentence for name, finding in zip(named, findings, strict=True))


def test_remedy_lists_the_three_steps_in_order() -> None:
    (finding,) = rotation_findings(bundle(OLD), bundle(NEW), now=NOW)

    steps = [
        finding.remedy.index(word)
        for word in ("three steps", "add the new", "issue the backends' certificates again", "drop this CA")
    ]
    assert steps == sorted(steps)
    assert CODES["CA_DROPPED"].acceptable


def test_shared_key_of_client_and_listener_certificate_is_a_warning() -> None:
    server, client = issue("app.example.com", OLD), issue("load-balancer", OLD, key=OF_NEW.key)

    (finding,) = shared_key_findings([server.public, OF_NEW.public], client.public)

    assert (finding.code, finding.severity, finding.property) == ("SHARED_KEY", "warning", "secret_id")
    assert "'CN=load-balancer'" in finding.sentence
    assert "'CN=new.example.com'" in finding.sentence


NOT_SHARED: dict[str, Callable[[], tuple[list[Issued], Issued | None]]] = {
    "keys of their own": lambda: ([OF_OLD, OF_NEW], OF_INTERMEDIATE),
    "no client certificate": lambda: ([OF_OLD], None),
    "no listener certificate": lambda: ([], OF_OLD),
}


@pytest.mark.parametrize("build", NOT_SHARED.values(), ids=NOT_SHARED)
def test_separate_keys_have_no_finding(build: Callable[[], tuple[list[Issued], Issued | None]]) -> None:
    listener, client = build()
    assert shared_key_findings([each.public for each in listener], None if client is None else client.public) == ()
