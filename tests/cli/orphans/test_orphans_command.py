"""`gcore-tls orphans` searches every location, and rejects invalid use with exit code 2."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from gcore_tls_provider.cli.orphans.search import search
from gcore_tls_provider.errors import ConfigurationError
from tests.cli.orphans.conftest import KEY, Account


class TestLocations:
    def test_every_project_of_a_resource_is_searched(self, account: Account) -> None:
        orphan_id = account.load_balancer(
            account.interrupt_create("LoadBalancer", "web", {"project_id": 2.0, "region_id": 7.0}), project=2
        )
        (orphan,) = account.list_orphans()
        assert (orphan["id"], orphan["project_id"]) == (orphan_id, 2)
        (orphan,) = account.list_orphans(GCORE_CLOUD_PROJECT_ID="")
        assert orphan["id"] == orphan_id, "the configuration does not have to set the location"
        assert account.run("--delete", "--yes").exit_code == 0
        assert account.existing_ids() == set()

    def test_every_complete_provider_config_is_searched(self, account: Account) -> None:
        orphan_id = account.load_balancer(account.interrupt_create("LoadBalancer", "web"), project=2)
        values = {"apiKey": KEY, "projectId": "2", "regionId": "7", "baseUrl": account.url}

        def found_with(namespace: str, without: str = "") -> list[str]:
            printed = json.dumps(
                {f"{namespace}:{key}": {"value": value} for key, value in values.items() if key != without}
            )
            result = search(
                environment=account.environment,
                run_pulumi=lambda arguments: printed if arguments[0] == "config" else account.state,
            )
            assert result.result.failures == ()
            return [f"{each.id} {each.location.provider_config}" for each in result.result.orphans]

        assert found_with("gcore-eu") == [f"{orphan_id} gcore-eu"]
        assert found_with("gcore-eu", without="projectId") == []
        assert found_with("elsewhere") == [], "the key of another provider is not sent to Gcore"

    @pytest.mark.parametrize(
        ("inputs", "expected"),
        [
            ({"project_id": 3.0, "region_id": 7.0}, "project 3, region 7: "),
            ({"provider_config": "gcore-eu"}, "gcore-eu:apiKey is not configured"),
        ],
    )
    def test_location_that_cannot_be_searched_is_reported_with_the_results(
        self, account: Account, inputs: dict[str, object], expected: str
    ) -> None:
        orphan_id = account.load_balancer(account.interrupt_create("LoadBalancer", "web"))
        account.interrupt_create("LoadBalancer", "other", inputs)
        result = account.run()
        assert result.exit_code == 2
        assert expected in result.stderr
        assert orphan_id in result.stdout, "orphans in other locations are listed"


@pytest.mark.parametrize(
    ("arguments", "state", "environment", "expected"),
    [
        ([], "no JSON", {}, "it is not the output of `pulumi stack export`"),
        ([], "[]", {}, "it is not the output of `pulumi stack export`"),
        ([], '{"version": 3}', {}, "it is not the output of `pulumi stack export`"),
        ([], None, {"GCORE_API_KEY": ""}, "GCORE_API_KEY"),
        ([], None, {"GCORE_API_KEY": "1_wrong"}, "401"),
        ([], None, {"GCORE_CLOUD_REGION_ID": "x"}, "GCORE_CLOUD_REGION_ID"),
        (["--yes"], None, {}, "requires --delete"),
        (["--uncertain"], None, {}, "requires --delete"),
        (["--id", "1"], None, {}, "requires --delete"),
        (["--delete", "--uncertain", "--id", "1"], None, {}, "cannot be combined with --id"),
        (["--delete", "--json"], None, {}, "requires --yes"),
        (["--delete"], None, {}, "requires --yes"),
        (["--delete", "--yes", "--id", "1"], None, {}, "no orphan has the ID 1"),
        (["--before", "/nowhere/state"], None, {}, "No such file"),
        (["--stack", "prod"], None, {"PATH": "", "GCORE_API_KEY": ""}, "Check that pulumi is on PATH"),
    ],
)
def test_invalid_use_fails_with_exit_code_2_and_names_the_cause(
    account: Account, arguments: list[str], state: str | None, environment: dict[str, str], expected: str
) -> None:
    result = account.run(*arguments, state=state, **environment)
    assert result.exit_code == 2
    assert expected in " ".join(result.stderr.split())
    assert result.stdout in ("", "No orphans.\n")


def test_unreadable_stack_configuration_falls_back_to_the_environment(account: Account) -> None:
    """For example without the passphrase, which the state does not need."""
    orphan_id = account.secret(account.interrupt_create("CertificateAuthority", "ca"))

    def run_pulumi(arguments: Sequence[str]) -> str:
        if arguments[0] == "config":
            raise ConfigurationError("incorrect passphrase")
        assert list(arguments) == ["stack", "export"]
        return account.state

    notes: list[str] = []
    orphan_search = search(environment=account.environment, run_pulumi=run_pulumi, note=notes.append)
    assert [each.id for each in orphan_search.result.orphans] == [orphan_id]
    assert "incorrect passphrase" in notes[0]
    with pytest.raises(ConfigurationError, match="incorrect passphrase"):
        search(environment={}, run_pulumi=run_pulumi)
