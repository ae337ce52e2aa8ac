"""Operating statuses of the API from HAProxy's statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gcore_emulator.data_plane.health import statuses_of
from gcore_emulator.data_plane.sockets import parse_workers
from tests.gcore_emulator.data_plane import stored


def row(proxy: str, server: str, status: str, **fields: str) -> Mapping[str, str]:
    return {"pxname": proxy, "svname": server, "status": status, "scur": "0", "slim": "10", **fields}


def statuses(members: list[str], backend: str = "UP", frontend: dict[str, str] | None = None, **pool: Any) -> Any:
    """Return the statuses of load balancer, listener, pool and members for HAProxy's statuses of the members."""
    account = stored.account(
        stored.load_balancer(),
        stored.listener(),
        stored.pool(members=tuple(stored.member(f"m{number}") for number in range(len(members))), **pool),
    )
    rows = [
        row("listener", "FRONTEND", "OPEN", **(frontend or {})),
        *(row("pool:listener", f"m{number}", status) for number, status in enumerate(members)),
        row("pool:listener", "BACKEND", backend),
    ]
    found = statuses_of(account.load_balancers["lb"], account, rows)
    return [found[each] for each in ("lb", "listener", "pool", *(f"m{number}" for number in range(len(members))))]


@pytest.mark.parametrize(
    ("reported", "member"),
    [
        ("UP", "ONLINE"),
        ("UP 1/2", "ONLINE"),
        ("DOWN", "ERROR"),
        ("DOWN 1/3", "ERROR"),
        ("no check", "NO_MONITOR"),
        ("MAINT", "OFFLINE"),
        ("DRAIN", "DRAINING"),
    ],
)
def test_haproxy_status_of_a_server_becomes_the_status_of_its_member(reported: str, member: str) -> None:
    assert statuses([reported])[3] == member


@pytest.mark.parametrize(
    ("members", "backend", "above"),
    [
        (["UP", "UP"], "UP", "ONLINE"),
        ([], "UP", "ONLINE"),
        (["no check", "no check"], "UP", "ONLINE"),
        (["UP", "DOWN"], "UP", "DEGRADED"),
        (["DOWN", "DOWN"], "DOWN", "ERROR"),
        (["MAINT", "MAINT"], "DOWN", "ERROR"),
        (["UP", "MAINT"], "UP", "ONLINE"),
    ],
)
def test_statuses_of_members_determine_those_of_pool_and_load_balancer(
    members: list[str], backend: str, above: str
) -> None:
    balancer, listener, pool, *_ = statuses(members, backend)
    assert (balancer, listener, pool) == (above, "ONLINE", above)


def test_listener_at_its_connection_limit_is_degraded_with_its_load_balancer() -> None:
    assert statuses(["UP"], frontend={"scur": "10"})[:2] == ["DEGRADED", "DEGRADED"]


@pytest.mark.parametrize(("monitor", "member"), [(None, "NO_MONITOR"), (stored.monitor(), "OFFLINE")])
def test_objects_without_statistics_have_the_default_statuses(monitor: Any, member: str) -> None:
    account = stored.account(
        stored.load_balancer(), stored.listener(), stored.pool(members=(stored.member(),), health_monitor=monitor)
    )
    found = statuses_of(account.load_balancers["lb"], account, [])
    assert found == {"lb": "ONLINE", "listener": "ERROR", "pool": "OFFLINE", "member": member}
    account.put(stored.load_balancer(admin_state_up=False))
    found = statuses_of(account.load_balancers["lb"], account, [])
    assert (found["lb"], found["listener"]) == ("OFFLINE", "OFFLINE")


def test_member_behind_two_listeners_has_the_worst_of_its_statuses() -> None:
    pool = stored.pool(listener_ids=("one", "two"), members=(stored.member("m"),))
    account = stored.account(stored.load_balancer(), stored.listener("one"), stored.listener("two"), pool)
    rows = [
        row("pool:one", "m", "UP"),
        row("pool:one", "BACKEND", "UP"),
        row("pool:two", "m", "DOWN"),
        row("pool:two", "BACKEND", "UP"),
    ]
    assert statuses_of(account.load_balancers["lb"], account, rows)["m"] == "ERROR"


def test_response_of_the_master_lists_current_and_old_workers() -> None:
    response = """#<PID>          <type>          <reloads>       <uptime>        <version>
1162            master          5 [failed: 1]   0d00h02m07s     2.6.12
# workers
1271            worker          1               0d00h00m00s     2.6.12
# old workers
1233            worker          3               0d00h00m43s     2.6.12
1234            worker          4               0d00h00m53s     2.6.12
# programs
77              program         4               0d00h00m53s     2.6.12
"""
    found = parse_workers(response)
    assert (found.reloads, found.failed) == (5, 1)
    assert (set(found.current), set(found.old)) == ({1271}, {1233, 1234})
