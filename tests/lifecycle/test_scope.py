"""Several accounts and regions: where an object is made, what moves it, and what is said of a wrong connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from gcore_emulator import Emulator, Settings, TaskSeconds, serving
from gcore_tls_provider.errors import BadRequest, ConfigurationError, Unauthorized
from gcore_tls_provider.hidden_inputs import RECORD
from gcore_tls_provider.lifecycle import apply, plan
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from gcore_tls_provider.lifecycle.session import Session
from tests.fake_clock import FakeClock
from tests.fake_engine.account import KEY, NOWHERE, Resource, World, as_engine, context_of
from tests.fake_engine.requests import PROJECT, REGION

EU, EU_KEY = "gcore-eu", "5678_europe_canary"


@pytest.fixture(scope="session")
def abroad() -> Iterator[tuple[Emulator, str]]:
    emulator = Emulator(
        Settings(
            api_key=EU_KEY,
            projects=frozenset({31, 33}),
            regions=frozenset({32, 34}),
            task_seconds=TaskSeconds(1.0),
        )
    )
    with serving(emulator) as url:
        yield emulator, url


@pytest.fixture
def europe(abroad: tuple[Emulator, str], clock: FakeClock) -> dict[str, str]:
    """The configuration of another account."""
    emulator, url = abroad
    emulator.clock = clock.calendar
    emulator.reset()
    values = {"apiKey": EU_KEY, "projectId": "31", "regionId": "32", "baseUrl": url}
    return {f"{EU}:{key}": value for key, value in values.items()}


def with_connections(world: World, configured: dict[str, str]) -> World:
    """The next run, with other namespaces in the configuration."""
    session = Session.start(
        world.session.configuration,
        world.host,
        clock=world.clock,
        transport=world.transport,
        read_configuration=lambda namespace: Configuration.read(configured.get, {"GCORE_API_KEY": "no"}, namespace),
    )
    return replace(world, session=session)


def names(emulator: Emulator) -> list[str]:
    emulator.task_engine.advance_to_now()
    return [each.name for each in emulator.account.load_balancers.values()]


def test_each_where_it_says(world: World, europe: dict[str, str], abroad: tuple[Emulator, str]) -> None:
    world = with_connections(world, europe)
    here = world.load_balancer("here")
    there = world.load_balancer("there", provider_config=EU)
    further = world.load_balancer("further", provider_config=EU, project_id=33, region_id=34)
    places = [(each.outputs["project_id"], each.outputs["region_id"]) for each in (here, there, further)]
    assert places == [(PROJECT, REGION), (31, 32), (33, 34)]
    assert [each.rsplit("-", 2)[0] for each in names(world.emulator)] == ["here"]
    assert [each.rsplit("-", 2)[0] for each in names(abroad[0])] == ["there", "further"]
    for each in (here, there, further):
        assert each.refresh()
        assert not each.again().changes
        each.delete()
        assert not each.refresh()
    assert names(world.emulator) == names(abroad[0]) == []


MOVES = {
    "project": ({}, {"project_id": 99}, ("project_id",)),
    "region": ({}, {"region_id": 99}, ("region_id",)),
    "both back to the configured ones": ({"project_id": 99, "region_id": 98}, {}, ("project_id", "region_id")),
    "account": ({}, {"provider_config": EU}, ("project_id", "region_id", "provider_config")),
    "account alone": ({}, {"provider_config": EU, "project_id": PROJECT, "region_id": REGION}, ("provider_config",)),
    "unknown project": ({}, {"project_id": UNKNOWN}, ("project_id",)),
    "unknown connection": ({}, {"provider_config": UNKNOWN}, ("project_id", "region_id")),
    "nothing": ({"project_id": PROJECT}, {"region_id": REGION}, ()),
}


@pytest.mark.parametrize(("before", "after", "replaces"), MOVES.values(), ids=MOVES)
def test_another_place_is_another_object_made_first(
    before: dict[str, object],
    after: dict[str, object],
    replaces: tuple[str, ...],
    world: World,
    europe: dict[str, str],
) -> None:
    world = with_connections(world, europe)
    fixed = {"vip_port_id": "00000000-0000-4000-8000-0000000000aa"}
    olds = world.checked("LoadBalancer", "it", {**fixed, **before})
    checked = world.check("LoadBalancer", olds, world.bag("LoadBalancer", "it", {**fixed, **after}))
    assert checked.findings == ()
    difference = plan.diff(
        KINDS["LoadBalancer"], Record.of(olds).update(explicit=frozenset({"vip_port_id"})).into(olds), checked.inputs
    )
    assert (difference.replaces, difference.changes) == (replaces, bool(replaces))
    assert not difference.delete_before_replace


class TestAnotherConnectionToTheSamePlace:
    """It is the same object, asked for with another key."""

    @pytest.fixture
    def same(self, world: World) -> World:
        base_url = world.session.configuration.base_url
        values = {"apiKey": KEY, "projectId": str(PROJECT), "regionId": str(REGION), "baseUrl": base_url}
        return with_connections(world, {f"other:{key}": value for key, value in values.items()})

    def test_nothing_is_asked_and_it_is_used_from_then_on(self, same: World) -> None:
        balancer = same.load_balancer()
        with same.requests() as sent:
            assert balancer.update(provider_config="other") == []
        assert sent == []
        assert balancer.outputs["provider_config"] == "other"
        assert not balancer.diff(provider_config="other").changes
        assert balancer.update() == []
        assert "provider_config" not in balancer.outputs

    def test_an_address_that_changed_meanwhile_is_no_other_account(self, same: World) -> None:
        balancer = same.load_balancer()
        elsewhere = same.session.configuration.model_copy(update={"base_url": "https://proxy.example"})
        moved = same.another_run(elsewhere)
        assert not Resource(moved, "LoadBalancer", "lb", balancer.id, balancer.inputs, balancer.outputs).diff().changes
        # The inputs of that run are saved although nothing changed; then the connection gets another name.
        inputs = moved.checked("LoadBalancer", "lb", {}, balancer.inputs)
        values = {"projectId": str(PROJECT), "regionId": str(REGION), "baseUrl": "https://proxy.example"}
        named = with_connections(moved, {f"other:{key}": value for key, value in values.items()})
        it = Resource(named, "LoadBalancer", "lb", balancer.id, inputs, balancer.outputs)
        assert it.diff(provider_config="other").replaces == ()
        assert it.diff(provider_config="other").changes

    def test_a_refresh_keeps_the_mark(self, same: World) -> None:
        balancer = same.load_balancer()
        before = Record.of(balancer.inputs).account
        assert balancer.refresh()
        assert before
        assert Record.of(balancer.inputs).account == before

    def test_state_without_a_mark_stays(self, same: World) -> None:
        balancer = same.load_balancer()
        for properties in (balancer.inputs, balancer.outputs):
            properties[RECORD] = Record.of(properties).update(account={}).to_property()
        assert not balancer.diff().changes


@pytest.mark.parametrize(
    ("properties", "where", "code"),
    [
        ({"provider_config": "gcore:eu"}, "provider_config", "NOT_A_NAMESPACE"),
        ({"provider_config": "nowhere"}, "provider_config", "PROVIDER_CONFIG_UNKNOWN"),
        ({"provider_config": "broken"}, "provider_config", "PROVIDER_CONFIG_UNUSABLE"),
        ({"project_id": 0}, "project_id", "PROPERTY_INVALID"),
        ({"region_id": "x"}, "region_id", "PROPERTY_INVALID"),
    ],
)
def test_what_is_wrong_is_a_finding(properties: dict[str, object], where: str, code: str, world: World) -> None:
    world = with_connections(world, {"broken:projectId": "eleven"})
    (finding,) = world.findings("LoadBalancer", properties)
    assert (finding.property, finding.code, finding.severity) == (where, code, "error")
    if code == "PROVIDER_CONFIG_UNUSABLE":
        assert str(finding).startswith("broken:projectId can't be used: ")
        assert "GCORE_" not in str(finding)


def test_a_missing_key_is_said_at_the_first_request_with_its_namespace(world: World) -> None:
    world = with_connections(world, {f"{EU}:projectId": "31", f"{EU}:regionId": "32"})
    with pytest.raises(ConfigurationError) as caught:
        world.load_balancer(provider_config=EU)
    assert f"`pulumi config set --secret {EU}:apiKey ...`" in str(caught.value)
    assert "GCORE_API_KEY" not in str(caught.value)
    assert "gcore:apiKey" not in str(caught.value)


def test_a_wrong_key_is_named_with_its_namespace_and_not_shown(world: World, europe: dict[str, str]) -> None:
    wrong = {**europe, f"{EU}:apiKey": "wrong_canary_key"}
    world = with_connections(world, wrong)
    with pytest.raises(Unauthorized) as caught:
        world.load_balancer(provider_config=EU)
    assert f"`{EU}:apiKey`" in str(caught.value)
    assert "GCORE_API_KEY" not in str(caught.value)
    assert "canary" not in str(caught.value)


class Echo(httpx.BaseTransport):
    """A server that repeats what it should not know."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"exception_class": "E", "message": f"{EU_KEY} and {KEY}", "request_id": "r"})


def test_no_accounts_error_shows_another_accounts_key(world: World, europe: dict[str, str]) -> None:
    world = with_connections(world, europe)
    world.session.accounts.configuration_of(EU)
    session = Session.start(
        world.session.configuration,
        world.host,
        clock=world.clock,
        transport=Echo(),
        read_configuration=lambda namespace: Configuration.read(europe.get, {}, namespace),
    )
    session.accounts.configuration_of(EU)
    for properties in ({}, {"provider_config": EU}):
        inputs = as_engine(world.checked("LoadBalancer", "it", properties))
        with pytest.raises(BadRequest, match="hidden") as caught:
            apply.read(KINDS["LoadBalancer"], session, context_of(inputs), NOWHERE, inputs)
        assert EU_KEY not in str(caught.value)
        assert KEY not in str(caught.value)


def test_the_time_limit_is_the_connections_own(world: World, europe: dict[str, str]) -> None:
    world = with_connections(world, {**europe, f"{EU}:taskTimeout": "7"})
    inputs = as_engine(world.checked("LoadBalancer", "it", {"provider_config": EU}))
    operation = apply.start(KINDS["LoadBalancer"], world.session, context_of(inputs), "create", inputs)
    assert operation.deadline.seconds == 7
