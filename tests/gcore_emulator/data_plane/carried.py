"""Many pools on one load balancer, a listener each: one HAProxy for a whole table of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gcore_emulator import Behavior
from gcore_emulator.account import EmulatedAccount, HealthMonitor
from gcore_emulator.data_plane import HaproxyDataPlane
from tests.gcore_emulator.data_plane import stored
from tests.gcore_emulator.data_plane.clients import Answer, ask
from tests.gcore_emulator.data_plane.waiting import until
from tests.material import LoadBalancerPki


@dataclass(frozen=True)
class Carried:
    """Pools that carry traffic, by name."""

    plane: HaproxyDataPlane
    account: EmulatedAccount

    def ask(self, name: str, asked: str | None = "app.example", **options: Any) -> Answer:
        endpoint = self.plane.endpoint(f"listener-{name}")
        assert endpoint is not None
        return ask(endpoint.port, asked, **options)

    def member_statuses(self, name: str) -> list[str]:
        seen = self.plane.operating_statuses(self.account)
        return [seen[member.id] for member in self.account.pools[f"pool-{name}"].members]

    def wait_for_checks(self) -> None:
        """Until every member that has a monitor was probed once."""
        until(self._unprobed, lambda count: count == 0)

    def _unprobed(self) -> int:
        rows = self.plane._haproxies["lb"].statistics()
        members = [row for row in rows if row["svname"] not in ("FRONTEND", "BACKEND")]
        return sum(row["check_status"].removeprefix("* ") == "INI" for row in members) if members else 1


def probed(kind: str, **fields: Any) -> HealthMonitor:
    """A health monitor that probes each second, and believes the first answer."""
    return stored.monitor(type=kind, delay=1, timeout=1, max_retries=1, max_retries_down=1, **fields)


def carry(
    plane: HaproxyDataPlane, material: LoadBalancerPki, pools: Mapping[str, tuple[Sequence[int], Mapping[str, Any]]]
) -> Carried:
    """Lets pools with mutual TLS carry traffic.

    Args:
        plane: what carries it.
        material: of listeners and pools, the secrets `server`, `client`, `ca` and `crl`, an empty list.
        pools: of each, by a name without blanks, the ports of its members, and what else it has; `each_member` are
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
    return Carried(plane, account)


def _id(name: str, port: int) -> str:
    return f"{name}-{port}"
