"""Adoption of objects of another stack, with the real engine."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gcore_emulator import Emulator
from gcore_tls_provider.certificates import DevelopmentFiles
from tests.engine.conftest import NewProgram
from tests.engine.stack import Stack

pytestmark = pytest.mark.engine

# The requests are the same in both dialects.
openapi = pytest.mark.parametrize("dialect", ["openapi"], indirect=True)

# Objects of all kinds in another stack.
OTHER_STACK = """
import pulumi
import gcore_tls_provider as gcore

read = gcore.from_file
balancer = gcore.LoadBalancer("web", flavor="lb1-1-2", tags={{"owner": "them"}})
server = gcore.ListenerCertificate("server", certificate=read("{server}"), private_key=read("{server_key}"))
client = gcore.ClientCertificate("client", certificate=read("{client}"), private_key=read("{client_key}"))
ca = gcore.CertificateAuthority("ca", certificate=read("{ca}"))
crl = gcore.RevocationList("crl", revocation_list=read("{crl}"), ca=read("{ca}"))
raw = gcore.Secret("raw", payload="YWJj", secret_type="opaque")
listener = gcore.Listener("https", load_balancer=balancer, certificate=server)
pool = gcore.Pool(
    "backends",
    load_balancer=balancer,
    listener=listener,
    members=[{{"address": "10.0.0.11", "protocol_port": 8443}}],
    ca=ca,
    client_certificate=client,
    crl=crl,
    health_monitor={{"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3}},
)
for name in ("balancer", "server", "client", "ca", "crl", "raw", "listener", "pool"):
    pulumi.export(name, globals()[name].id)
"""

# A program that adopts the same objects. The braces are IDs and properties that tests change.
ADOPTING_STACK = """
import pulumi
import gcore_tls_provider as gcore

read = gcore.from_file
ids = {ids}
opts = pulumi.ResourceOptions({opts})
balancer = gcore.LoadBalancer("web", flavor="lb1-1-2", tags={{"owner": "{owner}"}}, opts=opts, **ids("balancer"))
server = gcore.ListenerCertificate(
    "server", certificate=read("{server}"), private_key=read("{server_key}"), opts=opts, **ids("server")
)
client = gcore.ClientCertificate(
    "client", certificate=read("{client}"), private_key=read("{client_key}"), opts=opts, **ids("client")
)
ca = gcore.CertificateAuthority("ca", certificate=read("{ca}"), opts=opts, **ids("ca"))
crl = gcore.RevocationList("crl", revocation_list=read("{crl}"), ca=read("{ca}"), opts=opts, **ids("crl"))
raw = gcore.Secret("raw", payload="YWJj", secret_type="opaque", opts=opts, **ids("raw"))
listener = gcore.Listener("https", load_balancer=balancer, certificate=server, opts=opts, **ids("listener"))
pool = gcore.Pool(
    "backends",
    load_balancer=balancer,
    listener=listener,
    members=[{members}],
    ca=ca,
    client_certificate=client,
    crl=crl,
    health_monitor={{"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3}},
    opts=opts,
    **ids("pool"),
)
for name in ("balancer", "server", "client", "ca", "crl", "raw", "listener", "pool"):
    pulumi.export(name, globals()[name].id)
"""

MEMBER = '{"address": "10.0.0.11", "protocol_port": 8443}'
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def paths(files: DevelopmentFiles) -> dict[str, str]:
    return {name: str(getattr(files, name)) for name in ("server", "server_key", "client", "client_key", "ca", "crl")}


def adopting_program(
    files: DevelopmentFiles,
    ids: Mapping[str, object] | None,
    *,
    owner: str = "them",
    members: str = MEMBER,
    opts: str = "",
) -> str:
    adopting = "lambda name: {}" if ids is None else f"lambda name: {{'existing_id': {dict(ids)!r}[name]}}"
    return ADOPTING_STACK.format(ids=adopting, owner=owner, members=members, opts=opts, **paths(files))


def rewrite(stack: Stack, text: str) -> None:
    (stack.program / "__main__.py").write_text(text)


def writes(emulator: Emulator, begin: int) -> list[str]:
    return [f"{each.method} {each.route}" for each in emulator.requests[begin:] if each.method in WRITES]


def deploy_other_stack(new_program: NewProgram, files: DevelopmentFiles) -> tuple[Stack, dict[str, object]]:
    stack = new_program(OTHER_STACK.format(**paths(files)))
    stack.up().expect_success()
    return stack, stack.outputs()


def test_objects_of_all_kinds_are_adopted_without_writes(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator
) -> None:
    _, ids = deploy_other_stack(new_program, files)
    begin = len(emulator.requests)
    stack = new_program(adopting_program(files, ids))
    preview = stack.preview().expect_success()
    assert preview.errors == []
    assert sum("is adopted" in each for each in preview.diagnostics) == 8
    assert not [each for each in preview.diagnostics if "Adoption changes it" in each]
    stack.up().expect_success()
    assert writes(emulator, begin) == []
    assert stack.outputs() == ids
    stack.preview().expect_no_changes()
    stack.refresh().expect_no_changes()
    stack.preview().expect_no_changes()

    rewrite(stack, adopting_program(files, None))
    stack.preview().expect_no_changes()
    stack.up().expect_success()
    stack.preview().expect_no_changes()
    assert writes(emulator, begin) == []

    stack.destroy().expect_success()
    assert not emulator.account.load_balancers
    assert not emulator.account.secrets


def test_the_preview_shows_differences_and_up_writes_them(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator
) -> None:
    _, ids = deploy_other_stack(new_program, files)
    begin = len(emulator.requests)
    second = '{"address": "10.0.0.12", "protocol_port": 8443}'
    stack = new_program(adopting_program(files, ids, owner="us", members=f"{MEMBER}, {second}"))
    diagnostics = stack.preview().expect_success().diagnostics
    assert any('tags: Adoption changes it from {"owner": "them"} to {"owner": "us"}.' in each for each in diagnostics)
    assert any("members: Adoption changes it from" in each and "10.0.0.12" in each for each in diagnostics)
    assert writes(emulator, begin) == []
    stack.up().expect_success()
    assert len(writes(emulator, begin)) == 2
    stack.preview().expect_no_changes()


@openapi
def test_the_preview_without_an_api_key_warns_that_it_compared_nothing(
    new_program: NewProgram, files: DevelopmentFiles
) -> None:
    _, ids = deploy_other_stack(new_program, files)
    stack = new_program(adopting_program(files, ids))
    del stack.variables["GCORE_API_KEY"]
    preview = stack.preview().expect_success()
    assert sum("could not be compared with the program: gcore:apiKey" in each for each in preview.diagnostics) == 8


@openapi
def test_destroy_with_retain_on_delete_deletes_nothing(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator
) -> None:
    _, ids = deploy_other_stack(new_program, files)
    stack = new_program(adopting_program(files, ids, opts="retain_on_delete=True"))
    stack.up().expect_success()
    begin = len(emulator.requests)
    stack.destroy().expect_success()
    assert writes(emulator, begin) == []
    assert (len(emulator.account.load_balancers), len(emulator.account.secrets)) == (1, 5)


ONE = """
import gcore_tls_provider as gcore

gcore.LoadBalancer("{name}", existing_id="{id}", flavor="lb1-1-2"{more})
"""


@pytest.fixture
def balancer(new_program: NewProgram) -> str:
    """Return the ID of a load balancer of another stack."""
    stack = new_program(
        'import gcore_tls_provider as gcore, pulumi\npulumi.export("id", gcore.LoadBalancer("theirs").id)\n'
    )
    stack.up().expect_success()
    return str(stack.outputs()["id"])


@openapi
def test_a_replacement_of_an_adopted_object_creates_a_new_object(
    new_program: NewProgram, emulator: Emulator, balancer: str
) -> None:
    """Both a forced replacement and a changed property delete the adopted object and do not adopt it again."""
    stack = new_program(ONE.format(name="web", id=balancer, more=""))
    stack.up().expect_success()
    urn = next(
        line.split('"')[3]
        for line in stack.run("stack", "export").expect_success().output.splitlines()
        if '"urn"' in line and "LoadBalancer::web" in line
    )
    stack.up("--target-replace", urn).expect_success()
    (second,) = emulator.account.load_balancers
    assert second != balancer
    stack.preview().expect_no_changes()
    rewrite(stack, ONE.format(name="web", id=balancer, more=', vip_ip_family="ipv6"'))
    preview = stack.preview().expect_success()
    assert preview.counts()["to replace"] == 1
    stack.up().expect_success()
    (third,) = emulator.account.load_balancers
    assert third not in (balancer, second)
    stack.preview().expect_no_changes()


def test_a_changed_existing_id_deletes_the_current_object_after_a_warning(
    new_program: NewProgram, emulator: Emulator, balancer: str
) -> None:
    stack = new_program(ONE.format(name="web", id=balancer, more=""))
    stack.up().expect_success()
    other = new_program(
        'import gcore_tls_provider as gcore, pulumi\npulumi.export("id", gcore.LoadBalancer("more").id)\n'
    )
    other.up().expect_success()
    wanted = str(other.outputs()["id"])
    rewrite(stack, ONE.format(name="web", id=wanted, more=""))
    preview = stack.preview().expect_success()
    assert preview.counts()["to replace"] == 1
    assert any("the current one is deleted" in each for each in preview.diagnostics)
    stack.up().expect_success()
    assert set(emulator.account.load_balancers) == {wanted}


@openapi
def test_an_object_managed_by_another_resource_is_an_error(new_program: NewProgram, balancer: str) -> None:
    one = ONE.format(name="web", id=balancer, more="")
    stack = new_program(one + one.replace('"web"', '"again"'))
    preview = stack.preview().expect_failure()
    assert any("already managed by" in each for each in preview.errors)
    rewrite(stack, one)
    stack.up().expect_success()
    rewrite(stack, one + one.replace('"web"', '"again"'))
    preview = stack.preview().expect_failure()
    assert any("LoadBalancer::web of this stack." in each for each in preview.errors)


@openapi
@pytest.mark.parametrize(
    ("id_", "message"),
    [
        ("00000000-0000-4000-8000-000000000000", "There is no load balancer"),
        ("web", "'web' is not the ID of a Gcore object"),
    ],
)
def test_a_wrong_id_is_an_error(id_: str, message: str, new_program: NewProgram) -> None:
    preview = new_program(ONE.format(name="web", id=id_, more="")).preview().expect_failure()
    assert len([each for each in preview.errors if message in each]) == 1, preview.output


@openapi
def test_a_difference_that_cannot_change_in_place_is_an_error(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator
) -> None:
    _, ids = deploy_other_stack(new_program, files)
    begin = len(emulator.requests)
    text = adopting_program(files, ids).replace(
        "load_balancer=balancer, certificate", "load_balancer=balancer, protocol_port=444, certificate"
    )
    preview = new_program(text).preview().expect_failure()
    assert any("protocol_port" in each and "cannot be changed in place" in each for each in preview.errors)
    assert writes(emulator, begin) == []
