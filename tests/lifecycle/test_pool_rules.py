"""Findings of a check about a pool and its references, new or deployed already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN
from tests.certificates.issuing import CLIENT, END, NOW, issue, issue_ca
from tests.fake_engine.references import REFERENCES
from tests.fake_engine.stack import FakeStack, engine_value, member
from tests.lifecycle.certificate_cases import (
    OTHER_ID,
    SOME_ID,
    TCP_MONITOR,
    FindingCodes,
    Pki,
    ReferenceCase,
    codes,
    mtls_pool,
    mtls_references,
)


def with_monitor(**properties: object) -> Callable[[Pki], dict[str, object]]:
    return lambda p: {**mtls_pool(p), "health_monitor": {**TCP_MONITOR, **properties}}


def with_backend(backend: Callable[[Pki], str], **more: object) -> Callable[[Pki], dict[str, object]]:
    return lambda p: {**mtls_pool(p), "expected_backend_certificates": [backend(p)], **more}


POOLS: Mapping[str, ReferenceCase] = {
    "no findings": ReferenceCase(mtls_pool, mtls_references, []),
    "only IDs are known": ReferenceCase(mtls_pool, lambda p: {}, []),
    "no CA": ReferenceCase(
        lambda p: {"load_balancer_id": SOME_ID, "members": []},
        lambda p: {},
        [("warning", "ca", "BACKENDS_NOT_VERIFIED")],
    ),
    "no CA for plain HTTP": ReferenceCase(
        lambda p: {"load_balancer_id": SOME_ID, "protocol": "HTTP"}, lambda p: {}, []
    ),
    "an unknown protocol": ReferenceCase(
        lambda p: {"load_balancer_id": SOME_ID, "protocol": UNKNOWN}, lambda p: {}, []
    ),
    "no health monitor": ReferenceCase(
        lambda p: {**mtls_pool(p), "health_monitor": None},
        mtls_references,
        [("warning", "health_monitor", "NO_HEALTH_MONITOR")],
    ),
    "an unknown health monitor": ReferenceCase(
        lambda p: {**mtls_pool(p), "health_monitor": UNKNOWN}, mtls_references, []
    ),
    "a health monitor that disables verification": ReferenceCase(
        with_monitor(type="HTTPS", http_version="1.1", domain_name="app.example"),
        mtls_references,
        [("warning", "health_monitor", "MONITOR_STOPS_VERIFICATION")],
    ),
    "such a health monitor with a CRL": ReferenceCase(
        lambda p: {
            **with_monitor(type="HTTPS", http_version="1.1", domain_name="app.example")(p),
            "crl_secret_id": UNKNOWN,
        },
        mtls_references,
        [],
    ),
    "HTTP probes without a host": ReferenceCase(
        with_monitor(type="HTTP"), mtls_references, [("warning", "health_monitor", "MONITOR_OVER_HTTP2")]
    ),
    "plaintext HTTP probes to the port of the member": ReferenceCase(
        lambda p: {
            **with_monitor(type="HTTP", http_version="1.1", domain_name="app.example")(p),
            "members": [member(monitor_port=8443)],
        },
        mtls_references,
        [("error", "members", "PLAINTEXT_PROBE_TO_TLS_PORT")],
    ),
    "plaintext HTTP probes to another port": ReferenceCase(
        lambda p: {
            **with_monitor(type="HTTP", http_version="1.1", domain_name="app.example")(p),
            "members": [member(monitor_port=8080)],
        },
        mtls_references,
        [("warning", "members", "PROBES_BYPASS_TLS")],
    ),
    "TCP probes outside TLS": ReferenceCase(
        lambda p: {**mtls_pool(p), "members": [member(monitor_port=8443)]},
        mtls_references,
        [("warning", "members", "PROBES_BYPASS_TLS")],
    ),
    "TLS inside TLS": ReferenceCase(
        mtls_pool,
        lambda p: {**mtls_references(p), "listener_protocol": "HTTPS"},
        [("warning", "listener", "TLS_IN_TLS")],
    ),
    "a CRL of another CA": ReferenceCase(
        lambda p: {**mtls_pool(p), "crl_secret_id": SOME_ID},
        lambda p: {**mtls_references(p), "crl": p.crl(of=p.new_ca)},
        [("error", "crl", "CRL_OF_ANOTHER_CA")],
    ),
    "only a CRL of the second CA": ReferenceCase(
        lambda p: {**mtls_pool(p), "crl_secret_id": SOME_ID},
        lambda p: {**mtls_references(p), "ca": p.ca.pem + p.new_ca.pem, "crl": p.crl(of=p.new_ca)},
        [("error", "crl", "CRL_OF_ANOTHER_CA")],
    ),
    "a CRL of one CA of two": ReferenceCase(
        lambda p: {**mtls_pool(p), "crl_secret_id": SOME_ID},
        lambda p: {**mtls_references(p), "ca": p.ca.pem + p.new_ca.pem, "crl": p.crl()},
        [("warning", "crl", "CRL_INCOMPLETE")],
    ),
    "a CRL that revokes the client certificate": ReferenceCase(
        lambda p: {**mtls_pool(p), "crl_secret_id": SOME_ID},
        lambda p: {**mtls_references(p), "crl": p.crl(p.client)},
        [("warning", "crl", "CRL_REVOKES_KNOWN")],
    ),
    "an unknown CRL": ReferenceCase(
        lambda p: {**mtls_pool(p), "crl_secret_id": UNKNOWN},
        lambda p: {**mtls_references(p), "crl": UNKNOWN},
        [],
    ),
    "one key for clients and backends": ReferenceCase(
        mtls_pool,
        lambda p: {**mtls_references(p), "client_certificate": p.server.pem},
        [("warning", "client_certificate", "SHARED_KEY")],
    ),
    "a valid backend": ReferenceCase(with_backend(lambda p: p.backend.pem), mtls_references, []),
    "a backend of another CA": ReferenceCase(
        with_backend(lambda p: issue("app.example", p.new_ca).pem),
        mtls_references,
        [("error", "expected_backend_certificates", "BACKEND_NOT_TRUSTED")],
    ),
    "a backend without the name that clients use": ReferenceCase(
        with_backend(lambda p: p.second.pem),
        mtls_references,
        [("error", "expected_backend_certificates", "BACKEND_NAME_NOT_COVERED")],
    ),
    "a backend with the declared name": ReferenceCase(
        with_backend(lambda p: p.second.pem, host_names=["second.example"]), mtls_references, []
    ),
    "unknown names of clients": ReferenceCase(
        with_backend(lambda p: p.second.pem),
        lambda p: {**mtls_references(p), "listener_certificates": [p.server.pem, ""]},
        [],
    ),
    "a revoked backend": ReferenceCase(
        lambda p: {**with_backend(lambda p: p.backend.pem)(p), "crl_secret_id": SOME_ID},
        lambda p: {**mtls_references(p), "crl": p.crl(p.backend)},
        [("error", "expected_backend_certificates", "BACKEND_REVOKED")],
    ),
    "an unreadable backend certificate": ReferenceCase(
        with_backend(lambda p: p.crl()),
        mtls_references,
        [("error", "expected_backend_certificates[0]", "NOT_A_CERTIFICATE")],
    ),
    "a private key in a backend certificate": ReferenceCase(
        with_backend(lambda p: p.backend.pem + p.backend.key_pem),
        mtls_references,
        [("error", "expected_backend_certificates[0]", "PRIVATE_KEY_IN_CERTIFICATE")],
    ),
    "an unknown backend certificate": ReferenceCase(
        lambda p: {**mtls_pool(p), "expected_backend_certificates": [UNKNOWN]}, mtls_references, []
    ),
}


@pytest.mark.parametrize("name", POOLS)
def test_a_pool_is_checked_against_its_references(name: str, dated_stack: FakeStack, pki: Pki) -> None:
    case = POOLS[name]
    with dated_stack.requests() as sent:
        found = dated_stack.findings("Pool", {**case.properties(pki), REFERENCES: case.references(pki)})
    assert codes(found) == case.expected
    assert sent == []


@pytest.mark.parametrize("name", [each for each, case in POOLS.items() if "error" in str(case.expected)])
def test_an_error_that_is_deployed_already_is_a_warning(name: str, dated_stack: FakeStack, pki: Pki) -> None:
    """An unreadable backend certificate was never deployed, so that it stays an error."""
    case = POOLS[name]
    bag = {**case.properties(pki), REFERENCES: case.references(pki)}
    found = dated_stack.findings("Pool", {**bag, "lb_algorithm": "SOURCE_IP"}, engine_value(bag))
    blocking = {code for _, _, code in case.expected} & {"NOT_A_CERTIFICATE", "PRIVATE_KEY_IN_CERTIFICATE"}
    assert {each.code for each in found if each.severity == "error"} == blocking
    assert {code for _, _, code in case.expected} <= {each.code for each in found}


def test_an_accepted_error_of_a_pool_is_a_warning(dated_stack: FakeStack, pki: Pki) -> None:
    case = POOLS["a backend of another CA"]
    reasons = {"BACKEND_NOT_TRUSTED": "it is reissued on Friday"}
    bag = {**case.properties(pki), REFERENCES: case.references(pki), "accept_findings": reasons}
    assert [each.severity for each in dated_stack.findings("Pool", bag)] == ["warning"]


def test_a_check_adds_the_facts_of_expected_backends(dated_stack: FakeStack, pki: Pki) -> None:
    case = POOLS["a valid backend"]
    checked = dated_stack.checked_inputs("Pool", "web", {**case.properties(pki), REFERENCES: case.references(pki)})
    backends: Any = checked["expected_backends"]
    (shown,) = backends
    assert shown["subject"] == "CN=app.example"
    assert set(shown) == {"subject", "dns_names", "fingerprint_sha256", "not_after"}


class TestRotation:
    """Rotation of the CAs of a deployed pool."""

    STEPS: Mapping[str, tuple[Callable[[Pki], str], Callable[[Pki], str], FindingCodes]] = {
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
    def test_dropping_a_ca_is_a_warning(self, step: str, dated_stack: FakeStack, pki: Pki) -> None:
        before, after, expected = self.STEPS[step]
        olds = engine_value({**mtls_pool(pki), REFERENCES: {**mtls_references(pki), "ca": before(pki)}})
        found = dated_stack.findings(
            "Pool", {**mtls_pool(pki), REFERENCES: {**mtls_references(pki), "ca": after(pki)}}, olds
        )
        assert codes(found) == expected

    def test_dropping_a_ca_is_no_finding_if_all_backends_are_reissued(self, dated_stack: FakeStack, pki: Pki) -> None:
        reissued = {"expected_backend_certificates": [issue("app.example", pki.new_ca).pem]}
        olds = engine_value({**mtls_pool(pki), REFERENCES: {**mtls_references(pki), "ca": pki.ca.pem + pki.new_ca.pem}})
        news = {**mtls_pool(pki), **reissued, REFERENCES: {**mtls_references(pki), "ca": pki.new_ca.pem}}
        assert codes(dated_stack.findings("Pool", news, olds)) == []

    def test_dropping_the_ca_of_an_expected_backend_is_an_error(self, dated_stack: FakeStack, pki: Pki) -> None:
        properties = {**mtls_pool(pki), "expected_backend_certificates": [pki.backend.pem]}
        olds = engine_value({**properties, REFERENCES: {**mtls_references(pki), "ca": pki.ca.pem + pki.new_ca.pem}})
        found = codes(
            dated_stack.findings(
                "Pool", {**properties, REFERENCES: {**mtls_references(pki), "ca": pki.new_ca.pem}}, olds
            )
        )
        assert ("error", "expected_backend_certificates", "BACKEND_NOT_TRUSTED") in found
        assert ("warning", "ca", "CA_DROPPED") in found


class TestReload:
    """A change reloads the load balancer: certificates that have expired stop working."""

    def advance_beyond_expiry(self, dated_stack: FakeStack) -> None:
        dated_stack.clock.advance((END + timedelta(days=1) - NOW).total_seconds())

    def test_a_change_of_a_pool_reports_expired_certificates(self, dated_stack: FakeStack, pki: Pki) -> None:
        crl = {"crl_secret_id": SOME_ID}
        bag = {**mtls_pool(pki), **crl, REFERENCES: {**mtls_references(pki), "crl": pki.crl()}}
        self.advance_beyond_expiry(dated_stack)
        assert "RELOAD_EXPOSES_EXPIRED" not in str(dated_stack.findings("Pool", bag, engine_value(bag)))
        found = dated_stack.findings("Pool", {**bag, "lb_algorithm": "SOURCE_IP"}, engine_value(bag))
        assert {each.property for each in found if each.code == "RELOAD_EXPOSES_EXPIRED"} == {
            "ca",
            "crl",
            "client_certificate",
            "listener",
        }
        assert {each.severity for each in found} == {"warning"}

    def test_a_change_does_not_report_certificates_that_the_same_run_renews(
        self, dated_stack: FakeStack, pki: Pki
    ) -> None:
        far = END + timedelta(days=900)
        renewed = issue_ca("Backends CA", key=pki.ca.key, not_after=far)
        client = issue("load-balancer.example", renewed, extended_key_usage=(CLIENT,), not_after=far)
        server = issue("app.example", renewed, not_after=far)
        bag = {**mtls_pool(pki), REFERENCES: mtls_references(pki)}
        news = {
            **mtls_pool(pki),
            "ca_secret_id": OTHER_ID,
            "secret_id": OTHER_ID,
            REFERENCES: {
                "ca": renewed.pem,
                "client_certificate": client.pem,
                "listener_certificates": [server.pem],
            },
        }
        self.advance_beyond_expiry(dated_stack)
        assert codes(dated_stack.findings("Pool", news, engine_value(bag))) == []
