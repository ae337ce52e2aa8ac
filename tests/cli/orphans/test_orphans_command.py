"""`gcore-tls orphans`: what it takes for an orphan, what it deletes, and how it fails."""

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
from gcore_tls_provider.hidden_inputs import ATTEMPT
from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming
from tests.fake_engine.account import urn_of
from tests.fake_engine.recording_host import IDENTITY, Making, exported
from tests.gcore_emulator.emulated_api import blob, pool_body
from tests.material import Material

KEY = "1234_orphans"
SECRET = "/cloud/v1/secrets/{project_id}/{region_id}/{secret_id}"
OTHER_STACKS = "0f4a2f0e-0000-4000-8000-00000000ffff"
IN_COMPONENT = urn_of("Pool", "web").replace("pulumi-python", "gcore-tls:components:MTLSLoadBalancer$pulumi-python")


@dataclass
class Account:
    """An account at an emulator, and a stack whose state is known."""

    emulator: Emulator
    url: str
    http: httpx.Client
    material: Material
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

    def here(self) -> set[str]:
        """The ids of all that there is."""
        account = self.emulator.account
        tables: Sequence[Mapping[str, object]] = (
            account.secrets,
            account.load_balancers,
            account.listeners,
            account.pools,
        )
        return {each for table in tables for each in table}

    # What runs have made.

    def dies(self, kind: str, name: str, inputs: Mapping[str, object] = MappingProxyType({})) -> str:
        """A making that has died; gives the name that it has given."""
        urn = urn_of(kind, name)
        self.creating.append(Making(urn, {ATTEMPT: "a", **inputs}))
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
def material() -> Material:
    return Material.generate()


@pytest.fixture(scope="module")
def _served() -> Iterator[tuple[Emulator, str]]:
    settings = Settings(api_key=KEY, projects=frozenset({1, 2}), regions=frozenset({7}), task_seconds=TaskSeconds(0.0))
    emulator = Emulator(settings)
    with serving(emulator) as url:
        yield emulator, url


@pytest.fixture
def account(_served: tuple[Emulator, str], material: Material) -> Iterator[Account]:
    """An empty one."""
    emulator, url = _served
    emulator.reset()
    with httpx.Client(base_url=url, headers={"Authorization": f"APIKey {KEY}"}, verify=False) as client:
        yield Account(emulator, url, client, material)


def named(kind: str, name: str, attempt: str = "z", identity: str = IDENTITY) -> str:
    return ObjectNaming.of_urn(identity, urn_of(kind, name)).name(attempt)


class TestRecognised:
    def test_what_a_dead_run_was_making_is_certain(self, account: Account) -> None:
        left = account.load_balancer(account.dies("LoadBalancer", "web"))
        done = account.run()
        assert done.exit_code == 1
        assert left in done.stdout
        assert "1 orphan: 1 certain, 0 not." in done.stdout
        (orphan,) = account.listed()
        assert (orphan["kind"], orphan["id"], orphan["certain"]) == ("load balancer", left, True)
        assert orphan["urn"] == urn_of("LoadBalancer", "web")
        assert (orphan["project_id"], orphan["region_id"], orphan["provider_config"]) == (1, 7, None)

    def test_what_has_another_name_of_a_resource_is_not(self, account: Account) -> None:
        account.resources["1"] = urn_of("CertificateAuthority", "ca")
        kept = account.secret(named("CertificateAuthority", "ca"))
        (orphan,) = account.listed()
        assert (orphan["id"], orphan["certain"]) == (kept, False)
        assert "kept on purpose" in orphan["why"]

    def test_what_a_resource_has_made_that_is_no_more(self, account: Account) -> None:
        kept = account.secret(named("RevocationList", "gone"))
        balancer = account.load_balancer("theirs")
        pool = account.pool(ObjectNaming.of_urn(IDENTITY, IN_COMPONENT).name("z"), load_balancer_id=balancer)
        found = {each["id"]: each for each in account.listed()}
        assert found.keys() == {kept, pool}
        assert found[pool]["urn"] == IN_COMPONENT
        assert not any(each["certain"] for each in found.values())

    def test_an_exact_name_proves_nothing(self, account: Account) -> None:
        account.dies("LoadBalancer", "web", {"name": "production"})
        left = account.load_balancer("production")
        (orphan,) = account.listed()
        assert (orphan["id"], orphan["certain"]) == (left, False)
        assert "exact name" in orphan["why"]

    def test_all_else_is_nobodys_orphan(self, account: Account) -> None:
        name = account.dies("LoadBalancer", "web")
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

    def test_who_the_stack_was_before_it_was_destroyed(self, account: Account, tmp_path: Path) -> None:
        account.resources["1"] = urn_of("LoadBalancer", "web")
        before = json.loads(account.state)
        kept = account.load_balancer(named("LoadBalancer", "web"))
        account.resources.clear()
        account.identity = None
        blind = account.run()
        assert (blind.exit_code, blind.stdout) == (0, "No orphans.\n")
        assert "Give a state from before that with --before" in blind.stderr
        for shape in (before, {"version": 3, "checkpoint": {"stack": "x", "latest": before["deployment"]}}):
            (tmp_path / "before.json").write_text(json.dumps(shape))
            (orphan,) = account.listed("--before", str(tmp_path / "before.json"))
            assert (orphan["id"], orphan["certain"]) == (kept, False)

    def test_what_was_under_way_earlier_may_have_ended_well(self, account: Account, tmp_path: Path) -> None:
        account.load_balancer(account.dies("LoadBalancer", "web"))
        (tmp_path / "before.json").write_text(account.state)
        account.creating.clear()
        (orphan,) = account.listed("--before", str(tmp_path / "before.json"))
        assert not orphan["certain"]


class TestPlaces:
    def test_every_project_that_a_resource_names(self, account: Account) -> None:
        left = account.load_balancer(
            account.dies("LoadBalancer", "web", {"project_id": 2.0, "region_id": 7.0}), project=2
        )
        (orphan,) = account.listed()
        assert (orphan["id"], orphan["project_id"]) == (left, 2)
        (orphan,) = account.listed(GCORE_CLOUD_PROJECT_ID="")
        assert orphan["id"] == left, "the configuration needs not say where"
        assert account.run("--delete", "--yes").exit_code == 0
        assert account.here() == set()

    def test_every_connection_that_is_configured_in_full(self, account: Account) -> None:
        left = account.load_balancer(account.dies("LoadBalancer", "web"), project=2)
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
        assert found_with("elsewhere") == [], "another provider's key is none for Gcore"

    @pytest.mark.parametrize(
        ("inputs", "said"),
        [
            ({"project_id": 3.0, "region_id": 7.0}, "project 3, region 7: "),
            ({"provider_config": "gcore-eu"}, "gcore-eu:apiKey isn't configured"),
        ],
    )
    def test_where_it_can_not_look(self, account: Account, inputs: dict[str, object], said: str) -> None:
        left = account.load_balancer(account.dies("LoadBalancer", "web"))
        account.dies("LoadBalancer", "other", inputs)
        done = account.run()
        assert done.exit_code == 2
        assert said in done.stderr
        assert left in done.stdout, "what was found elsewhere is shown"


class TestDeleted:
    def everything(self, account: Account) -> list[str]:
        """All that a dead run was making, in the order in which it can be deleted."""
        balancer = account.load_balancer(account.dies("LoadBalancer", "web"))
        listener = account.listener(account.dies("Listener", "web"), balancer)
        secret = account.secret(account.dies("CertificateAuthority", "ca"))
        pool = account.pool(account.dies("Pool", "web"), listener_id=listener, ca_secret_id=secret)
        return [pool, listener, balancer, secret]

    def test_what_uses_others_goes_first(self, account: Account) -> None:
        foreign = account.load_balancer("theirs")
        ids = self.everything(account)
        assert [each["id"] for each in account.listed()] == ids
        done = account.run("--delete", "--yes")
        assert (done.exit_code, done.stdout.count("deleted  ")) == (0, 4)
        assert account.here() == {foreign}
        assert account.emulator.audit().intact

    @pytest.mark.parametrize(("typed", "remain"), [("y\n", 0), ("n\n", 4), ("", 4)])
    def test_it_asks(self, account: Account, typed: str, remain: int, tmp_path: Path) -> None:
        self.everything(account)
        (tmp_path / "state.json").write_text(account.state)
        done = CliRunner().invoke(
            app,
            ["orphans", "--export", str(tmp_path / "state.json"), "--delete"],
            input=typed,
            env=account.environment,
        )
        assert "Delete 4 orphans?" in done.stderr
        assert (done.exit_code, len(account.here())) == (int(remain > 0), remain)

    def test_what_is_not_certain_stays_unless_it_is_meant(self, account: Account) -> None:
        account.resources["1"] = urn_of("CertificateAuthority", "ca")
        one, two = (account.secret(named("CertificateAuthority", "ca", each)) for each in ("y", "z"))
        left = account.secret(account.dies("CertificateAuthority", "ca"))
        assert {each["id"] for each in account.listed()} == {one, two, left}
        assert account.run("--delete", "--yes").exit_code == 1
        assert account.here() == {one, two}
        assert [each["deleted"] for each in account.listed("--delete", "--yes", "--id", one)].count(True) == 1
        assert account.here() == {two}
        assert account.run("--delete", "--yes", "--uncertain").exit_code == 0
        assert account.here() == set()

    def test_what_is_gone_by_then_is_deleted(self, account: Account) -> None:
        account.secret(account.dies("CertificateAuthority", "ca"))
        rule = {"action": "answer", "status": 404, "body": {"exception_class": "NotFoundError", "message": "gone"}}
        account.http.post("/_emulator/faults", json=[{**rule, "route": SECRET}])
        assert account.run("--delete", "--yes").exit_code == 0

    def test_a_failure_keeps_none_of_the_others(self, account: Account) -> None:
        pool, *_ = ids = self.everything(account)
        other = account.secret(account.dies("CertificateAuthority", "other"))
        account.http.post(
            "/_emulator/faults", json=[{"action": "answer", "status": 403, "body": {}, "method": "DELETE", "nth": 1}]
        )
        found = {each["id"]: each for each in account.listed("--delete", "--yes")}
        assert "403" in found[pool]["kept"]
        assert found[ids[1]]["kept"] == f"in use by pool '{found[pool]['name']}' ({pool})"
        assert found[other]["deleted"]
        assert account.here() == set(ids)


def foreign_pool_with_secret(account: Account) -> str:
    secret = account.secret(account.dies("CertificateAuthority", "ca"))
    account.pool("theirs", load_balancer_id=account.load_balancer("theirs"), ca_secret_id=secret)
    return secret


def foreign_listener_on_load_balancer(account: Account) -> str:
    balancer = account.load_balancer(account.dies("LoadBalancer", "web"))
    account.listener("theirs", balancer)
    return balancer


def foreign_pool_on_load_balancer(account: Account) -> str:
    balancer = account.load_balancer(account.dies("LoadBalancer", "web"))
    account.pool("theirs", load_balancer_id=balancer)
    return balancer


def foreign_pool_behind_listener(account: Account) -> str:
    listener = account.listener(account.dies("Listener", "web"), account.load_balancer("theirs"))
    account.pool("theirs", listener_id=listener)
    return listener


def pool_behind_foreign_listener(account: Account) -> str:
    listener = account.listener("theirs", account.load_balancer("theirs"))
    return account.pool(account.dies("Pool", "web"), listener_id=listener)


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
def test_what_somebody_uses_stays(account: Account, used: Callable[[Account], str]) -> None:
    left = used(account)
    before = account.here()
    done = account.run("--delete", "--yes")
    assert done.exit_code == 1
    assert "in use by" in done.stdout
    assert account.here() == before
    assert [each["id"] for each in account.listed()] == [left]


def test_a_pool_on_the_listener_that_it_was_made_for_goes(account: Account) -> None:
    listener = account.listener("theirs", account.load_balancer("theirs"))
    pool = account.pool(account.dies("Pool", "web", {"listener_id": listener}), listener_id=listener)
    assert account.run("--delete", "--yes").exit_code == 0
    assert pool not in account.here()
    assert listener in account.here()


@pytest.mark.parametrize(
    ("arguments", "state", "environment", "said"),
    [
        ([], "no JSON", {}, "it isn't what `pulumi stack export` prints"),
        ([], "[]", {}, "it isn't what `pulumi stack export` prints"),
        ([], '{"version": 3}', {}, "it isn't what `pulumi stack export` prints"),
        ([], None, {"GCORE_API_KEY": ""}, "GCORE_API_KEY"),
        ([], None, {"GCORE_API_KEY": "1_wrong"}, "401"),
        ([], None, {"GCORE_CLOUD_REGION_ID": "x"}, "GCORE_CLOUD_REGION_ID"),
        (["--yes"], None, {}, "needs --delete"),
        (["--uncertain"], None, {}, "needs --delete"),
        (["--id", "1"], None, {}, "needs --delete"),
        (["--delete", "--uncertain", "--id", "1"], None, {}, "either --uncertain or --id"),
        (["--delete", "--json"], None, {}, "needs --yes"),
        (["--delete"], None, {}, "needs --yes"),
        (["--delete", "--yes", "--id", "1"], None, {}, "not among the orphans: 1"),
        (["--before", "/nowhere/state"], None, {}, "No such file"),
        (["--stack", "prod"], None, {"PATH": "", "GCORE_API_KEY": ""}, "is pulumi on PATH?"),
    ],
)
def test_failures(
    account: Account, arguments: list[str], state: str | None, environment: dict[str, str], said: str
) -> None:
    done = account.run(*arguments, state=state, **environment)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert done.stdout in ("", "No orphans.\n")


def test_a_configuration_that_can_not_be_read_leaves_the_environment(account: Account) -> None:
    """Without the passphrase, say: the state itself needs none."""
    left = account.secret(account.dies("CertificateAuthority", "ca"))

    def pulumi(arguments: Sequence[str]) -> str:
        if arguments[0] == "config":
            raise ConfigurationError("incorrect passphrase")
        assert list(arguments) == ["stack", "export"]
        return account.state

    said: list[str] = []
    found = search(environment=account.environment, run_pulumi=pulumi, note=said.append)
    assert [each.id for each in found.result.orphans] == [left]
    assert "incorrect passphrase" in said[0]
    with pytest.raises(ConfigurationError, match="incorrect passphrase"):
        search(environment={}, run_pulumi=pulumi)
