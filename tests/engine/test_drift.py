"""Drift, deleted objects and traffic impact, with the real engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from gcore_emulator import Emulator
from gcore_emulator.account import Listener, LoadBalancer, Pool
from gcore_tls_provider.certificates import DevelopmentFiles
from tests.engine.conftest import NewProgram
from tests.engine.stack import Stack

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
from gcore_tls_components import MTLSLoadBalancer
from gcore_tls_provider import from_file

config = pulumi.Config()
web = MTLSLoadBalancer(
    "web",
    listener_certificate={
        "certificate": from_file(config.require("server")),
        "private_key": from_file(config.require("serverKey")),
    },
    ca=from_file(config.require("ca")),
    client_certificate={
        "certificate": from_file(config.require("client")),
        "private_key": from_file(config.require("clientKey")),
    },
    crl=from_file(config.require("crl")),
    flavor=config.get("flavor") or "lb1-1-2",
    vip_network_id=config.get("network"),
    tags={"owner": "us"},
    protocol_port=config.get_int("port") or 443,
    connection_limit=500,
    lb_algorithm="LEAST_CONNECTIONS",
    timeout_member_data=7000,
    members=[
        {"address": "10.0.0.11", "protocol_port": 8443, "weight": 2},
        {"address": "10.0.0.12", "protocol_port": 8443},
    ],
)
"""
NETWORK = "0a000000-0000-4000-8000-000000000001"


@pytest.fixture
def stack(new_program: NewProgram, files: DevelopmentFiles) -> Stack:
    """Return a stack with the deployed program."""
    deployed = new_program(PROGRAM)
    deployed.configure(
        {
            "server": files.server,
            "serverKey": files.server_key,
            "client": files.client,
            "clientKey": files.client_key,
            "ca": files.ca,
            "crl": files.crl,
        }
    )
    deployed.up().expect_success()
    return deployed


def balancer(emulator: Emulator) -> LoadBalancer:
    (only,) = emulator.account.load_balancers.values()
    return only


def listener(emulator: Emulator) -> Listener:
    (only,) = emulator.account.listeners.values()
    return only


def pool(emulator: Emulator) -> Pool:
    (only,) = emulator.account.pools.values()
    return only


def configured(emulator: Emulator) -> Mapping[str, object]:
    """Return the properties from the program as they are in the account."""
    lb, https, backends = balancer(emulator), listener(emulator), pool(emulator)
    return {
        "flavor": lb.flavor,
        "tags": lb.tags,
        "limit": https.connection_limit,
        "certificate": https.secret_id in emulator.account.secrets,
        "algorithm": backends.lb_algorithm,
        "timeout": backends.timeout_member_data,
        "tls": [each in emulator.account.secrets for each in backends.secret_ids],
        "listener": backends.listener_ids == (https.id,),
        "members": {each.address: each.weight for each in backends.members},
        "monitor": backends.health_monitor and backends.health_monitor.type,
    }


def test_refresh_shows_drift_and_up_reverts_it(stack: Stack, emulator: Emulator) -> None:
    before, account = configured(emulator), emulator.account
    account.put(replace(balancer(emulator), tags={"owner": "them"}))
    account.put(replace(listener(emulator), connection_limit=9))
    first, second = pool(emulator).members
    account.put(
        replace(
            pool(emulator),
            lb_algorithm="SOURCE_IP",
            timeout_member_data=None,
            crl_secret_id=None,
            health_monitor=None,
            members=(replace(first, weight=77), replace(second, id="m-3", address="10.0.0.99")),
        )
    )
    refreshed = stack.refresh("--diff").expect_success()
    assert refreshed.counts()["updated"] == 3
    shown = "\n".join(refreshed.lines())
    for line in (
        '~ owner: "us" => "them"',
        "~ connection_limit : 500 => 9",
        '~ lb_algorithm : "LEAST_CONNECTIONS" => "SOURCE_IP"',
        "- timeout_member_data",
        "- crl_secret_id",
        "- health_monitor",
        "~ weight : 2 => 77",
        '~ address : "10.0.0.12" => "10.0.0.99"',
    ):
        assert line.replace(" ", "") in shown.replace(" ", ""), f"{line} in\n{refreshed.output}"
    done = stack.up().expect_success()
    assert done.counts()["updated"] == 3
    assert configured(emulator) == before
    stack.preview("--refresh").expect_no_changes()


def test_deleted_objects_are_recreated_with_their_dependents_and_unhealthy_ones_are_reported(
    stack: Stack, emulator: Emulator
) -> None:
    before, account = configured(emulator), emulator.account
    ca_id, ids = pool(emulator).ca_secret_id, (balancer(emulator).id, listener(emulator).id, pool(emulator).id)
    assert ca_id is not None
    account.secrets.pop(ca_id)
    done = stack.up("--refresh").expect_success()
    assert done.counts()["updated"] == 1
    assert pool(emulator).ca_secret_id in account.secrets
    assert (balancer(emulator).id, listener(emulator).id, pool(emulator).id) == ids
    assert configured(emulator) == before

    account.load_balancers.clear()
    account.listeners.clear()
    account.pools.clear()
    done = stack.up("--refresh").expect_success()
    assert done.counts()["created"] == 3
    assert configured(emulator) == before

    account.put(replace(pool(emulator), provisioning_status="ERROR"))
    name = pool(emulator).name
    (warning,) = stack.refresh().expect_success().diagnostics
    assert warning.startswith(
        f"warning: Gcore reports pool '{name}' ({pool(emulator).id}) as unhealthy: it is in provision"
    )


def test_the_preview_warns_about_traffic_impact(stack: Stack, emulator: Emulator) -> None:
    vip = balancer(emulator).vip.address
    stack.configure({"flavor": "lb1-2-4"})
    (warning,) = stack.preview().expect_success().diagnostics
    assert "resized in place from flavor lb1-1-2 to lb1-2-4, which cuts all connections" in warning
    resized = stack.up().expect_success()
    assert resized.counts()["updated"] == 1
    assert resized.diagnostics == [warning]
    assert balancer(emulator).flavor == "lb1-2-4"

    stack.configure({"network": NETWORK})
    preview = stack.preview().expect_success()
    assert preview.counts()["to replace"] == 3
    text = "\n".join(preview.diagnostics)
    assert "vip_network_id of a load balancer cannot be changed in place: it is replaced." in text
    assert f"The new load balancer is created first, and has another VIP than the current one ({vip})." in text
    assert "load_balancer_id of a listener cannot be changed in place" in text
    old = balancer(emulator).id
    stack.up().expect_success()
    assert balancer(emulator).id != old
    assert pool(emulator).listener_ids == (listener(emulator).id,)
    assert pool(emulator).load_balancer_id == listener(emulator).load_balancer_id == balancer(emulator).id
