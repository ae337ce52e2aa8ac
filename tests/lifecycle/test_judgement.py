"""What a check says about material that can be read: what blocks a run, what only warns, and what rests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.lifecycle.properties import UNKNOWN
from gcore_tls_provider.lifecycle.public_material import MATERIAL
from tests.certificates.issuing import CLIENT, END, NOW, Issued, issue, issue_authority, issue_list
from tests.lifecycle.world import World, as_engine, member

TCP = {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3}
ID, OTHER = "6bf878c1-1ce4-47c3-a39b-6b5f1d79bf25", "6bf878c1-1ce4-47c3-a39b-6b5f1d79bf26"
Codes = list[tuple[str, str, str]]


class Pki:
    """What the programs of these tests are made of; issued when it is asked for, once."""

    @cached_property
    def ca(self) -> Issued:
        return issue_authority("Backends CA")

    @cached_property
    def new_ca(self) -> Issued:
        return issue_authority("New CA")

    @cached_property
    def server(self) -> Issued:
        return issue("app.example", self.ca)

    @cached_property
    def second(self) -> Issued:
        return issue("second.example", self.ca)

    @cached_property
    def client(self) -> Issued:
        return issue("load-balancer.example", self.ca, extended_key_usage=(CLIENT,))

    @cached_property
    def backend(self) -> Issued:
        return issue("app.example", self.ca)

    def crl(self, *revoked: Issued, of: Issued | None = None, next_update: datetime = END) -> str:
        return pem(issue_list(of or self.ca, revoked, next_update=next_update))


def pem(entry: x509.CertificateRevocationList) -> str:
    return entry.public_bytes(Encoding.PEM).decode()


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def world(worlds: Callable[..., World]) -> World:
    made = worlds()
    made.clock.began = NOW
    return made


def codes(findings: tuple[Finding, ...]) -> Codes:
    return sorted((each.severity, each.property, each.code) for each in findings)


def identity(issued: Issued) -> dict[str, object]:
    return {"certificate": issued.pem, "private_key": issued.key_pem}


class TestWhatIsDeployed:
    """Only what a run would upload or wire can block it."""

    @pytest.fixture
    def expired(self, world: World) -> datetime:
        later = END + timedelta(days=3)
        world.clock.advance((later - NOW).total_seconds())
        return later

    @pytest.mark.parametrize("kind", ["ListenerCertificate", "ClientCertificate"])
    def test_what_expired_overnight_does_not_lock_a_stack(self, kind: str, world: World, pki: Pki) -> None:
        issued = pki.server if kind == "ListenerCertificate" else pki.client
        olds = world.checked(kind, "it", identity(issued))
        world.clock.advance((END + timedelta(days=3) - NOW).total_seconds())
        (finding,) = world.findings(kind, identity(issued), olds)
        assert (finding.severity, finding.code) == ("warning", "CERTIFICATE_EXPIRED")
        assert finding.remedy.startswith("It is deployed already, so this run goes on.")

    def test_made_anew_it_blocks(self, world: World, pki: Pki, expired: datetime) -> None:
        assert codes(world.findings("ClientCertificate", identity(pki.client))) == [
            ("error", "certificate", "CERTIFICATE_EXPIRED")
        ]

    def test_another_one_that_has_expired_too_blocks(self, world: World, pki: Pki, expired: datetime) -> None:
        olds = as_engine({"content_sha256": "another", **identity(pki.client)})
        assert codes(world.findings("ClientCertificate", identity(pki.client), olds)) == [
            ("error", "certificate", "CERTIFICATE_EXPIRED")
        ]

    def test_written_differently_it_is_deployed_all_the_same(self, world: World, pki: Pki) -> None:
        olds = world.checked("ClientCertificate", "it", identity(pki.client))
        world.clock.advance((END + timedelta(days=3) - NOW).total_seconds())
        crlf = {key: str(value).replace("\n", "\r\n") for key, value in identity(pki.client).items()}
        assert [each.severity for each in world.findings("ClientCertificate", crlf, olds)] == ["warning"]

    def test_material_that_an_older_release_could_read(self, world: World) -> None:
        """Refused by this one, it keeps its facts, so that nothing is a change."""
        olds = {"certificate": "once good", "content_sha256": "ab", "subject": "CN=x"}
        checked = world.checked("CertificateAuthority", "it", {"certificate": "once good"}, olds)
        assert {name: checked[name] for name in ("content_sha256", "subject")} == {
            "content_sha256": "ab",
            "subject": "CN=x",
        }
        assert codes(world.findings("CertificateAuthority", {"certificate": "another"}, olds)) == [
            ("error", "certificate", "NOT_PEM")
        ]


class TestAcceptance:
    """`accept_findings`."""

    @pytest.fixture
    def expired(self, pki: Pki) -> dict[str, object]:
        return identity(issue("app.example", pki.ca, not_after=NOW - timedelta(days=1)))

    def test_an_error_becomes_a_warning_that_shows_the_reason(self, world: World, expired: dict[str, object]) -> None:
        reasons = {"CERTIFICATE_EXPIRED": "tests of the old clients, until 2026-07"}
        (finding,) = world.findings("ListenerCertificate", {**expired, "accept_findings": reasons})
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
    def test_what_is_refused(self, case: str, world: World, expired: dict[str, object]) -> None:
        reasons, expected = self.REFUSED[case]
        assert codes(world.findings("ListenerCertificate", {**expired, "accept_findings": reasons})) == expected

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
        self, properties: Callable[[Pki], dict[str, object]], code: str, world: World, pki: Pki
    ) -> None:
        given = {**properties(pki), "accept_findings": {code: "we know"}}
        found = world.findings("ListenerCertificate", given)
        assert {("error", code), ("error", "CODE_NOT_ACCEPTABLE")} == {(each.severity, each.code) for each in found}


class TestExpiry:
    @pytest.mark.parametrize(
        ("left", "days", "warns"), [(29, None, True), (31, None, False), (31, 40, True), (5, 0, False)]
    )
    def test_it_warns_though_nothing_changed(
        self, left: int, days: int | None, warns: bool, world: World, pki: Pki
    ) -> None:
        issued = issue("app.example", pki.ca, not_after=NOW + timedelta(days=left))
        properties = {**identity(issued), **({} if days is None else {"expiry_warning_days": days})}
        olds = world.checked("ListenerCertificate", "it", properties)
        found = codes(world.findings("ListenerCertificate", properties, olds))
        assert found == ([("warning", "certificate", "CERTIFICATE_EXPIRES_SOON")] if warns else [])

    def test_other_days_are_no_change(self, world: World, pki: Pki) -> None:
        made = world.create("ListenerCertificate", "web", **identity(pki.server))
        assert not made.diff(**identity(pki.server), expiry_warning_days=60, accept_findings={"WEAK_KEY": "x"}).changes


@dataclass(frozen=True)
class Wired:
    """A pool, or a listener, and what is to be said about it.

    Attributes:
        properties: its inputs.
        material: the public material of what it refers to.
        expected: severity, property and code of each finding.
    """

    properties: Callable[[Pki], dict[str, object]]
    material: Callable[[Pki], dict[str, object]]
    expected: Codes


def mutual(p: Pki) -> dict[str, object]:
    return {
        "load_balancer_id": ID,
        "ca_secret_id": ID,
        "secret_id": ID,
        "members": [member()],
        "health_monitor": TCP,
    }


def wired(p: Pki) -> dict[str, object]:
    return {"ca": p.ca.pem, "client_certificate": p.client.pem, "listener_certificates": [p.server.pem]}


def with_monitor(**properties: object) -> Callable[[Pki], dict[str, object]]:
    return lambda p: {**mutual(p), "health_monitor": {**TCP, **properties}}


def with_backend(backend: Callable[[Pki], str], **more: object) -> Callable[[Pki], dict[str, object]]:
    return lambda p: {**mutual(p), "expected_backend_certificates": [backend(p)], **more}


POOLS: Mapping[str, Wired] = {
    "all is well": Wired(mutual, wired, []),
    "nothing is known but ids": Wired(mutual, lambda p: {}, []),
    "no authority": Wired(
        lambda p: {"load_balancer_id": ID, "members": []},
        lambda p: {},
        [("warning", "ca", "BACKENDS_NOT_VERIFIED")],
    ),
    "plain HTTP needs none": Wired(lambda p: {"load_balancer_id": ID, "protocol": "HTTP"}, lambda p: {}, []),
    "a protocol that isn't known": Wired(lambda p: {"load_balancer_id": ID, "protocol": UNKNOWN}, lambda p: {}, []),
    "no monitor": Wired(
        lambda p: {**mutual(p), "health_monitor": None}, wired, [("warning", "health_monitor", "NO_HEALTH_MONITOR")]
    ),
    "a monitor that isn't known": Wired(lambda p: {**mutual(p), "health_monitor": UNKNOWN}, wired, []),
    "a monitor that switches verification off": Wired(
        with_monitor(type="HTTPS", http_version="1.1", domain_name="app.example"),
        wired,
        [("warning", "health_monitor", "MONITOR_STOPS_VERIFICATION")],
    ),
    "the same with a revocation list": Wired(
        lambda p: {
            **with_monitor(type="HTTPS", http_version="1.1", domain_name="app.example")(p),
            "crl_secret_id": UNKNOWN,
        },
        wired,
        [],
    ),
    "HTTP probes without a host": Wired(
        with_monitor(type="HTTP"), wired, [("warning", "health_monitor", "MONITOR_OVER_HTTP2")]
    ),
    "HTTP probes in clear to the member's own port": Wired(
        lambda p: {
            **with_monitor(type="HTTP", http_version="1.1", domain_name="app.example")(p),
            "members": [member(monitor_port=8443)],
        },
        wired,
        [("error", "members", "MONITOR_IN_CLEAR")],
    ),
    "HTTP probes in clear to a port for that": Wired(
        lambda p: {
            **with_monitor(type="HTTP", http_version="1.1", domain_name="app.example")(p),
            "members": [member(monitor_port=8080)],
        },
        wired,
        [("warning", "members", "MONITOR_OUTSIDE_TLS")],
    ),
    "TCP probes outside TLS": Wired(
        lambda p: {**mutual(p), "members": [member(monitor_port=8443)]},
        wired,
        [("warning", "members", "MONITOR_OUTSIDE_TLS")],
    ),
    "TLS inside TLS": Wired(
        mutual,
        lambda p: {**wired(p), "listener_protocol": "HTTPS"},
        [("warning", "listener", "TLS_IN_TLS")],
    ),
    "a list of another authority": Wired(
        lambda p: {**mutual(p), "crl_secret_id": ID},
        lambda p: {**wired(p), "crl": p.crl(of=p.new_ca)},
        [("error", "crl", "CRL_OF_ANOTHER_AUTHORITY")],
    ),
    "the list of the second authority alone": Wired(
        lambda p: {**mutual(p), "crl_secret_id": ID},
        lambda p: {**wired(p), "ca": p.ca.pem + p.new_ca.pem, "crl": p.crl(of=p.new_ca)},
        [("error", "crl", "CRL_OF_ANOTHER_AUTHORITY")],
    ),
    "a list for one authority of two": Wired(
        lambda p: {**mutual(p), "crl_secret_id": ID},
        lambda p: {**wired(p), "ca": p.ca.pem + p.new_ca.pem, "crl": p.crl()},
        [("warning", "crl", "CRL_INCOMPLETE")],
    ),
    "a list that revokes the client certificate": Wired(
        lambda p: {**mutual(p), "crl_secret_id": ID},
        lambda p: {**wired(p), "crl": p.crl(p.client)},
        [("warning", "crl", "CRL_REVOKES_KNOWN")],
    ),
    "a list that isn't known yet": Wired(
        lambda p: {**mutual(p), "crl_secret_id": UNKNOWN}, lambda p: {**wired(p), "crl": UNKNOWN}, []
    ),
    "one key for clients and backends": Wired(
        mutual,
        lambda p: {**wired(p), "client_certificate": p.server.pem},
        [("warning", "client_certificate", "SHARED_KEY")],
    ),
    "a good backend": Wired(with_backend(lambda p: p.backend.pem), wired, []),
    "a backend of another authority": Wired(
        with_backend(lambda p: issue("app.example", p.new_ca).pem),
        wired,
        [("error", "expected_backend_certificates", "BACKEND_NOT_TRUSTED")],
    ),
    "a backend without the clients' name": Wired(
        with_backend(lambda p: p.second.pem),
        wired,
        [("error", "expected_backend_certificates", "BACKEND_NAME_NOT_COVERED")],
    ),
    "a backend with the declared name": Wired(
        with_backend(lambda p: p.second.pem, host_names=["second.example"]), wired, []
    ),
    "the clients' names aren't known": Wired(
        with_backend(lambda p: p.second.pem), lambda p: {**wired(p), "listener_certificates": [p.server.pem, ""]}, []
    ),
    "a revoked backend": Wired(
        lambda p: {**with_backend(lambda p: p.backend.pem)(p), "crl_secret_id": ID},
        lambda p: {**wired(p), "crl": p.crl(p.backend)},
        [("error", "expected_backend_certificates", "BACKEND_REVOKED")],
    ),
    "a backend that can't be read": Wired(
        with_backend(lambda p: p.crl()),
        wired,
        [("error", "expected_backend_certificates[0]", "NOT_A_CERTIFICATE")],
    ),
    "a key in a backend's place": Wired(
        with_backend(lambda p: p.backend.pem + p.backend.key_pem),
        wired,
        [("error", "expected_backend_certificates[0]", "PRIVATE_KEY_IN_CERTIFICATE")],
    ),
    "a backend that isn't known yet": Wired(
        lambda p: {**mutual(p), "expected_backend_certificates": [UNKNOWN]}, wired, []
    ),
}


@pytest.mark.parametrize("case", POOLS)
def test_a_pool_and_what_it_refers_to(case: str, world: World, pki: Pki) -> None:
    given = POOLS[case]
    with world.requests() as sent:
        found = world.findings("Pool", {**given.properties(pki), MATERIAL: given.material(pki)})
    assert codes(found) == given.expected
    assert sent == []


@pytest.mark.parametrize("case", [each for each, given in POOLS.items() if "error" in str(given.expected)])
def test_what_a_pool_has_had_before_does_not_block_it(case: str, world: World, pki: Pki) -> None:
    """But what can't be read was never deployed like this."""
    given = POOLS[case]
    bag = {**given.properties(pki), MATERIAL: given.material(pki)}
    found = world.findings("Pool", {**bag, "lb_algorithm": "SOURCE_IP"}, as_engine(bag))
    still = {code for _, _, code in given.expected} & {"NOT_A_CERTIFICATE", "PRIVATE_KEY_IN_CERTIFICATE"}
    assert {each.code for each in found if each.severity == "error"} == still
    assert {code for _, _, code in given.expected} <= {each.code for each in found}


def test_an_accepted_error_of_a_pool(world: World, pki: Pki) -> None:
    given = POOLS["a backend of another authority"]
    reasons = {"BACKEND_NOT_TRUSTED": "it is reissued on Friday"}
    bag = {**given.properties(pki), MATERIAL: given.material(pki), "accept_findings": reasons}
    assert [each.severity for each in world.findings("Pool", bag)] == ["warning"]


def test_expected_backends_are_shown_by_their_facts(world: World, pki: Pki) -> None:
    given = POOLS["a good backend"]
    checked = world.checked("Pool", "web", {**given.properties(pki), MATERIAL: given.material(pki)})
    backends: Any = checked["expected_backends"]
    (shown,) = backends
    assert shown["subject"] == "CN=app.example"
    assert set(shown) == {"subject", "dns_names", "fingerprint_sha256", "not_after"}


class TestRotation:
    """Of the authorities of a pool that is deployed."""

    STEPS: Mapping[str, tuple[Callable[[Pki], str], Callable[[Pki], str], Codes]] = {
        "add": (lambda p: p.ca.pem, lambda p: p.ca.pem + p.new_ca.pem, []),
        "drop": (
            lambda p: p.ca.pem + p.new_ca.pem,
            lambda p: p.new_ca.pem,
            [("warning", "ca", "CA_DROPPED")],
        ),
        "replace": (lambda p: p.ca.pem, lambda p: p.new_ca.pem, [("warning", "ca", "CA_DROPPED")]),
        "nothing": (lambda p: p.ca.pem, lambda p: p.ca.pem, []),
    }

    @pytest.mark.parametrize("step", STEPS)
    def test_steps(self, step: str, world: World, pki: Pki) -> None:
        before, after, expected = self.STEPS[step]
        olds = as_engine({**mutual(pki), MATERIAL: {**wired(pki), "ca": before(pki)}})
        found = world.findings("Pool", {**mutual(pki), MATERIAL: {**wired(pki), "ca": after(pki)}}, olds)
        assert codes(found) == expected

    def test_with_all_backends_reissued_it_is_silent(self, world: World, pki: Pki) -> None:
        reissued = {"expected_backend_certificates": [issue("app.example", pki.new_ca).pem]}
        olds = as_engine({**mutual(pki), MATERIAL: {**wired(pki), "ca": pki.ca.pem + pki.new_ca.pem}})
        news = {**mutual(pki), **reissued, MATERIAL: {**wired(pki), "ca": pki.new_ca.pem}}
        assert codes(world.findings("Pool", news, olds)) == []

    def test_with_a_backend_that_is_left_behind_it_is_an_error(self, world: World, pki: Pki) -> None:
        left = {**mutual(pki), "expected_backend_certificates": [pki.backend.pem]}
        olds = as_engine({**left, MATERIAL: {**wired(pki), "ca": pki.ca.pem + pki.new_ca.pem}})
        found = codes(world.findings("Pool", {**left, MATERIAL: {**wired(pki), "ca": pki.new_ca.pem}}, olds))
        assert ("error", "expected_backend_certificates", "BACKEND_NOT_TRUSTED") in found
        assert ("warning", "ca", "CA_DROPPED") in found


class TestReload:
    """A change reloads the load balancer, and what expired meanwhile stops working."""

    def later(self, world: World) -> None:
        world.clock.advance((END + timedelta(days=1) - NOW).total_seconds())

    def test_a_pools_change(self, world: World, pki: Pki) -> None:
        crl = {"crl_secret_id": ID}
        bag = {**mutual(pki), **crl, MATERIAL: {**wired(pki), "crl": pki.crl()}}
        self.later(world)
        assert "RELOAD_UNCOVERS_EXPIRED" not in str(world.findings("Pool", bag, as_engine(bag)))
        found = world.findings("Pool", {**bag, "lb_algorithm": "SOURCE_IP"}, as_engine(bag))
        assert {each.property for each in found if each.code == "RELOAD_UNCOVERS_EXPIRED"} == {
            "ca",
            "crl",
            "client_certificate",
            "listener",
        }
        assert {each.severity for each in found} == {"warning"}

    def test_what_is_renewed_in_the_same_run_is_not_spoken_of(self, world: World, pki: Pki) -> None:
        far = END + timedelta(days=900)
        renewed = issue_authority("Backends CA", key=pki.ca.key, not_after=far)
        client = issue("load-balancer.example", renewed, extended_key_usage=(CLIENT,), not_after=far)
        server = issue("app.example", renewed, not_after=far)
        bag = {**mutual(pki), MATERIAL: wired(pki)}
        news = {
            **mutual(pki),
            "ca_secret_id": OTHER,
            "secret_id": OTHER,
            MATERIAL: {
                "ca": renewed.pem,
                "client_certificate": client.pem,
                "listener_certificates": [server.pem],
            },
        }
        self.later(world)
        assert codes(world.findings("Pool", news, as_engine(bag))) == []

    def test_a_listeners_change(self, world: World, pki: Pki) -> None:
        material = {"certificate": pki.server.pem, "ca": pki.ca.pem, "client_certificate": pki.client.pem}
        bag = {"load_balancer_id": ID, "secret_id": ID, MATERIAL: {**material, "sni_certificates": []}}
        self.later(world)
        assert codes(world.findings("Listener", bag, as_engine(bag))) == []
        found = world.findings("Listener", {**bag, "connection_limit": 5}, as_engine(bag))
        assert codes(found) == [
            ("warning", "ca", "RELOAD_UNCOVERS_EXPIRED"),
            ("warning", "certificate", "RELOAD_UNCOVERS_EXPIRED"),
            ("warning", "client_certificate", "RELOAD_UNCOVERS_EXPIRED"),
        ]


LISTENERS: Mapping[str, Wired] = {
    "all is well": Wired(
        lambda p: {"host_names": ["app.example", "second.example"]},
        lambda p: {"certificate": p.server.pem, "sni_certificates": [p.second.pem]},
        [],
    ),
    "a name that none covers": Wired(
        lambda p: {"host_names": ["app.example", "third.example"]},
        lambda p: {"certificate": p.server.pem, "sni_certificates": [p.second.pem]},
        [("error", "host_names", "HOST_NAME_NOT_COVERED")],
    ),
    "a name that one may cover that isn't known": Wired(
        lambda p: {"host_names": ["third.example"], "sni_secret_id": [ID, UNKNOWN]},
        lambda p: {"certificate": p.server.pem, "sni_certificates": [p.second.pem, UNKNOWN]},
        [],
    ),
    "only ids are known": Wired(lambda p: {"host_names": ["third.example"], "sni_secret_id": [ID]}, lambda p: {}, []),
    "a certificate given twice": Wired(
        lambda p: {"sni_secret_id": [ID]},
        lambda p: {"certificate": p.server.pem, "sni_certificates": [p.server.pem]},
        [("warning", "sni_certificates", "SNI_REPEATED")],
    ),
    "two certificates for one name": Wired(
        lambda p: {"sni_secret_id": [ID]},
        lambda p: {"certificate": p.server.pem, "sni_certificates": [p.backend.pem]},
        [("warning", "sni_certificates", "SNI_OVERLAP")],
    ),
}


@pytest.mark.parametrize("case", LISTENERS)
def test_a_listener_and_its_certificates(case: str, world: World, pki: Pki) -> None:
    given = LISTENERS[case]
    bag = {"load_balancer_id": ID, "secret_id": ID, **given.properties(pki), MATERIAL: given.material(pki)}
    assert codes(world.findings("Listener", bag)) == given.expected
    assert {each.severity for each in world.findings("Listener", bag, as_engine(bag))} <= {"warning"}
