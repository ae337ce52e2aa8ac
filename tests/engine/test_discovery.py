"""Programs printed by `discover`, deployed with the real engine."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gcore_emulator import Emulator
from gcore_emulator.account import BasicAuthUser
from gcore_tls_provider.api.wire.load_balancers import LoggingSet
from gcore_tls_provider.api.wire.pools import SessionPersistenceSet
from gcore_tls_provider.certificates import DevelopmentFiles
from gcore_tls_provider.cli.discover.discovery import discover
from tests.engine.conftest import NewProgram
from tests.engine.other_tool import OtherTool

pytestmark = pytest.mark.engine

WRITES = ("POST", "PUT", "PATCH", "DELETE")


def writes(emulator: Emulator, begin: int) -> list[str]:
    """Return the successful write requests. The other dialect's routes return an error."""
    return [str(each.route) for each in emulator.requests[begin:] if each.method in WRITES and each.status == 200]


def _create_load_balancer_with_all_fields(
    other_tool: OtherTool, files: DevelopmentFiles, emulator: Emulator
) -> dict[str, str]:
    """Create a load balancer with few default values, and return the IDs of its objects."""
    ids = other_tool.create_load_balancer(files, members=["10.0.0.11", "10.0.0.12"], port=8443, mutual_tls=True)
    shop, revoked = (
        other_tool.create_identity("shop", files.shop, files.shop_key),
        other_tool.create_secret("revoked", files.crl.read_bytes()),
    )
    account = emulator.account
    balancer, listener, pool = (
        account.load_balancers[ids["loadBalancer"]],
        account.listeners[ids["listener"]],
        account.pools[ids["pool"]],
    )
    logs = LoggingSet.model_validate({"enabled": True, "topic_name": "logs", "retention_policy": {"period": None}})
    account.put(replace(balancer, tags={"owner": "them"}, logging=logs, preferred_connectivity="L3"))
    account.put(
        replace(
            listener,
            sni_secret_ids=(shop,),
            connection_limit=500,
            allowed_cidrs=("192.0.2.0/24", "10.0.0.0/8"),
            timeout_client_data=5000,
            user_list=(BasicAuthUser(username="ann", encrypted_password="canary-hash"),),
        )
    )
    first, second = pool.members
    account.put(
        replace(
            pool,
            crl_secret_id=revoked,
            lb_algorithm="SOURCE_IP",
            session_persistence=SessionPersistenceSet(type="HTTP_COOKIE"),
            timeout_member_connect=1000,
            timeout_member_data=2000,
            members=(replace(first, weight=7, monitor_port=9000), replace(second, backup=True, admin_state_up=False)),
        )
    )
    return ids


def test_the_printed_program_adopts_all_objects_without_writes(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator, url: str
) -> None:
    ids = _create_load_balancer_with_all_fields(OtherTool(url), files, emulator)
    begin = len(emulator.requests)
    stack = new_program("")
    text = discover(ids["loadBalancer"], environment=stack.variables)
    (stack.program / "__main__.py").write_text(text)
    keys = re.findall(r"^# pulumi config set (\w+) ", text, re.MULTILINE)
    assert keys == ["server", "serverKey", "shop", "shopKey", "backendsCa", "client", "clientKey", "revoked"]
    servers = (files.server, files.server_key, files.shop, files.shop_key)
    paths = (*servers, files.ca, files.client, files.client_key, files.crl)
    stack.configure({key: str(path) for key, path in zip(keys, paths, strict=True)})

    preview = stack.preview().expect_success()
    assert preview.counts() == {"to create": 9}
    assert sum("is adopted" in each for each in preview.diagnostics) == 8
    assert not [each for each in preview.diagnostics if "Adoption changes it" in each]
    stack.up().expect_success()
    assert writes(emulator, begin) == []
    assert stack.outputs() == {"load_balancer_id": ids["loadBalancer"]}
    stack.preview().expect_no_changes()
    stack.refresh().expect_no_changes()

    without = re.sub(r"^    existing_id=.*\n", "", text, flags=re.MULTILINE)
    assert without != text
    (stack.program / "__main__.py").write_text(without)
    stack.preview().expect_no_changes()


def test_only_changed_fields_of_the_printed_program_are_written(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator, url: str
) -> None:
    ids = OtherTool(url).create_load_balancer(files, members=["10.0.0.11"], port=8443, mutual_tls=False)
    begin = len(emulator.requests)
    stack = new_program("")
    text = discover(ids["loadBalancer"], secrets="refer", environment=stack.variables)
    changed = text.replace('lb_algorithm="ROUND_ROBIN"', 'lb_algorithm="SOURCE_IP"').replace(
        '    flavor="lb1-1-2",\n', '    flavor="lb1-1-2",\n    tags={"team": "platform"},\n'
    )
    if changed.count("SOURCE_IP") == 0:
        changed = changed.replace('    protocol="HTTP",\n', '    protocol="HTTP",\n    lb_algorithm="SOURCE_IP",\n')
    (stack.program / "__main__.py").write_text(changed)
    preview = stack.preview().expect_success()
    differing = [each for each in preview.diagnostics if "Adoption changes it" in each]
    assert len(differing) == 2
    stack.up().expect_success()
    assert len(writes(emulator, begin)) == 2
    stack.preview().expect_no_changes()
