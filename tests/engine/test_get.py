"""`X.get(name, id)` for all kinds: reads what is there, manages nothing, and says what isn't there."""

from __future__ import annotations

import pytest

from gcore_emulator import Emulator
from gcore_tls_provider.certificates import DevelopmentFiles
from gcore_tls_provider.lifecycle.kinds import KINDS as LIFECYCLE_KINDS
from tests.engine.accounts import EU, configure_abroad
from tests.engine.conftest import EU_PROJECT, NewProgram
from tests.engine.foreign import Portal

pytestmark = pytest.mark.engine

# What each kind is read from, of what `Portal.load_balancer` makes, and an output of it.
KINDS = {
    "Secret": ("certificate", "name", "server"),
    "ListenerCertificate": ("certificate", "name", "server"),
    "ClientCertificate": ("clientCertificate", "name", "client"),
    "CertificateAuthority": ("ca", "name", "authority"),
    "RevocationList": ("ca", "name", "authority"),
    "LoadBalancer": ("loadBalancer", "name", "made-by-hand"),
    "Listener": ("listener", "protocol_port", 443),
    "Pool": ("pool", "protocol", "HTTPS"),
    "PoolTlsAttachment": ("pool", "protocol", "HTTPS"),
}

MISSING = "00000000-0000-4000-8000-000000000000"


def program(ids: dict[str, str]) -> str:
    lines = ["import pulumi", "import gcore_tls_provider as gcore"]
    for kind, (role, output, _) in KINDS.items():
        lines.append(f'it = gcore.{kind}.get("{kind}", "{ids[role]}")')
        lines.append(f'pulumi.export("{kind}", it.{output})')
        lines.append(f'pulumi.export("{kind}-id", it.id)')
    return "\n".join(lines) + "\n"


def test_every_kind_is_here() -> None:
    assert set(KINDS) == set(LIFECYCLE_KINDS) - {"PoolTlsSnapshot"}


def test_all_kinds(new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator, url: str) -> None:
    ids = Portal(url).load_balancer(files, members=["10.0.0.11"], port=8443, mutual_tls=True)
    begin = len(emulator.requests)
    stack = new_program(program(ids))
    stack.preview().expect_success()
    stack.up().expect_success()
    expected = {kind: value for kind, (_, _, value) in KINDS.items()}
    expected |= {f"{kind}-id": ids[role] for kind, (role, _, _) in KINDS.items()}
    assert stack.outputs() == expected
    stack.preview().expect_nothing_to_do()
    stack.refresh().expect_success()
    stack.destroy().expect_success()
    assert {each.method for each in emulator.requests[begin:]} == {"GET"}
    assert len(emulator.account.load_balancers) == 1


# Reading is alike in both dialects.
openapi = pytest.mark.parametrize("dialect", ["openapi"], indirect=True)


@openapi
def test_what_is_not_there(new_program: NewProgram) -> None:
    stack = new_program(f'import gcore_tls_provider as gcore\ngcore.Pool.get("it", "{MISSING}")\n')
    (error,) = stack.preview().expect_failure().errors
    assert MISSING in error
    assert "there is no such object in this project and region" in error


@openapi
def test_from_another_account(new_program: NewProgram, abroad: tuple[Emulator, str], emulator: Emulator) -> None:
    stack = new_program(
        "import gcore_tls_provider as gcore, pulumi\n"
        f'made = gcore.LoadBalancer("web", provider_config="{EU}")\n'
        'pulumi.export("id", made.id)\n'
    )
    configure_abroad(stack, abroad[1])
    stack.up().expect_success()
    id_ = stack.outputs()["id"]
    reader = new_program(
        "import gcore_tls_provider as gcore, pulumi\n"
        f'it = gcore.LoadBalancer.get("web", "{id_}", provider_config="{EU}", project_id={EU_PROJECT})\n'
        'pulumi.export("name", it.name)\n'
    )
    configure_abroad(reader, abroad[1])
    reader.up().expect_success()
    assert str(reader.outputs()["name"]).startswith("web-")
    reader.preview().expect_nothing_to_do()
    assert not emulator.account.load_balancers
