"""Emulator with a real data plane, its backends, and operations on them."""

from __future__ import annotations

import ssl
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx

from gcore_emulator import Behavior, Emulator, ManualClock, Settings, TaskSeconds, serving
from gcore_emulator.data_plane import HaproxyDataPlane, haproxy_data_plane
from gcore_tls_provider.certificates import Identity
from tests.gcore_emulator.data_plane.backends import Backend, server_context
from tests.gcore_emulator.data_plane.waiting import until
from tests.gcore_emulator.emulated_api import (
    KEY,
    PROJECT,
    REGION,
    TASK_SECONDS,
    Api,
    member_body,
    monitor_body,
    pool_body,
)
from tests.material import LoadBalancerPki, base64_of


@dataclass
class Traffic:
    """Running emulator with a data plane."""

    api: Api
    plane: HaproxyDataPlane
    material: LoadBalancerPki
    stack: ExitStack
    backends: list[Backend] = field(default_factory=list)

    def backend(
        self, name: str = "one", identity: Identity | None = None, *, tls: bool = True, **options: Any
    ) -> Backend:
        """Start a backend that requires a client certificate of the CA in `material`."""
        context = None
        if tls:
            options.setdefault("client_ca", self.material.ca.certificate_pem)
            context = server_context((identity or self.material.server).to_pem_bundle(), **options)
        backend = self.stack.enter_context(Backend(name, context).running())
        self.backends.append(backend)
        return backend

    def member(self, backend: Backend, **fields: Any) -> dict[str, Any]:
        return member_body("127.0.0.1", backend.port, **fields)

    def https(
        self, *backends: Backend, protocol: str = "HTTPS", listener: dict[str, Any] | None = None, **pool: Any
    ) -> Deployed:
        """Create a load balancer with a TLS listener and mutual TLS to its backends. `pool` has fields of the pool."""
        secrets = {"secret_id": self.api.client_secret(), "ca_secret_id": self.api.ca_secret()}
        balancer = {
            "name": "web",
            "listeners": [
                {
                    "name": "https",
                    "protocol": "TERMINATED_HTTPS",
                    "protocol_port": 443,
                    "secret_id": self.api.server_secret(),
                    **(listener or {}),
                    "pools": [
                        pool_body(
                            protocol=protocol, **{**secrets, "members": [self.member(one) for one in backends], **pool}
                        )
                    ],
                }
            ],
        }
        created = self.api.do("POST", "/v1/loadbalancers/@", balancer)
        return Deployed(self, created["loadbalancers"][0], created["listeners"][0], created["pools"][0])

    def secret(self, text: str | bytes, name: str = "secret") -> str:
        return self.api.secret(base64_of(text), name)

    def empty_crl(self) -> str:
        return self.secret(self.material.ca.issue_crl(), "crl")


@dataclass
class Deployed:
    """Load balancer with a listener and a pool that serve traffic."""

    traffic: Traffic
    balancer_id: str
    listener_id: str
    pool_id: str

    @property
    def port(self) -> int:
        return int(self.traffic.api.state()["listeners"][self.listener_id]["data_plane"]["port"])

    def patch_pool(self, **fields: Any) -> None:
        self.traffic.api.do("PATCH", f"/v2/lbpools/@/{self.pool_id}", fields)

    def pool(self) -> Any:
        return self.traffic.api.get(f"/v1/lbpools/@/{self.pool_id}")

    def member_statuses(self) -> list[str]:
        return [member["operating_status"] for member in self.pool()["members"]]

    def wait_for_members(self, *statuses: str) -> None:
        until(self.member_statuses, lambda seen: seen == list(statuses))

    def log(self) -> str:
        return "\n".join(self.traffic.plane.log_lines(self.balancer_id))

    def wait_for_log(self, *texts: str) -> str:
        return until(self.log, lambda log: all(text in log for text in texts))

    def wait_for_checks(self) -> None:
        """Wait until HAProxy has probed every member since the last reload."""

        def probed() -> list[str]:
            haproxy = self.traffic.plane._haproxies[self.balancer_id]
            rows = [row for row in haproxy.statistics() if row["svname"] not in ("FRONTEND", "BACKEND")]
            return [row["check_status"].removeprefix("* ") for row in rows]

        until(probed, lambda states: "INI" not in states and bool(states))


class TrafficEmulator(ExitStack):
    """Emulator with a data plane on a port. `options` are behavior options by field name of `Behavior`."""

    def __init__(self, material: LoadBalancerPki, **options: Any) -> None:
        super().__init__()
        self._material = material
        self._options = options

    def __enter__(self) -> Traffic:  # type: ignore[override]  # the base class returns itself
        super().__enter__()
        plane = self.enter_context(haproxy_data_plane())
        settings = Settings(
            api_key=KEY,
            projects=frozenset({PROJECT}),
            regions=frozenset({REGION}),
            task_seconds=TaskSeconds(TASK_SECONDS),
            behavior=Behavior.model_validate(self._options),
        )
        clock = ManualClock()
        emulator = Emulator(settings, clock, plane)
        url = self.enter_context(serving(emulator))
        client = self.enter_context(
            httpx.Client(base_url=url, headers={"Authorization": f"APIKey {KEY}"}, verify=False, timeout=30)
        )
        api = Api(url, emulator, clock, client, self._material)
        return Traffic(api, plane, self._material, self)


PROBED = monitor_body(delay=1, timeout=0, max_retries=1)
"""Health monitor that probes every second, and changes the status after one probe."""

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
