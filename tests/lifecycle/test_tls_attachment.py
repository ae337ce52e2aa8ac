"""TLS attachments to a pool of somebody else: requests, restored values, and values that stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pytest

from gcore_tls_provider.errors import ObjectFailed
from gcore_tls_provider.lifecycle.inputs.record import Record
from tests.fake_engine.requests import SentRequest
from tests.fake_engine.stack import MISSING_ID, FakeStack, Resource, engine_value, member, urn_of
from tests.lifecycle.conftest import MakeStack

TLS_SETTINGS = ("protocol", "ca_secret_id", "secret_id", "crl_secret_id")


@dataclass
class ForeignPool:
    """A pool of somebody else, secrets of the stack, and its attachment, if there is one."""

    stack: FakeStack
    pool_id: str
    ids: dict[str, str]
    attachment: Resource | None = None

    @property
    def attached(self) -> Resource:
        assert self.attachment is not None
        return self.attachment

    def tls_settings(self) -> dict[str, object]:
        """Return the TLS settings of the pool at Gcore."""
        (pool,) = (each for each in self.stack.objects("pools") if each.id == self.pool_id)
        return {name: getattr(pool, name) or None for name in TLS_SETTINGS}

    def program(self, *names: str) -> dict[str, object]:
        return {"pool_id": self.pool_id, **{name: self.ids[name] for name in names}}

    def attach(self, *names: str, name: str = "tls") -> list[SentRequest]:
        """Create a snapshot and an attachment, as the engine does, and return the writes of the attachment."""
        snapshot = self.stack.create("PoolTlsSnapshot", f"{name}-snapshot", pool_id=self.pool_id)
        program = {**self.program(*names), "previous_tls": snapshot.outputs["previous_tls"]}
        with self.stack.writes() as sent:
            self.attachment = self.stack.create("PoolTlsAttachment", name, **program)
        return sent

    def detach(self) -> list[SentRequest]:
        """Delete the attachment in another run, and return the writes."""
        self.attached.stack = self.stack = self.stack.next_run()
        with self.stack.writes() as sent:
            self.attached.delete()
        return sent

    def by_hand(self, **values: object) -> None:
        route = "/v2/lbpools/" if self.stack.session.configuration.dialect != "guide" else "/v1/lbpools/"
        method = "PATCH" if self.stack.session.configuration.dialect != "guide" else "PUT"
        self.stack.by_hand(method, f"{route}{self.pool_id}", values)


def foreign_pool(stack: FakeStack, **properties: object) -> ForeignPool:
    balancer = stack.load_balancer("foreign-lb")
    pool = stack.pool(balancer, "foreign", **{"protocol": "HTTP", "members": [member()], **properties})
    ids = {"ca_secret_id": stack.ca().id, "secret_id": stack.client_certificate().id, "crl_secret_id": stack.crl().id}
    return ForeignPool(stack.next_run(), pool.id, ids)


def test_an_attachment_enables_mutual_tls_and_its_delete_restores_http(dialect_stack: FakeStack) -> None:
    target = foreign_pool(dialect_stack)
    (sent,) = target.attach("ca_secret_id", "secret_id", "crl_secret_id")
    assert (sent.method, sent.path.split("/")[1]) == (
        ("PUT", "v1") if dialect_stack.session.configuration.dialect == "guide" else ("PATCH", "v2")
    )
    assert sent.body == {"protocol": "HTTPS", **target.ids}
    assert target.tls_settings() == {"protocol": "HTTPS", **target.ids}
    assert target.attached.id == target.pool_id
    assert target.attached.outputs["previous_tls"] == {"protocol": "HTTP"}
    assert target.attached.refresh()
    assert not target.attached.saved_diff().changes
    (sent,) = target.detach()
    assert sent.body == {"protocol": "HTTP", **dict.fromkeys(target.ids)}
    assert target.tls_settings() == {"protocol": "HTTP", **dict.fromkeys(target.ids)}
    assert target.detach() == []


def test_members_and_name_of_the_pool_stay_unchanged(stack: FakeStack) -> None:
    target = foreign_pool(stack)
    (before,) = stack.objects("pools")
    members, name = list(before.members), before.name
    target.attach("ca_secret_id")
    target.detach()
    (after,) = stack.objects("pools")
    assert (list(after.members), after.name) == (members, name)


MONITOR: Mapping[str, object] = {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3}


def monitor_states(sent: Sequence[SentRequest]) -> list[object]:
    """Return the state of the health monitor that each request sets; None for requests that do not set it."""
    bodies = [each.body.get("healthmonitor") for each in sent]
    return [body["admin_state_up"] if isinstance(body, Mapping) else None for body in bodies]


def test_enabling_tls_switches_the_health_monitor_off_and_on(dialect_stack: FakeStack) -> None:
    target = foreign_pool(dialect_stack, health_monitor=MONITOR)
    sent = target.attach("ca_secret_id", "secret_id")
    assert monitor_states(sent) == [None, False, True]
    (pool,) = (each for each in target.stack.objects("pools") if each.id == target.pool_id)
    assert pool.health_monitor.admin_state_up
    assert {name: getattr(pool.health_monitor, name) for name in MONITOR} == MONITOR
    assert monitor_states(target.attached.update(**target.program("ca_secret_id", "secret_id", "crl_secret_id"))) == [
        None
    ]
    assert monitor_states(target.detach()) == [None]


def test_a_health_monitor_that_is_off_stays_off(stack: FakeStack) -> None:
    target = foreign_pool(stack, health_monitor={**MONITOR, "admin_state_up": False})
    assert monitor_states(target.attach("ca_secret_id")) == [None]


def test_the_health_monitor_of_a_pool_with_tls_is_not_switched(stack: FakeStack) -> None:
    other_ca = stack.create("CertificateAuthority", "theirs", certificate=stack.material.other_ca.certificate_pem)
    target = foreign_pool(stack, health_monitor=MONITOR, protocol="HTTPS", ca_secret_id=other_ca.id)
    assert monitor_states(target.attach("ca_secret_id", "secret_id")) == [None]


@pytest.mark.parametrize("up", [True, False])
def test_tls_takes_effect_after_an_interrupted_attachment(up: bool, stack: FakeStack) -> None:
    target = foreign_pool(stack, health_monitor=MONITOR)
    snapshot = target.stack.create("PoolTlsSnapshot", "tls-snapshot", pool_id=target.pool_id)
    target.by_hand(protocol="HTTPS", ca_secret_id=target.ids["ca_secret_id"])
    if not up:
        target.by_hand(healthmonitor={"delay": 10, "timeout": 5, "max_retries": 3, "admin_state_up": False})
    with target.stack.writes() as sent:
        target.stack.create(
            "PoolTlsAttachment", "tls", **target.program("ca_secret_id"), previous_tls=snapshot.outputs["previous_tls"]
        )
    assert monitor_states(sent) == ([False, True] if up else [])
    assert any("health monitor is off" in text for _, text in target.stack.engine.warnings) is not up


def test_a_delete_restores_the_previous_secret_ids(stack: FakeStack) -> None:
    other_ca = stack.create("CertificateAuthority", "theirs", certificate=stack.material.other_ca.certificate_pem)
    target = foreign_pool(stack, protocol="HTTPS", ca_secret_id=other_ca.id)
    (sent,) = target.attach("ca_secret_id", "secret_id")
    assert sent.body.keys() - {"protocol"} == {"ca_secret_id", "secret_id"}
    target.detach()
    assert target.tls_settings() == {
        "protocol": "HTTPS",
        "ca_secret_id": other_ca.id,
        "secret_id": None,
        "crl_secret_id": None,
    }


CHANGES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], set[str]]] = {
    "a CRL is added": (("ca_secret_id",), ("ca_secret_id", "crl_secret_id"), {"crl_secret_id"}),
    "a CRL is removed": (("ca_secret_id", "crl_secret_id"), ("ca_secret_id",), {"crl_secret_id"}),
    "a client certificate is added": (("ca_secret_id",), ("ca_secret_id", "secret_id"), {"secret_id"}),
    "a client certificate is removed": (("ca_secret_id", "secret_id"), ("ca_secret_id",), {"secret_id"}),
}


@pytest.mark.parametrize(("before", "after", "sent"), CHANGES.values(), ids=CHANGES)
def test_secrets_are_updated_in_place_and_keep_the_previous_settings(
    before: tuple[str, ...], after: tuple[str, ...], sent: set[str], dialect_stack: FakeStack
) -> None:
    target = foreign_pool(dialect_stack)
    target.attach(*before)
    previous = target.attached.outputs["previous_tls"]
    # A newer snapshot does not contain the settings from before the attachment.
    newer = {"protocol": "HTTPS", **target.ids}
    (request,) = target.attached.update(**target.program(*after), previous_tls=newer)
    assert request.body.keys() - {"protocol"} == sent
    assert target.tls_settings() == {"protocol": "HTTPS"} | dict.fromkeys(target.ids) | {
        name: target.ids[name] for name in after
    }
    assert target.attached.outputs["previous_tls"] == previous
    target.detach()
    assert target.tls_settings() == {"protocol": "HTTP", **dict.fromkeys(target.ids)}


def test_another_pool_is_another_attachment_that_is_created_first(stack: FakeStack) -> None:
    target = foreign_pool(stack)
    target.attach("ca_secret_id")
    difference = target.attached.diff(**{**target.program("ca_secret_id"), "pool_id": MISSING_ID})
    assert difference.replaces == ("pool_id",)
    assert not difference.delete_before_replace


DRIFT: Mapping[str, tuple[dict[str, object], str]] = {
    "protocol": ({"protocol": "HTTP", "ca_secret_id": None}, "protocol"),
    "ca": ({"ca_secret_id": None}, "ca_secret_id"),
    "client certificate": ({"secret_id": None}, "secret_id"),
}


@pytest.mark.parametrize(("by_hand", "name"), DRIFT.values(), ids=DRIFT)
def test_drift_is_shown_and_reverted(by_hand: dict[str, object], name: str, stack: FakeStack) -> None:
    target = foreign_pool(stack)
    target.attach("ca_secret_id", "secret_id")
    target.by_hand(**by_hand)
    assert target.attached.refresh()
    assert target.attached.outputs[name] == by_hand[name]
    program = target.program("ca_secret_id", "secret_id")
    assert target.attached.diff(**program).changes
    target.attached.update(**program)
    assert target.tls_settings() == {"protocol": "HTTPS", **target.ids, "crl_secret_id": None}


def test_a_delete_keeps_a_value_that_somebody_else_has_set(stack: FakeStack) -> None:
    target = foreign_pool(stack)
    target.attach("ca_secret_id", "secret_id")
    theirs = stack.create("CertificateAuthority", "theirs", certificate=stack.material.other_ca.certificate_pem)
    target.by_hand(ca_secret_id=theirs.id)
    target.detach()
    assert target.tls_settings() == {
        "protocol": "HTTP",
        "ca_secret_id": theirs.id,
        "secret_id": None,
        "crl_secret_id": None,
    }
    (warning,) = (text for _, text in target.stack.engine.warnings)
    assert f"ca_secret_id ({theirs.id})" in warning


def test_a_delete_succeeds_if_the_pool_is_gone(stack: FakeStack) -> None:
    target = foreign_pool(stack)
    target.attach("ca_secret_id")
    stack.by_hand("DELETE", f"/v1/lbpools/{target.pool_id}")
    assert target.detach() == []
    assert not target.attached.refresh()


def test_a_delete_fails_without_a_write_if_a_previous_secret_is_gone(stack: FakeStack) -> None:
    theirs = stack.create("CertificateAuthority", "theirs", certificate=stack.material.other_ca.certificate_pem)
    target = foreign_pool(stack, protocol="HTTPS", ca_secret_id=theirs.id)
    target.attach("ca_secret_id")
    before = target.tls_settings()
    theirs.delete()
    with pytest.raises(ObjectFailed, match=f"no longer exist: ca_secret_id {theirs.id}"):
        target.detach()
    assert target.tls_settings() == before
    # Follow the remedy of the error.
    target.by_hand(ca_secret_id=None)
    target.detach()
    assert target.tls_settings()["ca_secret_id"] is None


def test_a_delete_fails_if_gcore_ignores_null(make_stack: MakeStack) -> None:
    stack = make_stack(null_secret_id="ignore")
    target = foreign_pool(stack)
    target.attach("ca_secret_id")
    with pytest.raises(ObjectFailed, match="ca_secret_id still has its old value"):
        target.detach()


def test_a_delete_restores_http_after_an_interrupted_create(stack: FakeStack) -> None:
    target = foreign_pool(stack)
    snapshot = target.stack.create("PoolTlsSnapshot", "tls-snapshot", pool_id=target.pool_id)
    program = {**target.program("ca_secret_id"), "previous_tls": snapshot.outputs["previous_tls"]}
    target.stack.create("PoolTlsAttachment", "tls", **program)
    # The attachment was not saved. The snapshot is in the state, so that it is not created again.
    target.stack = stack.next_run()
    with target.stack.writes() as sent:
        target.attachment = target.stack.create("PoolTlsAttachment", "tls", **program)
    assert sent == []
    target.detach()
    assert target.tls_settings() == {"protocol": "HTTP", **dict.fromkeys(target.ids)}


def test_a_forced_replacement_restores_nothing(stack: FakeStack) -> None:
    """The engine creates the new attachment, then deletes the old one. Both are the same pool."""
    target = foreign_pool(stack)
    target.attach("ca_secret_id")
    old = target.attached
    target.stack = target.stack.next_run()
    target.attachment = target.stack.create(
        "PoolTlsAttachment", "tls", **target.program("ca_secret_id"), previous_tls=old.outputs["previous_tls"]
    )
    before = target.tls_settings()
    replace(old, stack=target.stack).delete()
    assert target.tls_settings() == before


@pytest.mark.parametrize("refreshed", [False, True])
def test_a_delete_keeps_values_that_somebody_else_has_set_after_a_refresh(refreshed: bool, stack: FakeStack) -> None:
    """After a refresh the outputs have the values of somebody else, and not those of the attachment."""
    target = foreign_pool(stack)
    target.attach("ca_secret_id", "secret_id")
    target.attached.update(**target.program("ca_secret_id", "secret_id", "crl_secret_id"))
    theirs = stack.create("CertificateAuthority", "theirs", certificate=stack.material.other_ca.certificate_pem)
    target.by_hand(ca_secret_id=theirs.id, crl_secret_id=None)
    if refreshed:
        assert target.attached.refresh()
        assert Record.of(target.attached.inputs).applied is None
    target.detach()
    assert target.tls_settings() == {
        "protocol": "HTTP",
        "ca_secret_id": theirs.id,
        "secret_id": None,
        "crl_secret_id": None,
    }


def test_a_state_without_applied_values_uses_the_outputs(stack: FakeStack) -> None:
    """The outputs determine which values belong to the attachment."""
    target = foreign_pool(stack)
    target.attach("ca_secret_id")
    target.attached.outputs = Record.of(target.attached.outputs).update(applied=None).into(target.attached.outputs)
    target.detach()
    assert target.tls_settings() == {"protocol": "HTTP", **dict.fromkeys(target.ids)}


def test_a_pool_that_the_same_run_has_created_is_an_error(stack: FakeStack) -> None:
    """The state does not contain the pool yet."""
    pool = stack.pool(stack.load_balancer())
    with pytest.raises(ObjectFailed, match="a Pool of this stack already manages it"):
        stack.create("PoolTlsSnapshot", "tls-snapshot", pool_id=pool.id)


@pytest.mark.parametrize("owner", ["PoolTlsAttachment", "Pool"])
def test_a_pool_that_the_stack_manages_already_is_an_error(owner: str, stack: FakeStack) -> None:
    target = foreign_pool(stack)
    target.stack.engine.urns_by_id[target.pool_id] = urn_of(owner, "other")
    with pytest.raises(ObjectFailed, match="already manages it"):
        target.attach("ca_secret_id")


def test_an_attachment_is_accepted_again_for_its_own_pool(stack: FakeStack) -> None:
    target = foreign_pool(stack)
    target.stack.engine.urns_by_id[target.pool_id] = urn_of("PoolTlsAttachment", "tls")
    assert target.attach("ca_secret_id") != []


def test_a_second_attachment_in_the_same_run_is_an_error(stack: FakeStack) -> None:
    target = foreign_pool(stack)
    target.attach("ca_secret_id")
    with pytest.raises(ObjectFailed, match="already manages it"):
        target.attach("ca_secret_id", name="again")


def test_a_missing_pool_is_an_error(stack: FakeStack) -> None:
    with pytest.raises(ObjectFailed, match="Correct the ID"):
        stack.create("PoolTlsSnapshot", "tls-snapshot", pool_id=MISSING_ID)


@pytest.mark.parametrize(
    ("properties", "code"),
    [({}, "NOTHING_ATTACHED"), ({"secret_id": MISSING_ID, "crl_secret_id": MISSING_ID}, "CRL_WITHOUT_CA")],
)
def test_an_incomplete_attachment_is_an_error(properties: dict[str, object], code: str, stack: FakeStack) -> None:
    (finding,) = stack.findings("PoolTlsAttachment", {"pool_id": MISSING_ID, **properties})
    assert finding.code == code


def test_a_snapshot_sends_no_write_and_never_changes(stack: FakeStack) -> None:
    target = foreign_pool(stack)
    with target.stack.writes() as sent:
        snapshot = target.stack.create("PoolTlsSnapshot", "tls-snapshot", pool_id=target.pool_id)
        before = engine_value(snapshot.outputs["previous_tls"])
        target.by_hand(protocol="TCP")
        sent.clear()
        assert snapshot.refresh()
        assert snapshot.outputs["previous_tls"] == before
        assert not snapshot.saved_diff().changes
        snapshot.delete()
    assert [each.method for each in sent] == []
