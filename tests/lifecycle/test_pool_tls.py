"""TLS for a pool that somebody else owns: what is sent, what is restored, and what is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pytest

from gcore_tls_provider.errors import ObjectFailed
from gcore_tls_provider.lifecycle.inputs.record import Record
from tests.fake_engine.account import NOWHERE, Resource, World, as_engine, member, urn_of
from tests.fake_engine.requests import Sent
from tests.lifecycle.conftest import Worlds

PARTS = ("protocol", "ca_secret_id", "secret_id", "crl_secret_id")


@dataclass
class Scene:
    """A pool of somebody else, secrets of our own, and perhaps an attachment."""

    world: World
    pool_id: str
    ids: dict[str, str]
    attachment: Resource | None = None

    @property
    def attached(self) -> Resource:
        assert self.attachment is not None
        return self.attachment

    def part(self) -> dict[str, object]:
        """The TLS part of the pool as it is at Gcore."""
        (pool,) = (each for each in self.world.objects("pools") if each.id == self.pool_id)
        return {name: getattr(pool, name) or None for name in PARTS}

    def program(self, *names: str) -> dict[str, object]:
        return {"pool_id": self.pool_id, **{name: self.ids[name] for name in names}}

    def attach(self, *names: str, name: str = "tls") -> list[Sent]:
        """What the engine does for an attachment: its snapshot first."""
        snapshot = self.world.create("PoolTlsSnapshot", f"{name}-snapshot", pool_id=self.pool_id)
        program = {**self.program(*names), "previous_tls": snapshot.outputs["previous_tls"]}
        with self.world.writes() as sent:
            self.attachment = self.world.create("PoolTlsAttachment", name, **program)
        return sent

    def detach(self) -> list[Sent]:
        """What the engine does in a later run."""
        self.attached.world = self.world = self.world.another_run()
        with self.world.writes() as sent:
            self.attached.delete()
        return sent

    def by_hand(self, **values: object) -> None:
        route = "/v2/lbpools/" if self.world.session.configuration.dialect != "guide" else "/v1/lbpools/"
        method = "PATCH" if self.world.session.configuration.dialect != "guide" else "PUT"
        self.world.by_hand(method, f"{route}{self.pool_id}", values)


def scene(world: World, **pool: object) -> Scene:
    balancer = world.load_balancer("foreign-lb")
    its = world.pool(balancer, "foreign", **{"protocol": "HTTP", "members": [member()], **pool})
    ids = {"ca_secret_id": world.ca().id, "secret_id": world.client_certificate().id, "crl_secret_id": world.crl().id}
    return Scene(world.another_run(), its.id, ids)


def test_plain_http_becomes_mutual_tls_and_back(spoken: World) -> None:
    it = scene(spoken)
    (sent,) = it.attach("ca_secret_id", "secret_id", "crl_secret_id")
    assert (sent.method, sent.path.split("/")[1]) == (
        ("PUT", "v1") if spoken.session.configuration.dialect == "guide" else ("PATCH", "v2")
    )
    assert sent.body == {"protocol": "HTTPS", **it.ids}
    assert it.part() == {"protocol": "HTTPS", **it.ids}
    assert it.attached.id == it.pool_id
    assert it.attached.outputs["previous_tls"] == {"protocol": "HTTP"}
    assert it.attached.refresh()
    assert not it.attached.again().changes
    (sent,) = it.detach()
    assert sent.body == {"protocol": "HTTP", **dict.fromkeys(it.ids)}
    assert it.part() == {"protocol": "HTTP", **dict.fromkeys(it.ids)}
    assert it.detach() == []


def test_members_and_monitor_stay_with_their_owner(world: World) -> None:
    it = scene(world)
    (before,) = world.objects("pools")
    members, name = list(before.members), before.name
    it.attach("ca_secret_id")
    it.detach()
    (after,) = world.objects("pools")
    assert (list(after.members), after.name) == (members, name)


MONITOR: Mapping[str, object] = {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3}


def monitors(sent: Sequence[Sent]) -> list[object]:
    """What each request makes of the health monitor: up, down, or None where it isn't about it."""
    bodies = [each.body.get("healthmonitor") for each in sent]
    return [body["admin_state_up"] if isinstance(body, Mapping) else None for body in bodies]


def test_a_monitor_goes_off_and_on_where_tls_begins(spoken: World) -> None:
    it = scene(spoken, health_monitor=MONITOR)
    sent = it.attach("ca_secret_id", "secret_id")
    assert monitors(sent) == [None, False, True]
    (pool,) = (each for each in it.world.objects("pools") if each.id == it.pool_id)
    assert pool.health_monitor.admin_state_up
    assert {name: getattr(pool.health_monitor, name) for name in MONITOR} == MONITOR
    assert monitors(it.attached.update(**it.program("ca_secret_id", "secret_id", "crl_secret_id"))) == [None]
    assert monitors(it.detach()) == [None]


def test_a_monitor_that_is_off_stays_off(world: World) -> None:
    it = scene(world, health_monitor={**MONITOR, "admin_state_up": False})
    assert monitors(it.attach("ca_secret_id")) == [None]


def test_a_monitor_is_let_alone_where_there_was_tls(world: World) -> None:
    other_ca = world.create("CertificateAuthority", "theirs", certificate=world.material.other_ca.certificate_pem)
    it = scene(world, health_monitor=MONITOR, protocol="HTTPS", ca_secret_id=other_ca.id)
    assert monitors(it.attach("ca_secret_id", "secret_id")) == [None]


@pytest.mark.parametrize("up", [True, False])
def test_tls_takes_effect_though_a_run_died_before(up: bool, world: World) -> None:
    it = scene(world, health_monitor=MONITOR)
    snapshot = it.world.create("PoolTlsSnapshot", "tls-snapshot", pool_id=it.pool_id)
    it.by_hand(protocol="HTTPS", ca_secret_id=it.ids["ca_secret_id"])
    if not up:
        it.by_hand(healthmonitor={"delay": 10, "timeout": 5, "max_retries": 3, "admin_state_up": False})
    with it.world.writes() as sent:
        it.world.create(
            "PoolTlsAttachment", "tls", **it.program("ca_secret_id"), previous_tls=snapshot.outputs["previous_tls"]
        )
    assert monitors(sent) == ([False, True] if up else [])
    assert any("health monitor is off" in text for _, text in it.world.host.warnings) is not up


def test_the_ids_that_were_there_are_restored(world: World) -> None:
    other_ca = world.create("CertificateAuthority", "theirs", certificate=world.material.other_ca.certificate_pem)
    it = scene(world, protocol="HTTPS", ca_secret_id=other_ca.id)
    (sent,) = it.attach("ca_secret_id", "secret_id")
    assert sent.body.keys() - {"protocol"} == {"ca_secret_id", "secret_id"}
    it.detach()
    assert it.part() == {"protocol": "HTTPS", "ca_secret_id": other_ca.id, "secret_id": None, "crl_secret_id": None}


CHANGES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], set[str]]] = {
    "a list is added": (("ca_secret_id",), ("ca_secret_id", "crl_secret_id"), {"crl_secret_id"}),
    "a list is removed": (("ca_secret_id", "crl_secret_id"), ("ca_secret_id",), {"crl_secret_id"}),
    "mutual": (("ca_secret_id",), ("ca_secret_id", "secret_id"), {"secret_id"}),
    "no longer mutual": (("ca_secret_id", "secret_id"), ("ca_secret_id",), {"secret_id"}),
}


@pytest.mark.parametrize(("before", "after", "sent"), CHANGES.values(), ids=CHANGES)
def test_a_change_in_place(before: tuple[str, ...], after: tuple[str, ...], sent: set[str], spoken: World) -> None:
    it = scene(spoken)
    it.attach(*before)
    former = it.attached.outputs["previous_tls"]
    # What a newer snapshot has seen is not what there was before.
    newer = {"protocol": "HTTPS", **it.ids}
    (request,) = it.attached.update(**it.program(*after), previous_tls=newer)
    assert request.body.keys() - {"protocol"} == sent
    assert it.part() == {"protocol": "HTTPS"} | dict.fromkeys(it.ids) | {name: it.ids[name] for name in after}
    assert it.attached.outputs["previous_tls"] == former
    it.detach()
    assert it.part() == {"protocol": "HTTP", **dict.fromkeys(it.ids)}


def test_another_pool_is_another_attachment_made_first(world: World) -> None:
    it = scene(world)
    it.attach("ca_secret_id")
    difference = it.attached.diff(**{**it.program("ca_secret_id"), "pool_id": NOWHERE})
    assert difference.replaces == ("pool_id",)
    assert not difference.delete_before_replace


DRIFT: Mapping[str, tuple[dict[str, object], str]] = {
    "protocol": ({"protocol": "HTTP", "ca_secret_id": None}, "protocol"),
    "ca": ({"ca_secret_id": None}, "ca_secret_id"),
    "client certificate": ({"secret_id": None}, "secret_id"),
}


@pytest.mark.parametrize(("by_hand", "name"), DRIFT.values(), ids=DRIFT)
def test_drift_is_seen_and_mended(by_hand: dict[str, object], name: str, world: World) -> None:
    it = scene(world)
    it.attach("ca_secret_id", "secret_id")
    it.by_hand(**by_hand)
    assert it.attached.refresh()
    assert it.attached.outputs[name] == by_hand[name]
    program = it.program("ca_secret_id", "secret_id")
    assert it.attached.diff(**program).changes
    it.attached.update(**program)
    assert it.part() == {"protocol": "HTTPS", **it.ids, "crl_secret_id": None}


def test_what_somebody_else_has_changed_since_is_left(world: World) -> None:
    it = scene(world)
    it.attach("ca_secret_id", "secret_id")
    theirs = world.create("CertificateAuthority", "theirs", certificate=world.material.other_ca.certificate_pem)
    it.by_hand(ca_secret_id=theirs.id)
    it.detach()
    assert it.part() == {"protocol": "HTTP", "ca_secret_id": theirs.id, "secret_id": None, "crl_secret_id": None}
    (warning,) = (text for _, text in it.world.host.warnings)
    assert f"ca_secret_id ({theirs.id})" in warning


def test_a_pool_that_is_gone_is_done(world: World) -> None:
    it = scene(world)
    it.attach("ca_secret_id")
    world.by_hand("DELETE", f"/v1/lbpools/{it.pool_id}")
    assert it.detach() == []
    assert not it.attached.refresh()


def test_a_secret_that_is_gone_is_an_error_and_nothing_is_weakened(world: World) -> None:
    theirs = world.create("CertificateAuthority", "theirs", certificate=world.material.other_ca.certificate_pem)
    it = scene(world, protocol="HTTPS", ca_secret_id=theirs.id)
    it.attach("ca_secret_id")
    before = it.part()
    theirs.delete()
    with pytest.raises(ObjectFailed, match=f"no longer exist: ca_secret_id {theirs.id}"):
        it.detach()
    assert it.part() == before
    # The remedy that it names.
    it.by_hand(ca_secret_id=None)
    it.detach()
    assert it.part()["ca_secret_id"] is None


def test_null_that_is_ignored_is_an_error(worlds: Worlds) -> None:
    world = worlds(null_secret_id="ignore")
    it = scene(world)
    it.attach("ca_secret_id")
    with pytest.raises(ObjectFailed, match="ca_secret_id still has its old value"):
        it.detach()


def test_a_run_that_died_before_the_state_was_saved(world: World) -> None:
    it = scene(world)
    snapshot = it.world.create("PoolTlsSnapshot", "tls-snapshot", pool_id=it.pool_id)
    program = {**it.program("ca_secret_id"), "previous_tls": snapshot.outputs["previous_tls"]}
    it.world.create("PoolTlsAttachment", "tls", **program)
    # Nobody has saved it. The snapshot is in the state, so it isn't made again.
    it.world = world.another_run()
    with it.world.writes() as sent:
        it.attachment = it.world.create("PoolTlsAttachment", "tls", **program)
    assert sent == []
    it.detach()
    assert it.part() == {"protocol": "HTTP", **dict.fromkeys(it.ids)}


def test_a_forced_replacement_does_not_restore(world: World) -> None:
    """The engine makes the new one, then deletes the old one, and both are the same pool."""
    it = scene(world)
    it.attach("ca_secret_id")
    old = it.attached
    it.world = it.world.another_run()
    it.attachment = it.world.create(
        "PoolTlsAttachment", "tls", **it.program("ca_secret_id"), previous_tls=old.outputs["previous_tls"]
    )
    before = it.part()
    replace(old, world=it.world).delete()
    assert it.part() == before


@pytest.mark.parametrize("refreshed", [False, True])
def test_what_somebody_else_has_changed_is_left_after_a_refresh_too(refreshed: bool, world: World) -> None:
    """A refresh makes the outputs what somebody else has set: they don't say any more what is ours."""
    it = scene(world)
    it.attach("ca_secret_id", "secret_id")
    it.attached.update(**it.program("ca_secret_id", "secret_id", "crl_secret_id"))
    theirs = world.create("CertificateAuthority", "theirs", certificate=world.material.other_ca.certificate_pem)
    it.by_hand(ca_secret_id=theirs.id, crl_secret_id=None)
    if refreshed:
        assert it.attached.refresh()
        assert Record.of(it.attached.inputs).applied is None
    it.detach()
    assert it.part() == {"protocol": "HTTP", "ca_secret_id": theirs.id, "secret_id": None, "crl_secret_id": None}


def test_state_that_does_not_say_what_was_set(world: World) -> None:
    """Then the outputs tell."""
    it = scene(world)
    it.attach("ca_secret_id")
    it.attached.outputs = Record.of(it.attached.outputs).update(applied=None).into(it.attached.outputs)
    it.detach()
    assert it.part() == {"protocol": "HTTP", **dict.fromkeys(it.ids)}


def test_a_pool_of_the_same_run(world: World) -> None:
    """The state doesn't show it yet."""
    pool = world.pool(world.load_balancer())
    with pytest.raises(ObjectFailed, match="a Pool of this stack already manages it"):
        world.create("PoolTlsSnapshot", "tls-snapshot", pool_id=pool.id)


@pytest.mark.parametrize("holder", ["PoolTlsAttachment", "Pool"])
def test_a_pool_that_the_stack_manages_already(holder: str, world: World) -> None:
    it = scene(world)
    it.world.host.resources[it.pool_id] = urn_of(holder, "other")
    with pytest.raises(ObjectFailed, match="already manages it"):
        it.attach("ca_secret_id")


def test_its_own_attachment_is_no_other(world: World) -> None:
    it = scene(world)
    it.world.host.resources[it.pool_id] = urn_of("PoolTlsAttachment", "tls")
    assert it.attach("ca_secret_id") != []


def test_two_of_one_run(world: World) -> None:
    it = scene(world)
    it.attach("ca_secret_id")
    with pytest.raises(ObjectFailed, match="already manages it"):
        it.attach("ca_secret_id", name="again")


def test_no_such_pool(world: World) -> None:
    with pytest.raises(ObjectFailed, match="Correct the ID"):
        world.create("PoolTlsSnapshot", "tls-snapshot", pool_id=NOWHERE)


@pytest.mark.parametrize(
    ("given", "code"),
    [({}, "NOTHING_ATTACHED"), ({"secret_id": NOWHERE, "crl_secret_id": NOWHERE}, "CRL_WITHOUT_CA")],
)
def test_what_makes_no_sense(given: dict[str, object], code: str, world: World) -> None:
    (finding,) = world.findings("PoolTlsAttachment", {"pool_id": NOWHERE, **given})
    assert finding.code == code


def test_a_snapshot_asks_only_and_stays_what_it_was(world: World) -> None:
    it = scene(world)
    with it.world.writes() as sent:
        snapshot = it.world.create("PoolTlsSnapshot", "tls-snapshot", pool_id=it.pool_id)
        before = as_engine(snapshot.outputs["previous_tls"])
        it.by_hand(protocol="TCP")
        sent.clear()
        assert snapshot.refresh()
        assert snapshot.outputs["previous_tls"] == before
        assert not snapshot.again().changes
        snapshot.delete()
    assert [each.method for each in sent] == []
