"""Several accounts and regions: locations of objects, relocations, and errors about a provider config."""

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
from tests.fake_engine.requests import PROJECT, REGION
from tests.fake_engine.stack import KEY, MISSING_ID, FakeStack, Resource, context_of, engine_value

EU, EU_KEY = "gcore-eu", "5678_europe_canary"


@pytest.fixture(scope="session")
def european_emulator() -> Iterator[tuple[Emulator, str]]:
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
def europe(european_emulator: tuple[Emulator, str], clock: FakeClock) -> dict[str, str]:
    """Return the configuration of another account."""
    emulator, url = european_emulator
    emulator.clock = clock.calendar
    emulator.reset()
    values = {"apiKey": EU_KEY, "projectId": "31", "regionId": "32", "baseUrl": url}
    return {f"{EU}:{key}": value for key, value in values.items()}


def with_provider_configs(stack: FakeStack, configured: dict[str, str]) -> FakeStack:
    """Return the next run, whose configuration has other namespaces."""
    session = Session.start(
        stack.session.configuration,
        stack.engine,
        clock=stack.clock,
        transport=stack.transport,
        read_configuration=lambda namespace: Configuration.read(configured.get, {"GCORE_API_KEY": "no"}, namespace),
    )
    return replace(stack, session=session)


def load_balancer_names(emulator: Emulator) -> list[str]:
    emulator.task_engine.advance_to_now()
    return [each.name for each in emulator.account.load_balancers.values()]


def test_each_object_is_created_in_its_own_location(
    stack: FakeStack, europe: dict[str, str], european_emulator: tuple[Emulator, str]
) -> None:
    stack = with_provider_configs(stack, europe)
    here = stack.load_balancer("here")
    there = stack.load_balancer("there", provider_config=EU)
    further = stack.load_balancer("further", provider_config=EU, project_id=33, region_id=34)
    locations = [(each.outputs["project_id"], each.outputs["region_id"]) for each in (here, there, further)]
    assert locations == [(PROJECT, REGION), (31, 32), (33, 34)]
    assert [each.rsplit("-", 2)[0] for each in load_balancer_names(stack.emulator)] == ["here"]
    assert [each.rsplit("-", 2)[0] for each in load_balancer_names(european_emulator[0])] == ["there", "further"]
    for each in (here, there, further):
        assert each.refresh()
        assert not each.saved_diff().changes
        each.delete()
        assert not each.refresh()
    assert load_balancer_names(stack.emulator) == load_balancer_names(european_emulator[0]) == []


MOVES = {
    "project": ({}, {"project_id": 99}, ("project_id",)),
    "region": ({}, {"region_id": 99}, ("region_id",)),
    "both to the configured ones": ({"project_id": 99, "region_id": 98}, {}, ("project_id", "region_id")),
    "account": ({}, {"provider_config": EU}, ("project_id", "region_id", "provider_config")),
    "account only": ({}, {"provider_config": EU, "project_id": PROJECT, "region_id": REGION}, ("provider_config",)),
    "unknown project": ({}, {"project_id": UNKNOWN}, ("project_id",)),
    "unknown provider config": ({}, {"provider_config": UNKNOWN}, ("project_id", "region_id")),
    "nothing": ({"project_id": PROJECT}, {"region_id": REGION}, ()),
}


@pytest.mark.parametrize(("before", "after", "replaces"), MOVES.values(), ids=MOVES)
def test_another_location_is_another_object_that_is_created_first(
    before: dict[str, object],
    after: dict[str, object],
    replaces: tuple[str, ...],
    stack: FakeStack,
    europe: dict[str, str],
) -> None:
    stack = with_provider_configs(stack, europe)
    fixed = {"vip_port_id": "00000000-0000-4000-8000-0000000000aa"}
    olds = stack.checked_inputs("LoadBalancer", "it", {**fixed, **before})
    checked = stack.check("LoadBalancer", olds, stack.program_inputs("LoadBalancer", "it", {**fixed, **after}))
    assert checked.findings == ()
    difference = plan.diff(
        KINDS["LoadBalancer"], Record.of(olds).update(explicit=frozenset({"vip_port_id"})).into(olds), checked.inputs
    )
    assert (difference.replaces, difference.changes) == (replaces, bool(replaces))
    assert not difference.delete_before_replace


class TestAnotherProviderConfigOfTheSameLocation:
    """Another provider config of the same location: the same object, with another API key."""

    @pytest.fixture
    def same_location(self, stack: FakeStack) -> FakeStack:
        base_url = stack.session.configuration.base_url
        values = {"apiKey": KEY, "projectId": str(PROJECT), "regionId": str(REGION), "baseUrl": base_url}
        return with_provider_configs(stack, {f"other:{key}": value for key, value in values.items()})

    def test_the_new_provider_config_is_saved_without_a_request(self, same_location: FakeStack) -> None:
        balancer = same_location.load_balancer()
        with same_location.requests() as sent:
            assert balancer.update(provider_config="other") == []
        assert sent == []
        assert balancer.outputs["provider_config"] == "other"
        assert not balancer.diff(provider_config="other").changes
        assert balancer.update() == []
        assert "provider_config" not in balancer.outputs

    def test_another_address_of_the_same_provider_config_is_no_other_account(self, same_location: FakeStack) -> None:
        balancer = same_location.load_balancer()
        elsewhere = same_location.session.configuration.model_copy(update={"base_url": "https://proxy.example"})
        moved = same_location.next_run(elsewhere)
        assert not Resource(moved, "LoadBalancer", "lb", balancer.id, balancer.inputs, balancer.outputs).diff().changes
        # The engine saves the inputs of that run although nothing changed. Then the provider config gets another name.
        inputs = moved.checked_inputs("LoadBalancer", "lb", {}, balancer.inputs)
        values = {"projectId": str(PROJECT), "regionId": str(REGION), "baseUrl": "https://proxy.example"}
        named = with_provider_configs(moved, {f"other:{key}": value for key, value in values.items()})
        resource = Resource(named, "LoadBalancer", "lb", balancer.id, inputs, balancer.outputs)
        assert resource.diff(provider_config="other").replaces == ()
        assert resource.diff(provider_config="other").changes

    def test_a_refresh_keeps_the_mark_of_the_account(self, same_location: FakeStack) -> None:
        balancer = same_location.load_balancer()
        before = Record.of(balancer.inputs).account
        assert balancer.refresh()
        assert before
        assert Record.of(balancer.inputs).account == before

    def test_a_state_without_a_mark_of_the_account_is_no_change(self, same_location: FakeStack) -> None:
        balancer = same_location.load_balancer()
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
def test_an_invalid_location_is_reported(
    properties: dict[str, object], where: str, code: str, stack: FakeStack
) -> None:
    stack = with_provider_configs(stack, {"broken:projectId": "eleven"})
    (finding,) = stack.findings("LoadBalancer", properties)
    assert (finding.property, finding.code, finding.severity) == (where, code, "error")
    if code == "PROVIDER_CONFIG_UNUSABLE":
        assert str(finding).startswith("broken:projectId cannot be used: ")
        assert "GCORE_" not in str(finding)


def test_a_missing_api_key_is_reported_with_its_namespace_at_the_first_request(stack: FakeStack) -> None:
    stack = with_provider_configs(stack, {f"{EU}:projectId": "31", f"{EU}:regionId": "32"})
    with pytest.raises(ConfigurationError) as caught:
        stack.load_balancer(provider_config=EU)
    assert f"`pulumi config set --secret {EU}:apiKey ...`" in str(caught.value)
    assert "GCORE_API_KEY" not in str(caught.value)
    assert "gcore:apiKey" not in str(caught.value)


def test_a_rejected_api_key_is_reported_with_its_namespace_but_not_shown(
    stack: FakeStack, europe: dict[str, str]
) -> None:
    wrong = {**europe, f"{EU}:apiKey": "wrong_canary_key"}
    stack = with_provider_configs(stack, wrong)
    with pytest.raises(Unauthorized) as caught:
        stack.load_balancer(provider_config=EU)
    assert f"`{EU}:apiKey`" in str(caught.value)
    assert "GCORE_API_KEY" not in str(caught.value)
    assert "canary" not in str(caught.value)


class LeakingTransport(httpx.BaseTransport):
    """Transport whose responses contain the API keys of two accounts."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"exception_class": "E", "message": f"{EU_KEY} and {KEY}", "request_id": "r"})


def test_an_error_shows_no_api_key_of_any_account(stack: FakeStack, europe: dict[str, str]) -> None:
    stack = with_provider_configs(stack, europe)
    stack.session.accounts.configuration_of(EU)
    session = Session.start(
        stack.session.configuration,
        stack.engine,
        clock=stack.clock,
        transport=LeakingTransport(),
        read_configuration=lambda namespace: Configuration.read(europe.get, {}, namespace),
    )
    session.accounts.configuration_of(EU)
    for properties in ({}, {"provider_config": EU}):
        inputs = engine_value(stack.checked_inputs("LoadBalancer", "it", properties))
        with pytest.raises(BadRequest, match="hidden") as caught:
            apply.read(KINDS["LoadBalancer"], session, context_of(inputs), MISSING_ID, inputs)
        assert EU_KEY not in str(caught.value)
        assert KEY not in str(caught.value)


def test_each_provider_config_has_its_own_time_limit(stack: FakeStack, europe: dict[str, str]) -> None:
    stack = with_provider_configs(stack, {**europe, f"{EU}:taskTimeout": "7"})
    inputs = engine_value(stack.checked_inputs("LoadBalancer", "it", {"provider_config": EU}))
    operation = apply.start(KINDS["LoadBalancer"], stack.session, context_of(inputs), "create", inputs)
    assert operation.deadline.seconds == 7


def test_an_object_is_read_at_its_saved_location(stack: FakeStack) -> None:
    """In another project, "not found" would count as "deleted"."""
    ca = stack.ca()
    assert (ca.outputs["project_id"], ca.outputs["region_id"]) == (PROJECT, REGION)
    elsewhere = stack.session.configuration.model_copy(update={"project_id": PROJECT + 1, "region_id": REGION + 1})
    ca.stack = stack.next_run(elsewhere)
    assert ca.refresh()
    assert not ca.saved_diff().changes
    moved = ca.diff(certificate=stack.material.ca.certificate_pem)
    assert moved.replaces == ("project_id", "region_id")
    assert not moved.delete_before_replace
    ca.delete()
    assert stack.objects("secrets") == []
