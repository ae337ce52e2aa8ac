"""The printed program: what it says, that it is typed and formatted, and that adopting it changes nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from gcore_tls_provider.api.connection import Location
from gcore_tls_provider.cli.discover.account import Discovery, read_load_balancer
from gcore_tls_provider.cli.discover.discovery import discover
from gcore_tls_provider.cli.discover.program import SecretHandling, render_program
from gcore_tls_provider.errors import ConfigurationError, ObjectFailed
from tests.fake_engine.account import KEY, MONITOR, NOWHERE, World, member
from tests.fake_engine.requests import PROJECT, REGION

ROOT = Path(__file__).resolve().parents[2]


def full(world: World) -> str:
    """A load balancer with one of everything."""
    balancer = world.load_balancer("web", tags={"team": 'a "b" \' c\\d', "env": "prod"})
    server, sni, ca = world.listener_certificate(), world.listener_certificate("class"), world.ca()
    listener = world.create(
        "Listener",
        "https",
        load_balancer_id=balancer.id,
        secret_id=server.id,
        sni_secret_id=[sni.id],
        allowed_cidrs=["10.0.0.0/8"],
        user_list=[{"username": "ann", "encrypted_password": "canary-hash"}],
    )
    world.create(
        "Pool",
        "backends",
        load_balancer_id=balancer.id,
        listener_id=listener.id,
        members=[member(), member("10.0.0.12", weight=3, backup=True)],
        ca_secret_id=ca.id,
        secret_id=world.client_certificate().id,
        crl_secret_id=world.crl().id,
        health_monitor=dict(MONITOR),
        session_persistence={"type": "HTTP_COOKIE"},
        lb_algorithm="SOURCE_IP",
    )
    # Two more, of the same name and without anything.
    world.create("Listener", "plain", load_balancer_id=balancer.id, protocol="HTTP", protocol_port=80, name="backends")
    world.pool(balancer, "spare", protocol="HTTP", admin_state_up=False)
    return balancer.id


def read(world: World, load_balancer_id: str) -> Discovery:
    with world.writes() as sent:
        discovery = read_load_balancer(world.session, load_balancer_id)
    assert sent == []
    return discovery


def calls(text: str) -> dict[str, dict[str, str]]:
    """The arguments of each resource, as they are written, by its variable."""
    return {
        ast.unparse(each.targets[0]): {
            "kind": ast.unparse(each.value.func),
            **{str(keyword.arg): ast.unparse(keyword.value) for keyword in each.value.keywords},
        }
        for each in ast.parse(text).body
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Call)
    }


def test_everything_that_belongs_to_it_is_found(world: World) -> None:
    discovery = read(world, full(world))
    other = world.load_balancer("other")
    world.listener(other, "foreign")
    assert read(world, discovery.load_balancer.id) == discovery
    assert [each.properties["protocol_port"] for each in discovery.listeners] == [80, 443]
    assert len(discovery.pools) == 2
    assert [each.kind for each in discovery.secrets] == [
        "ListenerCertificate",
        "ListenerCertificate",
        "CertificateAuthority",
        "ClientCertificate",
        "RevocationList",
    ]


def test_what_it_says(world: World) -> None:
    load_balancer_id = full(world)
    text = render_program(read(world, load_balancer_id))
    said = calls(text)
    assert said["web"] == {
        "kind": "LoadBalancer",
        "existing_id": repr(load_balancer_id),
        "flavor": "'lb1-1-2'",
        "tags": repr({"team": 'a "b" \' c\\d', "env": "prod"}),
    }
    https = said["https"]
    assert (https["load_balancer"], https["certificate"], https["sni_certificates"]) == ("web", "server", "[_class]")
    pool = next(each for each in said.values() if each["kind"] == "Pool" and "ca" in each)
    assert (pool["listener"], pool["ca"], pool["client_certificate"], pool["crl"]) == ("https", "ca", "client", "crl")
    assert "name" not in https
    assert said["client"]["private_key"] == "material('clientKey')"
    assert "# pulumi config set clientKey path/to/file.pem\n" in text
    assert "canary" not in text
    assert "user_list" not in text


def test_it_is_typed_and_formatted(world: World, tmp_path: Path) -> None:
    """All of them in one go: to start a checker costs more than what it does."""
    found = {"full": read(world, full(world)), "bare": read(world, world.load_balancer("bare").id)}
    choices: tuple[SecretHandling, ...] = ("adopt", "refer")
    for name, discovery in found.items():
        for secrets in choices:
            for where, scope in (("configured", None), ("named", Location(PROJECT, REGION))):
                path = tmp_path / f"{name}_{secrets}_{where}.py"
                path.write_text(render_program(discovery, secrets=secrets, location=scope))
    for command in (
        ["ruff", "format", "--check", "--diff", "--isolated", "--line-length", "120"],
        ["ruff", "format", "--check", "--diff", "--isolated"],
        ["ruff", "check", "--isolated", "--select", "E,F,B,UP,SIM", "--line-length", "120"],
        ["mypy", "--strict"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command, *map(str, sorted(tmp_path.iterdir()))],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_secrets_by_their_ids(world: World) -> None:
    discovery = read(world, full(world))
    text = render_program(discovery, secrets="refer")
    said = calls(text)
    assert {each["kind"] for each in said.values()} == {"LoadBalancer", "Listener", "Pool"}
    assert said["https"]["certificate"] == repr(discovery.secrets[0].id)
    assert "from_file" not in text


def test_a_secret_that_another_load_balancer_uses_is_not_adopted(world: World) -> None:
    load_balancer_id = full(world)
    server = read(world, load_balancer_id).secrets[0]
    other = world.load_balancer("other")
    world.create("Listener", "theirs", load_balancer_id=other.id, secret_id=server.id)
    text = render_program(read(world, load_balancer_id))
    assert calls(text)["https"]["certificate"] == repr(server.id)
    assert f"# {server.id}: listener 'theirs-" in text


def test_a_secret_in_two_roles_is_one_resource(world: World) -> None:
    balancer, server = world.load_balancer("web"), world.listener_certificate()
    world.create("Listener", "https", load_balancer_id=balancer.id, secret_id=server.id)
    world.pool(balancer, "backends", secret_id=server.id)
    said = calls(render_program(read(world, balancer.id)))
    assert said["https"]["certificate"] == "server"
    assert said["backends"]["client_certificate"] == "server.id"


def test_names_that_python_cannot_have(world: World) -> None:
    balancer = world.load_balancer("web", name="9 lives")
    world.listener(balancer, name="class")
    world.pool(balancer, name="pulumi")
    said = calls(render_program(read(world, balancer.id)))
    assert list(said) == ["_9_lives", "_class", "pulumi_pool"]


def test_the_configured_command(world: World) -> None:
    load_balancer_id = world.load_balancer("web").id
    variables = {
        "GCORE_API_KEY": KEY,
        "GCORE_CLOUD_PROJECT_ID": str(PROJECT),
        "GCORE_CLOUD_REGION_ID": str(REGION),
        "GCORE_BASE_URL": world.session.configuration.base_url,
    }
    assert "project_id" not in discover(f" {load_balancer_id}\n", environment=variables)
    elsewhere = discover(load_balancer_id, project_id=PROJECT, environment={**variables, "GCORE_CLOUD_PROJECT_ID": "7"})
    assert f"    project_id={PROJECT},\n" in elsewhere
    with pytest.raises(ObjectFailed, match="there is no such object"):
        discover(NOWHERE, environment=variables)
    with pytest.raises(ConfigurationError, match="GCORE_API_KEY"):
        discover(load_balancer_id, environment={**variables, "GCORE_API_KEY": ""})
