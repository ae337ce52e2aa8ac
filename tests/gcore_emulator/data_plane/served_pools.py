"""Many pools on one load balancer, each with its own listener, so that one HAProxy serves a whole table of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gcore_emulator import Behavior
from gcore_emulator.account import EmulatedAccount, HealthMonitor
from gcore_emulator.data_plane import HaproxyDataPlane
from tests.gcore_emulator.data_plane import stored
from tests.gcore_emulator.data_plane.clients import Response, fetch
from tests.gcore_emulator.data_plane.waiting import until
from tests.material import LoadBalancerPki


@dataclass(frozen=True)
class ServedPools:
    """Pools that one HAProxy serves, by name."""

    plane: HaproxyDataPlane
    account: EmulatedAccount

    def fetch(self, name: str, server_name: str | None = "app.example", **options: Any) -> Response:
        endpoint = self.plane.endpoint(f"listener-{name}")
        assert endpoint is not None
        return fetch(endpoint.port, server_name, **options)

    def member_statuses(self, name: str) -> list[str]:
        seen = self.plane.operating_statuses(self.account)
        return [seen[member.id] for member in self.account.pools[f"pool-{name}"].members]

    def wait_for_checks(self) -> None:
        """Wait until HAProxy has probed every member with a monitor."""
        until(self._unprobed, lambda count: count == 0)

    def _unprobed(self) -> int:
        rows = self.plane._haproxies["lb"].statistics()
        members = [row for row in rows if row["svname"] not in ("FRONTEND", "BACKEND")]
        return sum(row["check_status"].removeprefix("* ") == "INI" for row in members) if members else 1


def probed(kind: str, **fields: Any) -> HealthMonitor:
    """Return a health monitor that probes every second, and changes the status after one probe."""
    return stored.monitor(type=kind, delay=1, timeout=1, max_retries=1, max_retries_down=1, **fields)


def serve_pools(
    plane: HaproxyDataPlane, material: LoadBalancerPki, pools: Mapping[str, tuple[Sequence[int], Mapping[str, Any]]]
) -> ServedPools:
    """Serve pools with mutual TLS.

    Args:
        plane: Data plane.
        material: Certificates of the secrets `server`, `client`, `ca`, and `crl`, which has no entries.
        pools: Ports of the members and other fields of each pool, by a name without blanks. `each_member` contains
            fields of its members.
    """
    account = stored.account(
        stored.load_balancer(),
        stored.secret("server", material.server.to_pkcs12()),
        stored.secret("client", material.client.to_pkcs12()),
        stored.secret("ca", material.ca.certificate_pem),
        stored.secret("crl", material.ca.issue_crl()),
    )
    for name, (ports, fields) in pools.items():
        more = dict(fields)
        member = more.pop("each_member", {})
        values = {
            "protocol": "HTTPS",
            "secret_id": "client",
            "ca_secret_id": "ca",
            "timeout_member_connect": 500,
            "listener_ids": (f"listener-{name}",),
            "members": tuple(
                stored.member(_id(name, port), address="127.0.0.1", protocol_port=port, **member) for port in ports
            ),
        }
        account.put(stored.listener(f"listener-{name}", protocol="TERMINATED_HTTPS", secret_id="server"))
        account.put(stored.pool(f"pool-{name}", **{**values, **more}))
    assert plane.apply(account, "lb", Behavior()) == {}
    return ServedPools(plane, account)


def _id(name: str, port: int) -> str:
    return f"{name}-{port}"
