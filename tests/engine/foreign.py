"""What somebody else has made: a load balancer with all that belongs to it, by plain requests."""

from __future__ import annotations

import time
from base64 import b64encode
from pathlib import Path

import httpx

from gcore_tls_provider.certificates import DevelopmentFiles, identity_from_pem
from tests.engine.conftest import API_KEY, PROJECT, REGION

PATIENCE = 60.0


class Portal:
    """Gcore as another tool uses it."""

    def __init__(self, url: str, *, region: int = REGION) -> None:
        self._region = region
        self._http = httpx.Client(base_url=f"{url}/cloud", headers={"Authorization": f"APIKey {API_KEY}"})

    def made(self, kind: str, body: dict[str, object]) -> dict[str, list[str]]:
        """Sends a POST to v1 and waits; the ids of what was made, by kind."""
        answer = self._http.post(f"/v1/{kind}/{PROJECT}/{self._region}", json=body)
        assert answer.is_success, answer.text
        (task_id,) = answer.json()["tasks"]
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            task = self._http.get(f"/v1/tasks/{task_id}").json()
            if task["state"] == "FINISHED":
                created: dict[str, list[str]] = task["created_resources"]
                return created
            assert task["state"] != "ERROR", task
            time.sleep(0.05)
        raise AssertionError(f"task {task_id} hasn't ended")

    def secret(self, name: str, payload: bytes) -> str:
        """A secret, as the guide makes one."""
        body: dict[str, object] = {
            "name": name,
            "payload": b64encode(payload).decode(),
            "payload_content_encoding": "base64",
            "payload_content_type": "application/octet-stream",
            "secret_type": "certificate",
        }
        return self.made("secrets", body)["secrets"][0]

    def identity(self, name: str, certificate: Path, private_key: Path) -> str:
        """A certificate with its key."""
        identity = identity_from_pem(certificate=certificate.read_text(), private_key=private_key.read_text())
        return self.secret(name, identity.to_pkcs12())

    def load_balancer(
        self, files: DevelopmentFiles, *, members: list[str], port: int, mutual_tls: bool, **monitor: object
    ) -> dict[str, str]:
        """A load balancer with a listener and its pool; all ids, by what they are."""
        ids = {"certificate": self.identity("server", files.server, files.server_key)}
        tls: dict[str, object] = {"protocol": "HTTP"}
        if mutual_tls:
            ids["clientCertificate"] = self.identity("client", files.client, files.client_key)
            ids["ca"] = self.secret("authority", files.ca.read_bytes())
            tls = {"protocol": "HTTPS", "ca_secret_id": ids["ca"], "secret_id": ids["clientCertificate"]}
        pool = {
            "name": "backends",
            "lb_algorithm": "ROUND_ROBIN",
            "members": [{"address": each, "protocol_port": port} for each in members],
            "healthmonitor": {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3, **monitor},
            **tls,
        }
        listener = {
            "name": "https",
            "protocol": "TERMINATED_HTTPS",
            "protocol_port": 443,
            "secret_id": ids["certificate"],
            "pools": [pool],
        }
        made = self.made("loadbalancers", {"name": "made-by-hand", "flavor": "lb1-1-2", "listeners": [listener]})
        return {
            **ids,
            "loadBalancer": made["loadbalancers"][0],
            "listener": made["listeners"][0],
            "pool": made["pools"][0],
        }
