"""`gcore-tls orphans` finds and deletes orphans, and never an object that something else uses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from gcore_emulator import Emulator, Settings, TaskSeconds, serving
from gcore_tls_provider.cli.app import app
from gcore_tls_provider.cli.orphans.search import search
from gcore_tls_provider.errors import ConfigurationError
from gcore_tls_provider.hidden_inputs import RECORD
from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming
from tests.fake_engine.account import urn_of
from tests.fake_engine.recording_host import IDENTITY, Making, exported
from tests.gcore_emulator.emulated_api import blob, pool_body
from tests.material import LoadBalancerPki

KEY = "1234_orphans"
SECRET = "/cloud/v1/secrets/{project_id}/{region_id}/{secret_id}"
OTHER_STACKS = "0f4a2f0e-0000-4000-8000-00000000ffff"
IN_COMPONENT = urn_of("Pool", "web").replace("pulumi-python", "gcore-tls:components:MTLSLoadBalancer$pulumi-python")


@dataclass
class Account:
    """An emulated account, and the state of a stack."""

    emulator: Emulator
    url: str
    http: httpx.Client
    material: LoadBalancerPki
    ids: list[str] = field(default_factory=list)
    resources: dict[str, str] = field(default_factory=dict)
    creating: list[Making] = field(default_factory=list)
    identity: str | None = IDENTITY

    @property
    def environment(self) -> dict[str, str]:
        return {
            "GCORE_API_KEY": KEY,
            "GCORE_CLOUD_PROJECT_ID": "1",
            "GCORE_CLOUD_REGION_ID": "7",
            "GCORE_BASE_URL": self.url,
        }

    @property
    def state(self) -> str:
        return exported(ids=self.ids, creating=self.creating, identity=self.identity, resources=self.resources).decode()

    def run(self, *arguments: str, state: str | None = None, **environment: str) -> Result:
        text = self.state if state is None else state
        done = CliRunner().invoke(
            app, ["orphans", "--export", "-", *arguments], input=text, env={**self.environment, **environment}
        )
        assert KEY not in done.output
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done

    def listed(self, *arguments: str, **environment: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("--json", *arguments, **environment).stdout)["orphans"]
        return found

    def existing_ids(self) -> set[str]:
        """Return the IDs of all objects."""
        account = self.emulator.account
        tables: Sequence[Mapping[str, object]] = (
            account.secrets,
            account.load_balancers,
            account.listeners,
            account.pools,
        )
        return {each for table in tables for each in table}

    # Objects that runs created.

    def interrupt_create(self, kind: str, name: str, inputs: Mapping[str, object] = MappingProxyType({})) -> str:
        """Add an interrupted create to the state, and return the name that it generated."""
        urn = urn_of(kind, name)
        self.creating.append(Making(urn, {RECORD: {"v": 1, "nonce": "a"}, **inputs}))
        return ObjectNaming.of_urn(IDENTITY, urn).name("a")

    def make(self, path: str, body: Mapping[str, object], project: int = 1) -> str:
        answer = self.http.post(f"/cloud/{path}/{project}/7", json=body)
        assert answer.status_code == 200, answer.text
        task = self.http.get(f"/cloud/v1/tasks/{answer.json()['tasks'][0]}").json()
        made: list[str] = next(ids for kind, ids in task["created_resources"].items() if ids and kind != "floatingips")
        return made[0]

    def secret(self, name: str) -> str:
        return self.make("v1/secrets", blob(name, self.material.ca_payload))

    def load_balancer(self, name: str, project: int = 1) -> str:
        return self.make("v1/loadbalancers", {"name": name}, project)

    def listener(self, name: str, load_balancer_id: str, port: int = 80) -> str:
        body = {"name": name, "protocol": "HTTP", "protocol_port": port, "load_balancer_id": load_balancer_id}
        return self.make("v1/lblisteners", body)

    def pool(self, name: str, **fields: object) -> str:
        return self.make("v1/lbpools", pool_body(name=name, **fields))


@pytest.fixture(scope="module")
def material() -> LoadBalancerPki:
    return LoadBalancerPki.generate()


@pytest.fixture(scope="module")
def _served() -> Iterator[tuple[Emulator, str]]:
    settings = Settings(api_key=KEY, projects=frozenset({1, 2}), regions=frozenset({7}), task_seconds=TaskSeconds(0.0))
    emulator = Emulator(settings)
    with serving(emulator) as url:
        yield emulator, url


@pytest.fixture
def account(_served: tuple[Emulator, str], material: LoadBalancerPki) -> Iterator[Account]:
    """Empty account."""
    emulator, url = _served
    emulator.reset()
    with httpx.Client(base_url=url, headers={"Authorization": f"APIKey {KEY}"}, verify=False) as client:
        yield Account(emulator, url, client, material)


def named(kind: str, name: str, attempt: str = "z", identity: str = IDENTITY) -> str:
    return ObjectNaming.of_urn(identity, urn_of(kind, name)).name(attempt)


class TestRecognition:
    def test_object_of_an_interrupted_create_is_a_certain_orphan(self, account: Account) -> None:
        left = account.load_balancer(account.interrupt_create("LoadBalancer", "web"))
        done = account.run()
        assert done.exit_code == 1
        assert left in done.stdout
        assert "1 orphan: 1 certain, 0 not." in done.stdout
        (orphan,) = account.listed()
        assert (orphan["kind"], orphan["id"], orphan["certain"]) == ("load balancer", left, True)
        assert orphan["urn"] == urn_of("LoadBalancer", "web")
        assert (orphan["project_id"], orphan["region_id"], orphan["provider_config"]) == (1, 7, None)

    def test_object_with_another_generated_name_of_a_resource_is_not_certain(self, account: Account) -> None:
        account.resources["1"] = urn_of("CertificateAuthority", "ca")
        kept = account.secret(named("CertificateAuthority", "ca"))
        (orphan,) = account.listed()
        assert (orphan["id"], orphan["certain"]) == (kept, False)
        assert "retained" in orphan["reason"]

    def test_object_of_a_resource_that_left_the_state_is_not_certain(self, account: Account) -> None:
        kept = account.secret(named("RevocationList", "gone"))
        balancer = account.load_balancer("theirs")
        pool = account.pool(ObjectNaming.of_urn(IDENTITY, IN_COMPONENT).name("z"), load_balancer_id=balancer)
        found = {each["id"]: each for each in account.listed()}
        assert found.keys() == {kept, pool}
        assert found[pool]["urn"] == IN_COMPONENT
        assert not any(each["certain"] for each in found.values())

    def test_object_with_an_exact_name_is_not_certain(self, account: Account) -> None:
        account.interrupt_create("LoadBalancer", "web", {"name": "production"})
        left = account.load_balancer("production")
        (orphan,) = account.listed()
        assert (orphan["id"], orphan["certain"]) == (left, False)
        assert "exact name" in orphan["reason"]

    def test_managed_and_foreign_objects_are_no_orphans(self, account: Account) -> None:
        name = account.interrupt_create("LoadBalancer", "web")
        account.resources["1"] = urn_of("LoadBalancer", "web")
        account.ids.append(account.load_balancer(named("LoadBalancer", "web", "y")))
        account.load_balancer("web")
        account.load_balancer("web-01234567-012345")
        account.load_balancer(named("LoadBalancer", "web", identity=OTHER_STACKS))
        account.secret(name)
        account.resources[f"unknown:{named('LoadBalancer', 'web', 'x')}"] = urn_of("LoadBalancer", "web")
        account.load_balancer(named("LoadBalancer", "web", "x"))
        done = account.run()
        assert (done.exit_code, done.stdout, done.stderr) == (0, "No orphans.\n", "")

    def test_earlier_state_identifies_a_destroyed_stack(self, account: Account, tmp_path: Path) -> None:
        account.resources["1"] = urn_of("LoadBalancer", "web")
        before = json.loads(account.state)
        kept = account.load_balancer(named("LoadBalancer", "web"))
        account.resources.clear()
        account.identity = None
        blind = account.run()
        assert (blind.exit_code, blind.stdout) == (0, "No orphans.\n")
        assert "Add an earlier state with --before FILE" in blind.stderr
        for shape in (before, {"version": 3, "checkpoint": {"stack": "x", "latest": before["deployment"]}}):
            (tmp_path / "before.json").write_text(json.dumps(shape))
            (orphan,) = account.listed("--before", str(tmp_path / "before.json"))
            assert (orphan["id"], orphan["certain"]) == (kept, False)

    def test_pending_create_of_an_earlier_state_proves_nothing(self, account: Account, tmp_path: Path) -> None:
        account.load_balancer(account.interrupt_create("LoadBalancer", "web"))
        (tmp_path / "before.json").write_text(account.state)
        account.creating.clear()
        (orphan,) = account.listed("--before", str(tmp_path / "before.json"))
        assert not orphan["certain"]


class TestLocations:
    def test_every_project_that_a_resource_names_is_searched(self, account: Account) -> None:
        left = account.load_balancer(
            account.interrupt_create("LoadBalancer", "web", {"project_id": 2.0, "region_id": 7.0}), project=2
        )
        (orphan,) = account.listed()
        assert (orphan["id"], orphan["project_id"]) == (left, 2)
        (orphan,) = account.listed(GCORE_CLOUD_PROJECT_ID="")
        assert orphan["id"] == left, "the configuration does not have to set the location"
        assert account.run("--delete", "--yes").exit_code == 0
        assert account.existing_ids() == set()

    def test_every_complete_provider_config_is_searched(self, account: Account) -> None:
        left = account.load_balancer(account.interrupt_create("LoadBalancer", "web"), project=2)
        values = {"apiKey": KEY, "projectId": "2", "regionId": "7", "baseUrl": account.url}

        def found_with(namespace: str, without: str = "") -> list[str]:
            printed = json.dumps(
                {f"{namespace}:{key}": {"value": value} for key, value in values.items() if key != without}
            )
            done = search(
                environment=account.environment,
                run_pulumi=lambda arguments: printed if arguments[0] == "config" else account.state,
            )
            assert done.result.failures == ()
            return [f"{each.id} {each.location.provider_config}" for each in done.result.orphans]

        assert found_with("gcore-eu") == [f"{left} gcore-eu"]
        assert found_with("gcore-eu", without="projectId") == []
        assert found_with("elsewhere") == [], "the key of another provider is not sent to Gcore"

    @pytest.mark.parametrize(
        ("inputs", "expected"),
        [
            ({"project_id": 3.0, "region_id": 7.0}, "project 3, region 7: "),
            ({"provider_config": "gcore-eu"}, "gcore-eu:apiKey isn't configured"),
        ],
    )
    def test_location_that_cannot_be_searched_is_reported_beside_the_results(
        self, account: Account, inputs: dict[str, object], expected: str
    ) -> None:
        left = account.load_balancer(account.interrupt_create("LoadBalancer", "web"))
        account.interrupt_create("LoadBalancer", "other", inputs)
        done = account.run()
        assert done.exit_code == 2
        assert expected in done.stderr
        assert left in done.stdout, "orphans in other locations are shown"


class TestDeletion:
    def orphans_of_each_kind(self, account: Account) -> list[str]:
        """Create one orphan of each kind, and return their IDs in deletion order."""
        balancer = account.load_balancer(account.interrupt_create("LoadBalancer", "web"))
        listener = account.listener(account.interrupt_create("Listener", "web"), balancer)
        secret = account.secret(account.interrupt_create("CertificateAuthority", "ca"))
        pool = account.pool(account.interrupt_create("Pool", "web"), listener_id=listener, ca_secret_id=secret)
        return [pool, listener, balancer, secret]

    def test_users_are_deleted_before_the_objects_that_they_use(self, account: Account) -> None:
        foreign = account.load_balancer("theirs")
        ids = self.orphans_of_each_kind(account)
        assert [each["id"] for each in account.listed()] == ids
        done = account.run("--delete", "--yes")
        assert (done.exit_code, done.stdout.count("deleted  ")) == (0, 4)
        assert account.existing_ids() == {foreign}
        assert account.emulator.audit().intact

    @pytest.mark.parametrize(("typed", "remain"), [("y\n", 0), ("n\n", 4), ("", 4)])
    def test_deletion_needs_confirmation(self, account: Account, typed: str, remain: int, tmp_path: Path) -> None:
        self.orphans_of_each_kind(account)
        (tmp_path / "state.json").write_text(account.state)
        done = CliRunner().invoke(
            app,
            ["orphans", "--export", str(tmp_path / "state.json"), "--delete"],
            input=typed,
            env=account.environment,
        )
        assert "Delete 4 orphans?" in done.stderr
        assert (done.exit_code, len(account.existing_ids())) == (int(remain > 0), remain)

    def test_uncertain_orphans_are_deleted_only_with_uncertain_or_their_id(self, account: Account) -> None:
        account.resources["1"] = urn_of("CertificateAuthority", "ca")
        one, two = (account.secret(named("CertificateAuthority", "ca", each)) for each in ("y", "z"))
        left = account.secret(account.interrupt_create("CertificateAuthority", "ca"))
        assert {each["id"] for each in account.listed()} == {one, two, left}
        assert account.run("--delete", "--yes").exit_code == 1
        assert account.existing_ids() == {one, two}
        assert [each["deleted"] for each in account.listed("--delete", "--yes", "--id", one)].count(True) == 1
        assert account.existing_ids() == {two}
        assert account.run("--delete", "--yes", "--uncertain").exit_code == 0
        assert account.existing_ids() == set()

    def test_orphan_that_no_longer_exists_counts_as_deleted(self, account: Account) -> None:
        account.secret(account.interrupt_create("CertificateAuthority", "ca"))
        rule = {"action": "respond", "status": 404, "body": {"exception_class": "NotFoundError", "message": "gone"}}
        account.http.post("/_emulator/faults", json=[{**rule, "route": SECRET}])
        assert account.run("--delete", "--yes").exit_code == 0

    def test_failed_deletion_does_not_stop_the_others(self, account: Account) -> None:
        pool, *_ = ids = self.orphans_of_each_kind(account)
        other = account.secret(account.interrupt_create("CertificateAuthority", "other"))
        account.http.post(
            "/_emulator/faults", json=[{"action": "respond", "status": 403, "body": {}, "method": "DELETE", "nth": 1}]
        )
        found = {each["id"]: each for each in account.listed("--delete", "--yes")}
        assert "403" in found[pool]["kept"]
        assert found[ids[1]]["kept"] == f"in use by pool '{found[pool]['name']}' ({pool})"
        assert found[other]["deleted"]
        assert account.existing_ids() == set(ids)


def foreign_pool_with_secret(account: Account) -> str:
    secret = account.secret(account.interrupt_create("CertificateAuthority", "ca"))
    account.pool("theirs", load_balancer_id=account.load_balancer("theirs"), ca_secret_id=secret)
    return secret


def foreign_listener_on_load_balancer(account: Account) -> str:
    balancer = account.load_balancer(account.interrupt_create("LoadBalancer", "web"))
    account.listener("theirs", balancer)
    return balancer


def foreign_pool_on_load_balancer(account: Account) -> str:
    balancer = account.load_balancer(account.interrupt_create("LoadBalancer", "web"))
    account.pool("theirs", load_balancer_id=balancer)
    return balancer


def foreign_pool_behind_listener(account: Account) -> str:
    listener = account.listener(account.interrupt_create("Listener", "web"), account.load_balancer("theirs"))
    account.pool("theirs", listener_id=listener)
    return listener


def pool_behind_foreign_listener(account: Account) -> str:
    listener = account.listener("theirs", account.load_balancer("theirs"))
    return account.pool(account.interrupt_create("Pool", "web"), listener_id=listener)


@pytest.mark.parametrize(
    "used",
    [
        foreign_pool_with_secret,
        foreign_listener_on_load_balancer,
        foreign_pool_on_load_balancer,
        foreign_pool_behind_listener,
        pool_behind_foreign_listener,
    ],
)
def test_orphan_that_a_foreign_object_uses_is_kept(account: Account, used: Callable[[Account], str]) -> None:
    left = used(account)
    before = account.existing_ids()
    done = account.run("--delete", "--yes")
    assert done.exit_code == 1
    assert "in use by" in done.stdout
    assert account.existing_ids() == before
    assert [each["id"] for each in account.listed()] == [left]


def test_pool_on_the_listener_that_it_was_created_for_is_deleted(account: Account) -> None:
    listener = account.listener("theirs", account.load_balancer("theirs"))
    pool = account.pool(account.interrupt_create("Pool", "web", {"listener_id": listener}), listener_id=listener)
    assert account.run("--delete", "--yes").exit_code == 0
    assert pool not in account.existing_ids()
    assert listener in account.existing_ids()


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
    done = account.run(*arguments, state=state, **environment)
    assert done.exit_code == 2
    assert expected in " ".join(done.stderr.split())
    assert done.stdout in ("", "No orphans.\n")


def test_unreadable_stack_configuration_falls_back_to_the_environment(account: Account) -> None:
    """For example without the passphrase, which the state does not need."""
    left = account.secret(account.interrupt_create("CertificateAuthority", "ca"))

    def run_pulumi(arguments: Sequence[str]) -> str:
        if arguments[0] == "config":
            raise ConfigurationError("incorrect passphrase")
        assert list(arguments) == ["stack", "export"]
        return account.state

    notes: list[str] = []
    found = search(environment=account.environment, run_pulumi=run_pulumi, note=notes.append)
    assert [each.id for each in found.result.orphans] == [left]
    assert "incorrect passphrase" in notes[0]
    with pytest.raises(ConfigurationError, match="incorrect passphrase"):
        search(environment={}, run_pulumi=run_pulumi)
