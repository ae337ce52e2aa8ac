"""Findings of a check about readable certificates: errors that block a run, and warnings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest

from tests.certificates.issuing import END, NOW, Issued, issue
from tests.fake_engine.stack import FakeStack, engine_value
from tests.lifecycle.certificate_cases import FindingCodes, Pki, codes


def identity(issued: Issued) -> dict[str, object]:
    return {"certificate": issued.pem, "private_key": issued.key_pem}


class TestDeployedCertificates:
    """Certificates that are deployed already: only what a run uploads or attaches can block it."""

    @pytest.fixture
    def expired(self, dated_stack: FakeStack) -> datetime:
        later = END + timedelta(days=3)
        dated_stack.clock.advance((later - NOW).total_seconds())
        return later

    @pytest.mark.parametrize("kind", ["ListenerCertificate", "ClientCertificate"])
    def test_a_deployed_certificate_that_has_expired_is_a_warning(
        self, kind: str, dated_stack: FakeStack, pki: Pki
    ) -> None:
        issued = pki.server if kind == "ListenerCertificate" else pki.client
        olds = dated_stack.checked_inputs(kind, "it", identity(issued))
        dated_stack.clock.advance((END + timedelta(days=3) - NOW).total_seconds())
        (finding,) = dated_stack.findings(kind, identity(issued), olds)
        assert (finding.severity, finding.code) == ("warning", "CERTIFICATE_EXPIRED")
        assert finding.remedy.startswith("It is deployed already, so this run goes on.")

    def test_a_new_certificate_that_has_expired_is_an_error(
        self, dated_stack: FakeStack, pki: Pki, expired: datetime
    ) -> None:
        assert codes(dated_stack.findings("ClientCertificate", identity(pki.client))) == [
            ("error", "certificate", "CERTIFICATE_EXPIRED")
        ]

    def test_a_replacement_certificate_that_has_expired_is_an_error(
        self, dated_stack: FakeStack, pki: Pki, expired: datetime
    ) -> None:
        olds = engine_value({"content_sha256": "another", **identity(pki.client)})
        assert codes(dated_stack.findings("ClientCertificate", identity(pki.client), olds)) == [
            ("error", "certificate", "CERTIFICATE_EXPIRED")
        ]

    def test_a_deployed_certificate_with_other_line_endings_stays_a_warning(
        self, dated_stack: FakeStack, pki: Pki
    ) -> None:
        olds = dated_stack.checked_inputs("ClientCertificate", "it", identity(pki.client))
        dated_stack.clock.advance((END + timedelta(days=3) - NOW).total_seconds())
        crlf = {key: str(value).replace("\n", "\r\n") for key, value in identity(pki.client).items()}
        assert [each.severity for each in dated_stack.findings("ClientCertificate", crlf, olds)] == ["warning"]

    def test_an_unreadable_certificate_in_the_state_keeps_its_facts(self, dated_stack: FakeStack) -> None:
        """This release rejects content that an older one accepted. The facts stay, so that nothing is a change."""
        olds = {"certificate": "once good", "content_sha256": "ab", "subject": "CN=x"}
        checked = dated_stack.checked_inputs("CertificateAuthority", "it", {"certificate": "once good"}, olds)
        assert {name: checked[name] for name in ("content_sha256", "subject")} == {
            "content_sha256": "ab",
            "subject": "CN=x",
        }
        assert codes(dated_stack.findings("CertificateAuthority", {"certificate": "another"}, olds)) == [
            ("error", "certificate", "NOT_PEM")
        ]


class TestAcceptance:
    """Effects of `accept_findings`."""

    @pytest.fixture
    def expired(self, pki: Pki) -> dict[str, object]:
        return identity(issue("app.example", pki.ca, not_after=NOW - timedelta(days=1)))

    def test_an_accepted_error_becomes_a_warning_with_the_reason(
        self, dated_stack: FakeStack, expired: dict[str, object]
    ) -> None:
        reasons = {"CERTIFICATE_EXPIRED": "tests of the old clients, until 2026-07"}
        (finding,) = dated_stack.findings("ListenerCertificate", {**expired, "accept_findings": reasons})
        assert finding.severity == "warning"
        assert str(finding).endswith("Accepted: tests of the old clients, until 2026-07.")

    INEFFECTIVE: Mapping[str, tuple[dict[str, str], FindingCodes]] = {
        "an unknown code": (
            {"CERTIFICATE_ROTTEN": "why not"},
            [("error", "accept_findings", "CODE_UNKNOWN"), ("error", "certificate", "CERTIFICATE_EXPIRED")],
        ),
        "another code": (
            {"WEAK_KEY": "it is short"},
            [("error", "certificate", "CERTIFICATE_EXPIRED")],
        ),
        "no reason": (
            {"CERTIFICATE_EXPIRED": " "},
            [("error", "accept_findings", "REASON_MISSING"), ("error", "certificate", "CERTIFICATE_EXPIRED")],
        ),
        "a code that cannot be accepted": (
            {"KEY_MISMATCH": "we know"},
            [("error", "accept_findings", "CODE_NOT_ACCEPTABLE"), ("error", "certificate", "CERTIFICATE_EXPIRED")],
        ),
    }

    @pytest.mark.parametrize("case", INEFFECTIVE)
    def test_an_ineffective_acceptance_keeps_the_error(
        self, case: str, dated_stack: FakeStack, expired: dict[str, object]
    ) -> None:
        reasons, expected = self.INEFFECTIVE[case]
        assert codes(dated_stack.findings("ListenerCertificate", {**expired, "accept_findings": reasons})) == expected

    @pytest.mark.parametrize(
        ("properties", "code"),
        [
            (lambda p: {"certificate": p.server.pem, "private_key": p.client.key_pem}, "KEY_MISMATCH"),
            (
                lambda p: {"certificate": p.server.key_pem, "private_key": p.server.key_pem},
                "PRIVATE_KEY_IN_CERTIFICATE",
            ),
            (lambda p: {"certificate": "x", "private_key": p.server.key_pem}, "NOT_PEM"),
        ],
    )
    def test_an_error_that_cannot_be_accepted_stays_an_error(
        self, properties: Callable[[Pki], dict[str, object]], code: str, dated_stack: FakeStack, pki: Pki
    ) -> None:
        accepted = {**properties(pki), "accept_findings": {code: "we know"}}
        found = dated_stack.findings("ListenerCertificate", accepted)
        assert {("error", code), ("error", "CODE_NOT_ACCEPTABLE")} == {(each.severity, each.code) for each in found}


class TestExpiry:
    @pytest.mark.parametrize(
        ("days_left", "days", "warns"), [(29, None, True), (31, None, False), (31, 40, True), (5, 0, False)]
    )
    def test_an_unchanged_certificate_warns_before_it_expires(
        self, days_left: int, days: int | None, warns: bool, dated_stack: FakeStack, pki: Pki
    ) -> None:
        issued = issue("app.example", pki.ca, not_after=NOW + timedelta(days=days_left))
        properties = {**identity(issued), **({} if days is None else {"expiry_warning_days": days})}
        olds = dated_stack.checked_inputs("ListenerCertificate", "it", properties)
        found = codes(dated_stack.findings("ListenerCertificate", properties, olds))
        assert found == ([("warning", "certificate", "CERTIFICATE_EXPIRES_SOON")] if warns else [])

    def test_another_warning_period_or_acceptance_is_no_change(self, dated_stack: FakeStack, pki: Pki) -> None:
        created = dated_stack.create("ListenerCertificate", "web", **identity(pki.server))
        assert not created.diff(
            **identity(pki.server), expiry_warning_days=60, accept_findings={"WEAK_KEY": "x"}
        ).changes
