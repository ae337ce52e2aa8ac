"""TLS for a pool of somebody else, in runs that die: what was there before is restored, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.fake_engine.engine import FakeEngine
from tests.fake_engine.state import Declared, Program, Ref, State
from tests.faults.accounts import Snapshot
from tests.faults.faults import FAULTS, Point
from tests.faults.lifetime import materials
from tests.faults.scenario import Story
from tests.material import LoadBalancerPki


@pytest.fixture
def engine(story: Story) -> FakeEngine:
    """One with an empty state, before what others have in the account."""
    story.foreign.restore(story.emulator)
    story.engine.state = State()
    return story.engine


def program(story: Story) -> Program:
    (pool,) = [each for each in story.emulator.account.pools.values() if each.name == "pool-of-somebody-else"]
    given = materials(LoadBalancerPki.generate())[0]
    former = {"protocol": pool.protocol, "ca_secret_id": pool.ca_secret_id}
    return [
        Declared("CertificateAuthority", "ca", {"certificate": given.ca}),
        Declared("ClientCertificate", "client", given.client),
        Declared(
            "PoolTlsAttachment",
            "tls",
            {"pool_id": pool.id, "ca_secret_id": Ref("ca"), "secret_id": Ref("client"), "previous_tls": former},
        ),
    ]


def writes(story: Story) -> Sequence[Point]:
    return [each for each in story.network.points if each.method != "GET"]


def attached(story: Story) -> bool:
    (pool,) = [each for each in story.emulator.account.pools.values() if each.name == "pool-of-somebody-else"]
    return pool.secret_id in story.emulator.account.secrets


@pytest.mark.parametrize("fault", ["run abandoned before", "run abandoned after", "500 after from then on"])
@pytest.mark.parametrize("command", ["up", "destroy"])
def test_the_next_up_attaches_and_a_destroy_restores(
    command: str, fault: str, story: Story, engine: FakeEngine
) -> None:
    said = program(story)

    def begin() -> None:
        story.foreign.restore(story.emulator)
        engine.state = State()
        if command == "destroy":
            story.network.begin()
            assert engine.up(said).outcome == "done"

    begin()
    story.network.begin()
    assert (engine.up(said) if command == "up" else engine.destroy()).outcome == "done"
    for point in writes(story):
        begin()
        story.network.begin((point, FAULTS[fault]))
        struck = engine.up(said) if command == "up" else engine.destroy()
        assert story.network.fired, point
        story.network.end()
        story.clock.advance(60)
        if struck.outcome == "failed":
            engine.refresh()
        assert engine.up(said).outcome == "done", point
        assert attached(story), point
        assert len(story.emulator.account.secrets) == 2 + len(story.foreign.tables["secrets"]), point
        assert engine.preview(said) == [], point
        assert engine.destroy().outcome == "done", point
        now = Snapshot.of(story.emulator)
        assert now.touched(story.foreign) == [], point
        assert now.without(story.foreign).described() == [], point
