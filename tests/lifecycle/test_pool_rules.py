"""What a check says about a pool and what it refers to, alone and after what was there before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN
from tests.certificates.issuing import CLIENT, END, NOW, issue, issue_ca
from tests.fake_engine.account import World, as_engine, member
from tests.fake_engine.referring import REFERENCES
from tests.lifecycle.judged import ID, OTHER, TCP, Codes, Pki, Wired, codes, mutual, wired


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
        [("error", "members", "PLAINTEXT_PROBE_TO_TLS_PORT")],
    ),
    "HTTP probes in clear to a port for that": Wired(
        lambda p: {
            **with_monitor(type="HTTP", http_version="1.1", domain_name="app.example")(p),
            "members": [member(monitor_port=8080)],
        },
        wired,
        [("warning", "members", "PROBES_BYPASS_TLS")],
    ),
    "TCP probes outside TLS": Wired(
        lambda p: {**mutual(p), "members": [member(monitor_port=8443)]},
        wired,
        [("warning", "members", "PROBES_BYPASS_TLS")],
    ),
    "TLS inside TLS": Wired(
        mutual,
        lambda p: {**wired(p), "listener_protocol": "HTTPS"},
        [("warning", "listener", "TLS_IN_TLS")],
    ),
    "a list of another authority": Wired(
        lambda p: {**mutual(p), "crl_secret_id": ID},
        lambda p: {**wired(p), "crl": p.crl(of=p.new_ca)},
        [("error", "crl", "CRL_OF_ANOTHER_CA")],
    ),
    "the list of the second authority alone": Wired(
        lambda p: {**mutual(p), "crl_secret_id": ID},
        lambda p: {**wired(p), "ca": p.ca.pem + p.new_ca.pem, "crl": p.crl(of=p.new_ca)},
        [("error", "crl", "CRL_OF_ANOTHER_CA")],
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
def test_a_pool_and_what_it_refers_to(case: str, dated_world: World, pki: Pki) -> None:
    given = POOLS[case]
    with dated_world.requests() as sent:
        found = dated_world.findings("Pool", {**given.properties(pki), REFERENCES: given.material(pki)})
    assert codes(found) == given.expected
    assert sent == []


@pytest.mark.parametrize("case", [each for each, given in POOLS.items() if "error" in str(given.expected)])
def test_what_a_pool_has_had_before_does_not_block_it(case: str, dated_world: World, pki: Pki) -> None:
    """But what can't be read was never deployed like this."""
    given = POOLS[case]
    bag = {**given.properties(pki), REFERENCES: given.material(pki)}
    found = dated_world.findings("Pool", {**bag, "lb_algorithm": "SOURCE_IP"}, as_engine(bag))
    still = {code for _, _, code in given.expected} & {"NOT_A_CERTIFICATE", "PRIVATE_KEY_IN_CERTIFICATE"}
    assert {each.code for each in found if each.severity == "error"} == still
    assert {code for _, _, code in given.expected} <= {each.code for each in found}


def test_an_accepted_error_of_a_pool(dated_world: World, pki: Pki) -> None:
    given = POOLS["a backend of another authority"]
    reasons = {"BACKEND_NOT_TRUSTED": "it is reissued on Friday"}
    bag = {**given.properties(pki), REFERENCES: given.material(pki), "accept_findings": reasons}
    assert [each.severity for each in dated_world.findings("Pool", bag)] == ["warning"]


def test_expected_backends_are_shown_by_their_facts(dated_world: World, pki: Pki) -> None:
    given = POOLS["a good backend"]
    checked = dated_world.checked("Pool", "web", {**given.properties(pki), REFERENCES: given.material(pki)})
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
    def test_steps(self, step: str, dated_world: World, pki: Pki) -> None:
        before, after, expected = self.STEPS[step]
        olds = as_engine({**mutual(pki), REFERENCES: {**wired(pki), "ca": before(pki)}})
        found = dated_world.findings("Pool", {**mutual(pki), REFERENCES: {**wired(pki), "ca": after(pki)}}, olds)
        assert codes(found) == expected

    def test_with_all_backends_reissued_it_is_silent(self, dated_world: World, pki: Pki) -> None:
        reissued = {"expected_backend_certificates": [issue("app.example", pki.new_ca).pem]}
        olds = as_engine({**mutual(pki), REFERENCES: {**wired(pki), "ca": pki.ca.pem + pki.new_ca.pem}})
        news = {**mutual(pki), **reissued, REFERENCES: {**wired(pki), "ca": pki.new_ca.pem}}
        assert codes(dated_world.findings("Pool", news, olds)) == []

    def test_with_a_backend_that_is_left_behind_it_is_an_error(self, dated_world: World, pki: Pki) -> None:
        left = {**mutual(pki), "expected_backend_certificates": [pki.backend.pem]}
        olds = as_engine({**left, REFERENCES: {**wired(pki), "ca": pki.ca.pem + pki.new_ca.pem}})
        found = codes(dated_world.findings("Pool", {**left, REFERENCES: {**wired(pki), "ca": pki.new_ca.pem}}, olds))
        assert ("error", "expected_backend_certificates", "BACKEND_NOT_TRUSTED") in found
        assert ("warning", "ca", "CA_DROPPED") in found


class TestReload:
    """A change reloads the load balancer, and what expired meanwhile stops working."""

    def later(self, dated_world: World) -> None:
        dated_world.clock.advance((END + timedelta(days=1) - NOW).total_seconds())

    def test_a_pools_change(self, dated_world: World, pki: Pki) -> None:
        crl = {"crl_secret_id": ID}
        bag = {**mutual(pki), **crl, REFERENCES: {**wired(pki), "crl": pki.crl()}}
        self.later(dated_world)
        assert "RELOAD_EXPOSES_EXPIRED" not in str(dated_world.findings("Pool", bag, as_engine(bag)))
        found = dated_world.findings("Pool", {**bag, "lb_algorithm": "SOURCE_IP"}, as_engine(bag))
        assert {each.property for each in found if each.code == "RELOAD_EXPOSES_EXPIRED"} == {
            "ca",
            "crl",
            "client_certificate",
            "listener",
        }
        assert {each.severity for each in found} == {"warning"}

    def test_what_is_renewed_in_the_same_run_is_not_spoken_of(self, dated_world: World, pki: Pki) -> None:
        far = END + timedelta(days=900)
        renewed = issue_ca("Backends CA", key=pki.ca.key, not_after=far)
        client = issue("load-balancer.example", renewed, extended_key_usage=(CLIENT,), not_after=far)
        server = issue("app.example", renewed, not_after=far)
        bag = {**mutual(pki), REFERENCES: wired(pki)}
        news = {
            **mutual(pki),
            "ca_secret_id": OTHER,
            "secret_id": OTHER,
            REFERENCES: {
                "ca": renewed.pem,
                "client_certificate": client.pem,
                "listener_certificates": [server.pem],
            },
        }
        self.later(dated_world)
        assert codes(dated_world.findings("Pool", news, as_engine(bag))) == []
