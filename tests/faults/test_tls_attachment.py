"""TLS attachments to a pool of somebody else in interrupted runs: the previous settings are restored."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.fake_engine.engine import FakeEngine
from tests.fake_engine.state import DeclaredResource, Program, ResourceRef, SavedState
from tests.faults.account_snapshot import AccountSnapshot
from tests.faults.faults import FAULTS, RequestPoint
from tests.faults.phases import certificates_before_and_after
from tests.faults.scenario import Scenario
from tests.material import LoadBalancerPki


@pytest.fixture
def engine(scenario: Scenario) -> FakeEngine:
    """Return an engine with an empty state, and an account that has only the objects of others."""
    scenario.foreign.restore(scenario.emulator)
    scenario.engine.state = SavedState()
    return scenario.engine


def program(scenario: Scenario) -> Program:
    (pool,) = [each for each in scenario.emulator.account.pools.values() if each.name == "pool-of-somebody-else"]
    certificates = certificates_before_and_after(LoadBalancerPki.generate())[0]
    previous = {"protocol": pool.protocol, "ca_secret_id": pool.ca_secret_id}
    return [
        DeclaredResource("CertificateAuthority", "ca", {"certificate": certificates.ca}),
        DeclaredResource("ClientCertificate", "client", certificates.client),
        DeclaredResource(
            "PoolTlsAttachment",
            "tls",
            {
                "pool_id": pool.id,
                "ca_secret_id": ResourceRef("ca"),
                "secret_id": ResourceRef("client"),
                "previous_tls": previous,
            },
        ),
    ]


def write_points(scenario: Scenario) -> Sequence[RequestPoint]:
    return [each for each in scenario.network.points if each.method != "GET"]


def is_attached(scenario: Scenario) -> bool:
    (pool,) = [each for each in scenario.emulator.account.pools.values() if each.name == "pool-of-somebody-else"]
    return pool.secret_id in scenario.emulator.account.secrets


@pytest.mark.parametrize("fault", ["process killed before", "process killed after", "500 after from then on"])
@pytest.mark.parametrize("command", ["up", "destroy"])
def test_the_next_up_attaches_tls_and_a_destroy_restores_the_pool(
    command: str, fault: str, scenario: Scenario, engine: FakeEngine
) -> None:
    declared = program(scenario)

    def start() -> None:
        scenario.foreign.restore(scenario.emulator)
        engine.state = SavedState()
        if command == "destroy":
            scenario.network.start_run()
            assert engine.up(declared).outcome == "succeeded"

    start()
    scenario.network.start_run()
    assert (engine.up(declared) if command == "up" else engine.destroy()).outcome == "succeeded"
    for point in write_points(scenario):
        start()
        scenario.network.start_run((point, FAULTS[fault]))
        faulted = engine.up(declared) if command == "up" else engine.destroy()
        assert scenario.network.fired, point
        scenario.network.end_run()
        scenario.clock.advance(60)
        if faulted.outcome == "failed":
            engine.refresh()
        assert engine.up(declared).outcome == "succeeded", point
        assert is_attached(scenario), point
        assert len(scenario.emulator.account.secrets) == 2 + len(scenario.foreign.tables["secrets"]), point
        assert engine.preview(declared) == [], point
        assert engine.destroy().outcome == "succeeded", point
        now = AccountSnapshot.of(scenario.emulator)
        assert now.changed_objects(scenario.foreign) == [], point
        assert now.without(scenario.foreign).descriptions() == [], point
