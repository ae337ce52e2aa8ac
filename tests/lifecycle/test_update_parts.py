"""Every part of what is sent as a whole: unset, a value, another value, unset again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gcore_tls_provider.lifecycle.inputs.properties import InputsModel
from gcore_tls_provider.lifecycle.kinds.listener.inputs import BasicAuthUserInputs
from gcore_tls_provider.lifecycle.kinds.load_balancer import LoggingInputs
from gcore_tls_provider.lifecycle.kinds.pool.inputs import SessionPersistenceInputs
from tests.fake_engine.account import World
from tests.lifecycle.fixtures import Things
from tests.lifecycle.held import held, update_of

ANN = {"username": "ann", "encrypted_password": "hash"}


# Two values of each part of what is sent as a whole; the first of the rest goes with it.
LOGS: Mapping[str, Any] = {"enabled": True, "topic_name": "a"}
PERSISTENCE: Mapping[str, Any] = {"type": "SOURCE_IP"}
WHOLE: Mapping[tuple[str, str, str], tuple[Mapping[str, Any], Any, Any]] = {
    ("LoadBalancer", "logging", "enabled"): (LOGS, False, True),
    ("LoadBalancer", "logging", "destination_region_id"): (LOGS, 7, 8),
    ("LoadBalancer", "logging", "topic_name"): (LOGS, "b", "c"),
    ("LoadBalancer", "logging", "retention_policy"): (LOGS, {"period": 5}, {"period": 6}),
    ("Pool", "session_persistence", "type"): ({"type": "HTTP_COOKIE"}, "SOURCE_IP", "HTTP_COOKIE"),
    ("Pool", "session_persistence", "cookie_name"): ({"type": "APP_COOKIE", "cookie_name": "sid"}, "one", "two"),
    ("Pool", "session_persistence", "persistence_granularity"): (PERSISTENCE, "255.255.255.255", "255.255.255.0"),
    ("Pool", "session_persistence", "persistence_timeout"): (PERSISTENCE, 30, 60),
    ("Listener", "user_list", "username"): (ANN, "carl", "dora"),
    ("Listener", "user_list", "encrypted_password"): (ANN, "one", "two"),
}
PARTS: Mapping[str, type[InputsModel]] = {
    "logging": LoggingInputs,
    "session_persistence": SessionPersistenceInputs,
    "user_list": BasicAuthUserInputs,
}


def test_every_part_has_a_case() -> None:
    for name, model in PARTS.items():
        assert {part for _, field, part in WHOLE if field == name} == set(model.model_fields)


@pytest.mark.parametrize(("kind", "name", "part"), WHOLE, ids=lambda each: each)
def test_a_part_of_what_is_sent_as_a_whole(kind: str, name: str, part: str, spoken: World) -> None:
    """Unset, a value, another value, unset: the whole of it is sent, and it is no change for ever."""
    whole, one, two = WHOLE[kind, name, part]
    things = Things(spoken)
    protocol = "UDP" if part.startswith("persistence_") else "HTTP"
    bases: Mapping[str, Mapping[str, Any]] = {
        "LoadBalancer": {},
        "Listener": {"protocol": protocol, "protocol_port": 80},
        "Pool": {"protocol": protocol},
    }
    base = {**bases[kind], **({} if kind == "LoadBalancer" else {"load_balancer_id": things.balancer()})}
    resource = spoken.create(kind, "it", **base, **{name: _listed_users(name, whole)})
    for each in (one, two, None):
        value = dict(whole) if each is None else {**whole, part: each}
        program = {**base, name: _listed_users(name, value)}
        if not resource.diff(**program).changes:
            # The last value was what it is without one.
            assert each is None and two == whole.get(part)
            continue
        assert resource.update(**program) == [update_of(resource, {name: _listed_users(name, value)})]
        assert held(resource, name) == _listed_users(name, value)
        assert not resource.again().changes
        assert not resource.diff(**program).changes
        assert resource.refresh()
        assert not resource.again().changes
        assert not resource.diff(**program).changes


def _listed_users(name: str, value: Mapping[str, Any]) -> Any:
    return [dict(value)] if name == "user_list" else dict(value)
