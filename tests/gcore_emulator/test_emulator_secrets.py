"""Secrets: what is read back, and who keeps them from going."""

from __future__ import annotations

import pytest

from tests.gcore_emulator.emulated_api import (
    Api,
    blob,
    pool_body,
)


class TestSecret:
    def test_everything_but_the_payload_is_read_back(self, api: Api) -> None:
        body = blob("ca", api.material.ca_payload, algorithm="aes", bit_length=256, mode="cbc")
        secret_id = api.do("POST", "/v1/secrets/@", {**body, "expiration": "2030-05-17T10:00:00.12345"})["secrets"][0]
        assert api.get(f"/v1/secrets/@/{secret_id}") == {
            "id": secret_id,
            "name": "ca",
            "status": "ACTIVE",
            "secret_type": "certificate",
            "algorithm": "aes",
            "bit_length": 256,
            "mode": "cbc",
            "content_types": {"default": "application/octet-stream"},
            "created": "2026-01-01T00:00:00Z",
            "expiration": "2030-05-17T10:00:00.123450Z",
        }

    def test_pem_texts_serve_a_listener(self, api: Api) -> None:
        body = {"name": "web", "payload": api.material.pem_texts, "expiration": None}
        secret_id = api.do("POST", "/v2/secrets/@", body)["secrets"][0]
        api.listener(api.load_balancer(), protocol="TERMINATED_HTTPS", secret_id=secret_id)

    def test_the_list_is_paged(self, api: Api) -> None:
        made = [api.secret(api.material.ca_payload, f"s{number}") for number in range(3)]
        listed = api.get("/v1/secrets/@", limit=2, offset=1)
        assert listed["count"] == 3
        assert [row["id"] for row in listed["results"]] == made[1:]

    def test_one_that_goes_is_read_until_it_is_gone(self, api: Api) -> None:
        secret_id = api.ca_secret()
        task_id = api.begin("DELETE", f"/v1/secrets/@/{secret_id}")
        assert api.get(f"/v1/secrets/@/{secret_id}")["status"] == "PENDING_DELETE"
        api.refused("DELETE", f"/v1/secrets/@/{secret_id}", 404)
        api.finish(task_id)
        api.refused("GET", f"/v1/secrets/@/{secret_id}", 404, "NotFoundError")

    def test_one_that_goes_can_no_longer_be_used(self, api: Api) -> None:
        balancer_id = api.load_balancer()
        secret_id = api.ca_secret()
        api.begin("DELETE", f"/v1/secrets/@/{secret_id}")
        body = pool_body(load_balancer_id=balancer_id, ca_secret_id=secret_id)
        refused = api.refused("POST", "/v1/lbpools/@", 400, "ValidationError", json=body)
        assert set(refused["invalid_fields"]) == {"ca_secret_id"}

    @pytest.mark.parametrize("field", ["secret_id", "sni_secret_id", "ca_secret_id", "crl_secret_id", "pool_secret_id"])
    def test_one_in_use_stays(self, api: Api, field: str) -> None:
        listener = {"name": "https", "protocol": "TERMINATED_HTTPS", "protocol_port": 443}
        ids = {"secret_id": api.server_secret(), "sni_secret_id": api.secret(api.material.server_payload)}
        pool_ids = {
            "ca_secret_id": api.ca_secret(),
            "crl_secret_id": api.crl_secret(),
            "pool_secret_id": api.client_secret(),
        }
        pool = pool_body(**{name.replace("pool_", ""): secret_id for name, secret_id in pool_ids.items()})
        nested = {**listener, "secret_id": ids["secret_id"], "sni_secret_id": [ids["sni_secret_id"]], "pools": [pool]}
        task_id = api.begin("POST", "/v1/loadbalancers/@", {"name": "web", "listeners": [nested]})
        secret_id = {**ids, **pool_ids}[field]
        refused = api.refused("DELETE", f"/v1/secrets/@/{secret_id}", 400, "ValidationError")
        assert "in use" in refused["message"]
        balancer_id = api.finish(task_id)["loadbalancers"][0]
        api.refused("DELETE", f"/v1/secrets/@/{secret_id}", 400, "ValidationError")
        api.do("DELETE", f"/v1/loadbalancers/@/{balancer_id}")
        api.do("DELETE", f"/v1/secrets/@/{secret_id}")

    def test_one_that_comes_into_use_stays(self, api: Api) -> None:
        _, pool_id = api.pool_on_new_load_balancer()
        secret_id = api.ca_secret()
        api.begin("PATCH", f"/v2/lbpools/@/{pool_id}", {"ca_secret_id": secret_id})
        assert api.get(f"/v1/lbpools/@/{pool_id}")["ca_secret_id"] is None
        api.refused("DELETE", f"/v1/secrets/@/{secret_id}", 400, "ValidationError")
