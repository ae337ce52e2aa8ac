"""Objects that another tool creates with plain requests to the API."""

from __future__ import annotations

import time
from base64 import b64encode
from pathlib import Path

import httpx

from gcore_tls_provider.certificates import DevelopmentFiles, identity_from_pem
from tests.engine.conftest import API_KEY, PROJECT, REGION

TASK_SECONDS = 60.0


class OtherTool:
    """Client of the API that stands in for another tool."""

    def __init__(self, url: str, *, region: int = REGION) -> None:
        self._region = region
        self._http = httpx.Client(base_url=f"{url}/cloud", headers={"Authorization": f"APIKey {API_KEY}"})

    def create(self, kind: str, body: dict[str, object]) -> dict[str, list[str]]:
        """Send a POST to v1, wait for its task and return the IDs of the created objects, by kind."""
        response = self._http.post(f"/v1/{kind}/{PROJECT}/{self._region}", json=body)
        assert response.is_success, response.text
        (task_id,) = response.json()["tasks"]
        end = time.monotonic() + TASK_SECONDS
        while time.monotonic() < end:
            task = self._http.get(f"/v1/tasks/{task_id}").json()
            if task["state"] == "FINISHED":
                created: dict[str, list[str]] = task["created_resources"]
                return created
            assert task["state"] != "ERROR", task
            time.sleep(0.05)
        raise AssertionError(f"task {task_id} has not ended")

    def create_secret(self, name: str, payload: bytes) -> str:
        """Create a secret as the guide does, and return its ID."""
        body: dict[str, object] = {
            "name": name,
            "payload": b64encode(payload).decode(),
            "payload_content_encoding": "base64",
            "payload_content_type": "application/octet-stream",
            "secret_type": "certificate",
        }
        return self.create("secrets", body)["secrets"][0]

    def create_identity(self, name: str, certificate: Path, private_key: Path) -> str:
        """Create a secret from a certificate and its key, and return its ID."""
        identity = identity_from_pem(certificate=certificate.read_text(), private_key=private_key.read_text())
        return self.create_secret(name, identity.to_pkcs12())

    def create_load_balancer(
        self, files: DevelopmentFiles, *, members: list[str], port: int, mutual_tls: bool, **monitor: object
    ) -> dict[str, str]:
        """Create a load balancer with a listener and a pool, and return all IDs by role."""
        ids = {"certificate": self.create_identity("server", files.server, files.server_key)}
        tls: dict[str, object] = {"protocol": "HTTP"}
        if mutual_tls:
            ids["clientCertificate"] = self.create_identity("client", files.client, files.client_key)
            ids["ca"] = self.create_secret("backends-ca", files.ca.read_bytes())
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
        created = self.create(
            "loadbalancers", {"name": "created-by-hand", "flavor": "lb1-1-2", "listeners": [listener]}
        )
        return {
            **ids,
            "loadBalancer": created["loadbalancers"][0],
            "listener": created["listeners"][0],
            "pool": created["pools"][0],
        }
