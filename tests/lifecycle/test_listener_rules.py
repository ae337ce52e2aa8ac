"""What a check says about a listener and its certificates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN
from tests.certificates.issuing import END, NOW
from tests.fake_engine.account import World, as_engine
from tests.fake_engine.referring import REFERENCES
from tests.lifecycle.judged import ID, Pki, Wired, codes

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
        [("warning", "sni_certificates", "DUPLICATE_SNI")],
    ),
    "two certificates for one name": Wired(
        lambda p: {"sni_secret_id": [ID]},
        lambda p: {"certificate": p.server.pem, "sni_certificates": [p.backend.pem]},
        [("warning", "sni_certificates", "SNI_OVERLAP")],
    ),
}


@pytest.mark.parametrize("case", LISTENERS)
def test_a_listener_and_its_certificates(case: str, dated_world: World, pki: Pki) -> None:
    given = LISTENERS[case]
    bag = {"load_balancer_id": ID, "secret_id": ID, **given.properties(pki), REFERENCES: given.material(pki)}
    assert codes(dated_world.findings("Listener", bag)) == given.expected
    assert {each.severity for each in dated_world.findings("Listener", bag, as_engine(bag))} <= {"warning"}


def test_a_change_brings_to_light_what_has_expired(dated_world: World, pki: Pki) -> None:
    material = {"certificate": pki.server.pem, "ca": pki.ca.pem, "client_certificate": pki.client.pem}
    bag = {"load_balancer_id": ID, "secret_id": ID, REFERENCES: {**material, "sni_certificates": []}}
    dated_world.clock.advance((END + timedelta(days=1) - NOW).total_seconds())
    assert codes(dated_world.findings("Listener", bag, as_engine(bag))) == []
    found = dated_world.findings("Listener", {**bag, "connection_limit": 5}, as_engine(bag))
    assert codes(found) == [
        ("warning", "ca", "RELOAD_EXPOSES_EXPIRED"),
        ("warning", "certificate", "RELOAD_EXPOSES_EXPIRED"),
        ("warning", "client_certificate", "RELOAD_EXPOSES_EXPIRED"),
    ]
