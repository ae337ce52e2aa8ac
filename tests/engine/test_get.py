"""`X.get(name, id)` of all kinds, with the real engine."""

from __future__ import annotations

import pytest

from gcore_emulator import Emulator
from gcore_tls_provider.certificates import DevelopmentFiles
from gcore_tls_provider.lifecycle.kinds import KINDS as LIFECYCLE_KINDS
from tests.engine.accounts import EU, configure_eu_account
from tests.engine.conftest import EU_PROJECT, NewProgram
from tests.engine.other_tool import OtherTool

pytestmark = pytest.mark.engine

# For each kind: the role of an object from `OtherTool.create_load_balancer`, an output, and its value.
KINDS = {
    "Secret": ("certificate", "name", "server"),
    "ListenerCertificate": ("certificate", "name", "server"),
    "ClientCertificate": ("clientCertificate", "name", "client"),
    "CertificateAuthority": ("ca", "name", "backends-ca"),
    "RevocationList": ("ca", "name", "backends-ca"),
    "LoadBalancer": ("loadBalancer", "name", "created-by-hand"),
    "Listener": ("listener", "protocol_port", 443),
    "Pool": ("pool", "protocol", "HTTPS"),
    "PoolTlsAttachment": ("pool", "protocol", "HTTPS"),
}

MISSING = "00000000-0000-4000-8000-000000000000"


def program(ids: dict[str, str]) -> str:
    """Return a program that reads and exports an object of each kind."""
    lines = ["import pulumi", "import gcore_tls_provider as gcore"]
    for kind, (role, output, _) in KINDS.items():
        lines.append(f'it = gcore.{kind}.get("{kind}", "{ids[role]}")')
        lines.append(f'pulumi.export("{kind}", it.{output})')
        lines.append(f'pulumi.export("{kind}-id", it.id)')
    return "\n".join(lines) + "\n"


def test_every_kind_with_a_get_is_covered() -> None:
    assert set(KINDS) == set(LIFECYCLE_KINDS) - {"PoolTlsSnapshot"}


def test_get_reads_objects_of_all_kinds_and_writes_nothing(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator, url: str
) -> None:
    ids = OtherTool(url).create_load_balancer(files, members=["10.0.0.11"], port=8443, mutual_tls=True)
    begin = len(emulator.requests)
    stack = new_program(program(ids))
    stack.preview().expect_success()
    stack.up().expect_success()
    expected = {kind: value for kind, (_, _, value) in KINDS.items()}
    expected |= {f"{kind}-id": ids[role] for kind, (role, _, _) in KINDS.items()}
    assert stack.outputs() == expected
    stack.preview().expect_no_changes()
    stack.refresh().expect_success()
    stack.destroy().expect_success()
    assert {each.method for each in emulator.requests[begin:]} == {"GET"}
    assert len(emulator.account.load_balancers) == 1


# Reads are the same in both dialects.
openapi = pytest.mark.parametrize("dialect", ["openapi"], indirect=True)


@openapi
def test_get_of_a_missing_object_is_an_error(new_program: NewProgram) -> None:
    stack = new_program(f'import gcore_tls_provider as gcore\ngcore.Pool.get("it", "{MISSING}")\n')
    (error,) = stack.preview().expect_failure().errors
    assert MISSING in error
    assert "there is no such object in this project and region" in error


@openapi
def test_get_reads_from_another_account(
    new_program: NewProgram, eu_account: tuple[Emulator, str], emulator: Emulator
) -> None:
    stack = new_program(
        "import gcore_tls_provider as gcore, pulumi\n"
        f'balancer = gcore.LoadBalancer("web", provider_config="{EU}")\n'
        'pulumi.export("id", balancer.id)\n'
    )
    configure_eu_account(stack, eu_account[1])
    stack.up().expect_success()
    id_ = stack.outputs()["id"]
    reader = new_program(
        "import gcore_tls_provider as gcore, pulumi\n"
        f'it = gcore.LoadBalancer.get("web", "{id_}", provider_config="{EU}", project_id={EU_PROJECT})\n'
        'pulumi.export("name", it.name)\n'
    )
    configure_eu_account(reader, eu_account[1])
    reader.up().expect_success()
    assert str(reader.outputs()["name"]).startswith("web-")
    reader.preview().expect_no_changes()
    assert not emulator.account.load_balancers
