"""Findings of a check about a listener and its certificates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN
from tests.certificates.issuing import END, NOW
from tests.fake_engine.references import REFERENCES
from tests.fake_engine.stack import FakeStack, engine_value
from tests.lifecycle.certificate_cases import SOME_ID, Pki, ReferenceCase, codes

LISTENERS: Mapping[str, ReferenceCase] = {
    "no findings": ReferenceCase(
        lambda p: {"host_names": ["app.example", "second.example"]},
        lambda p: {"certificate": p.server.pem, "sni_certificates": [p.second.pem]},
        [],
    ),
    "a host name that no certificate covers": ReferenceCase(
        lambda p: {"host_names": ["app.example", "third.example"]},
        lambda p: {"certificate": p.server.pem, "sni_certificates": [p.second.pem]},
        [("error", "host_names", "HOST_NAME_NOT_COVERED")],
    ),
    "a host name that an unknown certificate can cover": ReferenceCase(
        lambda p: {"host_names": ["third.example"], "sni_secret_id": [SOME_ID, UNKNOWN]},
        lambda p: {"certificate": p.server.pem, "sni_certificates": [p.second.pem, UNKNOWN]},
        [],
    ),
    "only IDs are known": ReferenceCase(
        lambda p: {"host_names": ["third.example"], "sni_secret_id": [SOME_ID]}, lambda p: {}, []
    ),
    "a duplicate certificate": ReferenceCase(
        lambda p: {"sni_secret_id": [SOME_ID]},
        lambda p: {"certificate": p.server.pem, "sni_certificates": [p.server.pem]},
        [("warning", "sni_certificates", "DUPLICATE_SNI")],
    ),
    "two certificates for one host name": ReferenceCase(
        lambda p: {"sni_secret_id": [SOME_ID]},
        lambda p: {"certificate": p.server.pem, "sni_certificates": [p.backend.pem]},
        [("warning", "sni_certificates", "SNI_OVERLAP")],
    ),
}


@pytest.mark.parametrize("name", LISTENERS)
def test_a_listener_is_checked_against_its_certificates(name: str, dated_stack: FakeStack, pki: Pki) -> None:
    case = LISTENERS[name]
    bag = {
        "load_balancer_id": SOME_ID,
        "secret_id": SOME_ID,
        **case.properties(pki),
        REFERENCES: case.references(pki),
    }
    assert codes(dated_stack.findings("Listener", bag)) == case.expected
    assert {each.severity for each in dated_stack.findings("Listener", bag, engine_value(bag))} <= {"warning"}


def test_a_change_of_a_listener_reports_expired_certificates(dated_stack: FakeStack, pki: Pki) -> None:
    material = {"certificate": pki.server.pem, "ca": pki.ca.pem, "client_certificate": pki.client.pem}
    bag = {"load_balancer_id": SOME_ID, "secret_id": SOME_ID, REFERENCES: {**material, "sni_certificates": []}}
    dated_stack.clock.advance((END + timedelta(days=1) - NOW).total_seconds())
    assert codes(dated_stack.findings("Listener", bag, engine_value(bag))) == []
    found = dated_stack.findings("Listener", {**bag, "connection_limit": 5}, engine_value(bag))
    assert codes(found) == [
        ("warning", "ca", "RELOAD_EXPOSES_EXPIRED"),
        ("warning", "certificate", "RELOAD_EXPOSES_EXPIRED"),
        ("warning", "client_certificate", "RELOAD_EXPOSES_EXPIRED"),
    ]
