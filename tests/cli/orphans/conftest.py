"""Emulated account with orphans, for tests of `gcore-tls orphans`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from gcore_emulator import Emulator, Settings, TaskSeconds, serving
from gcore_tls_provider.cli.app import app
from gcore_tls_provider.hidden_inputs import RECORD
from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming
from tests.fake_engine.recording_engine import IDENTITY, PendingCreateRecord, make_export
from tests.fake_engine.stack import urn_of
from tests.gcore_emulator.emulated_api import blob, pool_body
from tests.material import LoadBalancerPki

KEY = "1234_orphans"
SECRET_ROUTE = "/cloud/v1/secrets/{project_id}/{region_id}/{secret_id}"
OTHER_IDENTITY = "0f4a2f0e-0000-4000-8000-00000000ffff"
IN_COMPONENT = urn_of("Pool", "web").replace("pulumi-python", "gcore-tls:components:MTLSLoadBalancer$pulumi-python")


@dataclass
class Account:
    """Emulated account, and the state of a stack."""

    emulator: Emulator
    url: str
    http: httpx.Client
    material: LoadBalancerPki
    ids: list[str] = field(default_factory=list)
    resources: dict[str, str] = field(default_factory=dict)
    pending_creates: list[PendingCreateRecord] = field(default_factory=list)
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
        export = make_export(
            ids=self.ids, pending_creates=self.pending_creates, identity=self.identity, urns_by_id=self.resources
        )
        return export.decode()

    def run(self, *arguments: str, state: str | None = None, **environment: str) -> Result:
        text = self.state if state is None else state
        result = CliRunner().invoke(
            app, ["orphans", "--export", "-", *arguments], input=text, env={**self.environment, **environment}
        )
        assert KEY not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    def list_orphans(self, *arguments: str, **environment: str) -> list[dict[str, Any]]:
        orphans: list[dict[str, Any]] = json.loads(self.run("--json", *arguments, **environment).stdout)["orphans"]
        return orphans

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

    def interrupt_create(self, kind: str, name: str, inputs: Mapping[str, object] = MappingProxyType({})) -> str:
        """Add an interrupted create to the state, and return the name that it generated."""
        urn = urn_of(kind, name)
        self.pending_creates.append(PendingCreateRecord(urn, {RECORD: {"v": 1, "nonce": "a"}, **inputs}))
        return ObjectNaming.of_urn(IDENTITY, urn).name("a")

    def create(self, path: str, body: Mapping[str, object], project: int = 1) -> str:
        response = self.http.post(f"/cloud/{path}/{project}/7", json=body)
        assert response.status_code == 200, response.text
        task = self.http.get(f"/cloud/v1/tasks/{response.json()['tasks'][0]}").json()
        created: list[str] = next(
            ids for kind, ids in task["created_resources"].items() if ids and kind != "floatingips"
        )
        return created[0]

    def secret(self, name: str) -> str:
        return self.create("v1/secrets", blob(name, self.material.ca_payload))

    def load_balancer(self, name: str, project: int = 1) -> str:
        return self.create("v1/loadbalancers", {"name": name}, project)

    def listener(self, name: str, load_balancer_id: str, port: int = 80) -> str:
        body = {"name": name, "protocol": "HTTP", "protocol_port": port, "load_balancer_id": load_balancer_id}
        return self.create("v1/lblisteners", body)

    def pool(self, name: str, **fields: object) -> str:
        return self.create("v1/lbpools", pool_body(name=name, **fields))


@pytest.fixture(scope="module")
def material() -> LoadBalancerPki:
    return LoadBalancerPki.generate()


@pytest.fixture(scope="module")
def emulator_and_url() -> Iterator[tuple[Emulator, str]]:
    settings = Settings(api_key=KEY, projects=frozenset({1, 2}), regions=frozenset({7}), task_seconds=TaskSeconds(0.0))
    emulator = Emulator(settings)
    with serving(emulator) as url:
        yield emulator, url


@pytest.fixture
def account(emulator_and_url: tuple[Emulator, str], material: LoadBalancerPki) -> Iterator[Account]:
    """Empty account."""
    emulator, url = emulator_and_url
    emulator.reset()
    with httpx.Client(base_url=url, headers={"Authorization": f"APIKey {KEY}"}, verify=False) as client:
        yield Account(emulator, url, client, material)


def generated_name(kind: str, name: str, nonce: str = "z", identity: str = IDENTITY) -> str:
    return ObjectNaming.of_urn(identity, urn_of(kind, name)).name(nonce)
