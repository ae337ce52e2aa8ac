"""The generated program sets what differs from the defaults, is typed and formatted, and changes nothing."""

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

ROOT = Path(__file__).resolve().parents[3]


def full(world: World) -> str:
    """Create a load balancer with one object of each kind, and return its ID."""
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
    # A listener and a pool with the minimum of properties, and the listener with a name that is taken.
    world.create("Listener", "plain", load_balancer_id=balancer.id, protocol="HTTP", protocol_port=80, name="backends")
    world.pool(balancer, "spare", protocol="HTTP", admin_state_up=False)
    return balancer.id


def read(world: World, load_balancer_id: str) -> Discovery:
    with world.writes() as sent:
        discovery = read_load_balancer(world.session, load_balancer_id)
    assert sent == []
    return discovery


def resources_in(text: str) -> dict[str, dict[str, str]]:
    """Return the source of each resource's arguments, by the name of its variable."""
    return {
        ast.unparse(each.targets[0]): {
            "kind": ast.unparse(each.value.func),
            **{str(keyword.arg): ast.unparse(keyword.value) for keyword in each.value.keywords},
        }
        for each in ast.parse(text).body
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Call)
    }


def test_discovery_contains_all_attached_objects_and_no_others(world: World) -> None:
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


def test_program_sets_references_and_properties_that_differ_from_the_defaults(world: World) -> None:
    load_balancer_id = full(world)
    text = render_program(read(world, load_balancer_id))
    resources = resources_in(text)
    assert resources["web"] == {
        "kind": "LoadBalancer",
        "existing_id": repr(load_balancer_id),
        "flavor": "'lb1-1-2'",
        "tags": repr({"team": 'a "b" \' c\\d', "env": "prod"}),
    }
    https = resources["https"]
    assert (https["load_balancer"], https["certificate"], https["sni_certificates"]) == ("web", "server", "[_class]")
    pool = next(each for each in resources.values() if each["kind"] == "Pool" and "ca" in each)
    assert (pool["listener"], pool["ca"], pool["client_certificate"], pool["crl"]) == ("https", "ca", "client", "crl")
    assert "name" not in https
    assert resources["client"]["private_key"] == "material('clientKey')"
    assert "# pulumi config set clientKey path/to/file.pem\n" in text
    assert "canary" not in text
    assert "user_list" not in text


def test_program_passes_ruff_and_mypy_strict(world: World, tmp_path: Path) -> None:
    """Check all programs in one run, because starting a checker costs more than its work."""
    found = {"full": read(world, full(world)), "bare": read(world, world.load_balancer("bare").id)}
    choices: tuple[SecretHandling, ...] = ("adopt", "refer")
    for name, discovery in found.items():
        for secrets in choices:
            for source, location in (("configured", None), ("named", Location(PROJECT, REGION))):
                path = tmp_path / f"{name}_{secrets}_{source}.py"
                path.write_text(render_program(discovery, secrets=secrets, location=location))
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


def test_program_refers_to_secrets_by_id_with_refer(world: World) -> None:
    discovery = read(world, full(world))
    text = render_program(discovery, secrets="refer")
    resources = resources_in(text)
    assert {each["kind"] for each in resources.values()} == {"LoadBalancer", "Listener", "Pool"}
    assert resources["https"]["certificate"] == repr(discovery.secrets[0].id)
    assert "from_file" not in text


def test_secret_that_another_load_balancer_uses_is_not_adopted(world: World) -> None:
    load_balancer_id = full(world)
    server = read(world, load_balancer_id).secrets[0]
    other = world.load_balancer("other")
    world.create("Listener", "theirs", load_balancer_id=other.id, secret_id=server.id)
    text = render_program(read(world, load_balancer_id))
    assert resources_in(text)["https"]["certificate"] == repr(server.id)
    assert f"# {server.id}: listener 'theirs-" in text


def test_secret_used_in_two_roles_becomes_one_resource(world: World) -> None:
    balancer, server = world.load_balancer("web"), world.listener_certificate()
    world.create("Listener", "https", load_balancer_id=balancer.id, secret_id=server.id)
    world.pool(balancer, "backends", secret_id=server.id)
    resources = resources_in(render_program(read(world, balancer.id)))
    assert resources["https"]["certificate"] == "server"
    assert resources["backends"]["client_certificate"] == "server.id"


def test_object_names_become_valid_and_unique_python_names(world: World) -> None:
    balancer = world.load_balancer("web", name="9 lives")
    world.listener(balancer, name="class")
    world.pool(balancer, name="pulumi")
    resources = resources_in(render_program(read(world, balancer.id)))
    assert list(resources) == ["_9_lives", "_class", "pulumi_pool"]


def test_discover_reads_its_configuration_from_the_environment(world: World) -> None:
    load_balancer_id = world.load_balancer("web").id
    variables = {
        "GCORE_API_KEY": KEY,
        "GCORE_CLOUD_PROJECT_ID": str(PROJECT),
        "GCORE_CLOUD_REGION_ID": str(REGION),
        "GCORE_BASE_URL": world.session.configuration.base_url,
    }
    assert "project_id" not in discover(f" {load_balancer_id}\n", environment=variables)
    other_project = discover(
        load_balancer_id, project_id=PROJECT, environment={**variables, "GCORE_CLOUD_PROJECT_ID": "7"}
    )
    assert f"    project_id={PROJECT},\n" in other_project
    with pytest.raises(ObjectFailed, match="have no load balancer with this ID"):
        discover(NOWHERE, environment=variables)
    with pytest.raises(ConfigurationError, match="GCORE_API_KEY"):
        discover(load_balancer_id, environment={**variables, "GCORE_API_KEY": ""})
