"""What a check says about material that can be read: what blocks a run, what only warns, and what rests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest

from tests.certificates.issuing import END, NOW, Issued, issue
from tests.fake_engine.account import World, as_engine
from tests.lifecycle.judged import Codes, Pki, codes


def identity(issued: Issued) -> dict[str, object]:
    return {"certificate": issued.pem, "private_key": issued.key_pem}


class TestWhatIsDeployed:
    """Only what a run would upload or wire can block it."""

    @pytest.fixture
    def expired(self, dated_world: World) -> datetime:
        later = END + timedelta(days=3)
        dated_world.clock.advance((later - NOW).total_seconds())
        return later

    @pytest.mark.parametrize("kind", ["ListenerCertificate", "ClientCertificate"])
    def test_what_expired_overnight_does_not_lock_a_stack(self, kind: str, dated_world: World, pki: Pki) -> None:
        issued = pki.server if kind == "ListenerCertificate" else pki.client
        olds = dated_world.checked(kind, "it", identity(issued))
        dated_world.clock.advance((END + timedelta(days=3) - NOW).total_seconds())
        (finding,) = dated_world.findings(kind, identity(issued), olds)
        assert (finding.severity, finding.code) == ("warning", "CERTIFICATE_EXPIRED")
        assert finding.remedy.startswith("It is deployed already, so this run goes on.")

    def test_made_anew_it_blocks(self, dated_world: World, pki: Pki, expired: datetime) -> None:
        assert codes(dated_world.findings("ClientCertificate", identity(pki.client))) == [
            ("error", "certificate", "CERTIFICATE_EXPIRED")
        ]

    def test_another_one_that_has_expired_too_blocks(self, dated_world: World, pki: Pki, expired: datetime) -> None:
        olds = as_engine({"content_sha256": "another", **identity(pki.client)})
        assert codes(dated_world.findings("ClientCertificate", identity(pki.client), olds)) == [
            ("error", "certificate", "CERTIFICATE_EXPIRED")
        ]

    def test_written_differently_it_is_deployed_all_the_same(self, dated_world: World, pki: Pki) -> None:
        olds = dated_world.checked("ClientCertificate", "it", identity(pki.client))
        dated_world.clock.advance((END + timedelta(days=3) - NOW).total_seconds())
        crlf = {key: str(value).replace("\n", "\r\n") for key, value in identity(pki.client).items()}
        assert [each.severity for each in dated_world.findings("ClientCertificate", crlf, olds)] == ["warning"]

    def test_material_that_an_older_release_could_read(self, dated_world: World) -> None:
        """Refused by this one, it keeps its facts, so that nothing is a change."""
        olds = {"certificate": "once good", "content_sha256": "ab", "subject": "CN=x"}
        checked = dated_world.checked("CertificateAuthority", "it", {"certificate": "once good"}, olds)
        assert {name: checked[name] for name in ("content_sha256", "subject")} == {
            "content_sha256": "ab",
            "subject": "CN=x",
        }
        assert codes(dated_world.findings("CertificateAuthority", {"certificate": "another"}, olds)) == [
            ("error", "certificate", "NOT_PEM")
        ]


class TestAcceptance:
    """`accept_findings`."""

    @pytest.fixture
    def expired(self, pki: Pki) -> dict[str, object]:
        return identity(issue("app.example", pki.ca, not_after=NOW - timedelta(days=1)))

    def test_an_error_becomes_a_warning_that_shows_the_reason(
        self, dated_world: World, expired: dict[str, object]
    ) -> None:
        reasons = {"CERTIFICATE_EXPIRED": "tests of the old clients, until 2026-07"}
        (finding,) = dated_world.findings("ListenerCertificate", {**expired, "accept_findings": reasons})
        assert finding.severity == "warning"
        assert str(finding).endswith("Accepted: tests of the old clients, until 2026-07.")

    REFUSED: Mapping[str, tuple[dict[str, str], Codes]] = {
        "a code that isn't one": (
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
        "what can't be accepted": (
            {"KEY_MISMATCH": "we know"},
            [("error", "accept_findings", "CODE_NOT_ACCEPTABLE"), ("error", "certificate", "CERTIFICATE_EXPIRED")],
        ),
    }

    @pytest.mark.parametrize("case", REFUSED)
    def test_what_is_refused(self, case: str, dated_world: World, expired: dict[str, object]) -> None:
        reasons, expected = self.REFUSED[case]
        assert codes(dated_world.findings("ListenerCertificate", {**expired, "accept_findings": reasons})) == expected

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
    def test_what_can_never_be_accepted(
        self, properties: Callable[[Pki], dict[str, object]], code: str, dated_world: World, pki: Pki
    ) -> None:
        given = {**properties(pki), "accept_findings": {code: "we know"}}
        found = dated_world.findings("ListenerCertificate", given)
        assert {("error", code), ("error", "CODE_NOT_ACCEPTABLE")} == {(each.severity, each.code) for each in found}


class TestExpiry:
    @pytest.mark.parametrize(
        ("left", "days", "warns"), [(29, None, True), (31, None, False), (31, 40, True), (5, 0, False)]
    )
    def test_it_warns_though_nothing_changed(
        self, left: int, days: int | None, warns: bool, dated_world: World, pki: Pki
    ) -> None:
        issued = issue("app.example", pki.ca, not_after=NOW + timedelta(days=left))
        properties = {**identity(issued), **({} if days is None else {"expiry_warning_days": days})}
        olds = dated_world.checked("ListenerCertificate", "it", properties)
        found = codes(dated_world.findings("ListenerCertificate", properties, olds))
        assert found == ([("warning", "certificate", "CERTIFICATE_EXPIRES_SOON")] if warns else [])

    def test_other_days_are_no_change(self, dated_world: World, pki: Pki) -> None:
        made = dated_world.create("ListenerCertificate", "web", **identity(pki.server))
        assert not made.diff(**identity(pki.server), expiry_warning_days=60, accept_findings={"WEAK_KEY": "x"}).changes
