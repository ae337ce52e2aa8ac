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
from tests.fake_engine.requests import PROJECT, REGION
from tests.fake_engine.stack import KEY, MISSING_ID, MONITOR, FakeStack, member

ROOT = Path(__file__).resolve().parents[3]


def create_all_kinds(stack: FakeStack) -> str:
    """Create a load balancer with one object of each kind, and return its ID."""
    balancer = stack.load_balancer("web", tags={"team": 'a "b" \' c\\d', "env": "prod"})
    server, sni, ca = stack.listener_certificate(), stack.listener_certificate("class"), stack.ca()
    listener = stack.create(
        "Listener",
        "https",
        load_balancer_id=balancer.id,
        secret_id=server.id,
        sni_secret_id=[sni.id],
        allowed_cidrs=["10.0.0.0/8"],
        user_list=[{"username": "ann", "encrypted_password": "canary-hash"}],
    )
    stack.create(
        "Pool",
        "backends",
        load_balancer_id=balancer.id,
        listener_id=listener.id,
        members=[member(), member("10.0.0.12", weight=3, backup=True)],
        ca_secret_id=ca.id,
        secret_id=stack.client_certificate().id,
        crl_secret_id=stack.crl().id,
        health_monitor=dict(MONITOR),
        session_persistence={"type": "HTTP_COOKIE"},
        lb_algorithm="SOURCE_IP",
    )
    # A listener and a pool with the minimum of properties, and the listener with the name of the pool.
    stack.create("Listener", "plain", load_balancer_id=balancer.id, protocol="HTTP", protocol_port=80, name="backends")
    stack.pool(balancer, "spare", protocol="HTTP", admin_state_up=False)
    return balancer.id


def read(stack: FakeStack, load_balancer_id: str) -> Discovery:
    with stack.writes() as writes:
        discovery = read_load_balancer(stack.session, load_balancer_id)
    assert writes == []
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


def test_discovery_contains_all_attached_objects_and_no_others(stack: FakeStack) -> None:
    discovery = read(stack, create_all_kinds(stack))
    other = stack.load_balancer("other")
    stack.listener(other, "foreign")
    assert read(stack, discovery.load_balancer.id) == discovery
    assert [each.properties["protocol_port"] for each in discovery.listeners] == [80, 443]
    assert len(discovery.pools) == 2
    assert [each.kind for each in discovery.secrets] == [
        "ListenerCertificate",
        "ListenerCertificate",
        "CertificateAuthority",
        "ClientCertificate",
        "RevocationList",
    ]


def test_program_sets_references_and_properties_that_differ_from_the_defaults(stack: FakeStack) -> None:
    load_balancer_id = create_all_kinds(stack)
    text = render_program(read(stack, load_balancer_id))
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


def test_program_passes_ruff_and_mypy_strict(stack: FakeStack, tmp_path: Path) -> None:
    """Check all programs in one run, because starting a checker costs more than its work."""
    discoveries = {"full": read(stack, create_all_kinds(stack)), "bare": read(stack, stack.load_balancer("bare").id)}
    secret_handlings: tuple[SecretHandling, ...] = ("adopt", "refer")
    for name, discovery in discoveries.items():
        for secrets in secret_handlings:
            for source, location in (("configured", None), ("named", Location(PROJECT, REGION))):
                path = tmp_path / f"{name}_{secrets}_{source}.py"
                path.write_text(render_program(discovery, secrets=secrets, location=location))
    for command in (
        ["ruff", "format", "--check", "--diff", "--isolated", "--line-length", "120"],
        ["ruff", "format", "--check", "--diff", "--isolated"],
        ["ruff", "check", "--isolated", "--select", "E,F,B,UP,SIM", "--line-length", "120"],
        ["mypy", "--strict"],
    ):
        result = subprocess.run(
            [sys.executable, "-m", *command, *map(str, sorted(tmp_path.iterdir()))],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr


def test_program_refers_to_secrets_by_id_with_the_refer_option(stack: FakeStack) -> None:
    discovery = read(stack, create_all_kinds(stack))
    text = render_program(discovery, secrets="refer")
    resources = resources_in(text)
    assert {each["kind"] for each in resources.values()} == {"LoadBalancer", "Listener", "Pool"}
    assert resources["https"]["certificate"] == repr(discovery.secrets[0].id)
    assert "from_file" not in text


def test_secret_that_another_load_balancer_uses_is_not_adopted(stack: FakeStack) -> None:
    load_balancer_id = create_all_kinds(stack)
    server = read(stack, load_balancer_id).secrets[0]
    other = stack.load_balancer("other")
    stack.create("Listener", "theirs", load_balancer_id=other.id, secret_id=server.id)
    text = render_program(read(stack, load_balancer_id))
    assert resources_in(text)["https"]["certificate"] == repr(server.id)
    assert f"# {server.id}: listener 'theirs-" in text


def test_secret_used_in_two_roles_becomes_one_resource(stack: FakeStack) -> None:
    balancer, server = stack.load_balancer("web"), stack.listener_certificate()
    stack.create("Listener", "https", load_balancer_id=balancer.id, secret_id=server.id)
    stack.pool(balancer, "backends", secret_id=server.id)
    resources = resources_in(render_program(read(stack, balancer.id)))
    assert resources["https"]["certificate"] == "server"
    assert resources["backends"]["client_certificate"] == "server.id"


def test_object_names_become_valid_and_unique_python_names(stack: FakeStack) -> None:
    balancer = stack.load_balancer("web", name="9 lives")
    stack.listener(balancer, name="class")
    stack.pool(balancer, name="pulumi")
    resources = resources_in(render_program(read(stack, balancer.id)))
    assert list(resources) == ["_9_lives", "_class", "pulumi_pool"]


def test_discover_reads_its_configuration_from_the_environment(stack: FakeStack) -> None:
    load_balancer_id = stack.load_balancer("web").id
    variables = {
        "GCORE_API_KEY": KEY,
        "GCORE_CLOUD_PROJECT_ID": str(PROJECT),
        "GCORE_CLOUD_REGION_ID": str(REGION),
        "GCORE_BASE_URL": stack.session.configuration.base_url,
    }
    assert "project_id" not in discover(f" {load_balancer_id}\n", environment=variables)
    other_project = discover(
        load_balancer_id, project_id=PROJECT, environment={**variables, "GCORE_CLOUD_PROJECT_ID": "7"}
    )
    assert f"    project_id={PROJECT},\n" in other_project
    with pytest.raises(ObjectFailed, match="have no load balancer with this ID"):
        discover(MISSING_ID, environment=variables)
    with pytest.raises(ConfigurationError, match="GCORE_API_KEY"):
        discover(load_balancer_id, environment={**variables, "GCORE_API_KEY": ""})
