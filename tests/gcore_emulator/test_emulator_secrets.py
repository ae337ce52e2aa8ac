"""Secrets: readable fields, and deletion while in use."""

from __future__ import annotations

import pytest

from tests.gcore_emulator.emulated_api import (
    Api,
    blob,
    pool_body,
)


class TestSecret:
    def test_read_returns_every_field_except_the_payload(self, api: Api) -> None:
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

    def test_secret_from_pem_texts_works_on_a_listener(self, api: Api) -> None:
        body = {"name": "web", "payload": api.material.server_pem_payload, "expiration": None}
        secret_id = api.do("POST", "/v2/secrets/@", body)["secrets"][0]
        api.listener(api.load_balancer(), protocol="TERMINATED_HTTPS", secret_id=secret_id)

    def test_list_of_secrets_is_paged(self, api: Api) -> None:
        created = [api.secret(api.material.ca_payload, f"s{number}") for number in range(3)]
        listed = api.get("/v1/secrets/@", limit=2, offset=1)
        assert listed["count"] == 3
        assert [row["id"] for row in listed["results"]] == created[1:]

    def test_secret_is_readable_until_its_deletion_finishes(self, api: Api) -> None:
        secret_id = api.ca_secret()
        task_id = api.start_task("DELETE", f"/v1/secrets/@/{secret_id}")
        assert api.get(f"/v1/secrets/@/{secret_id}")["status"] == "PENDING_DELETE"
        api.rejected("DELETE", f"/v1/secrets/@/{secret_id}", 404)
        api.finish(task_id)
        api.rejected("GET", f"/v1/secrets/@/{secret_id}", 404, "NotFoundError")

    def test_secret_being_deleted_cannot_be_used(self, api: Api) -> None:
        balancer_id = api.load_balancer()
        secret_id = api.ca_secret()
        api.start_task("DELETE", f"/v1/secrets/@/{secret_id}")
        body = pool_body(load_balancer_id=balancer_id, ca_secret_id=secret_id)
        rejected = api.rejected("POST", "/v1/lbpools/@", 400, "ValidationError", json=body)
        assert set(rejected["invalid_fields"]) == {"ca_secret_id"}

    @pytest.mark.parametrize("field", ["secret_id", "sni_secret_id", "ca_secret_id", "crl_secret_id", "pool_secret_id"])
    def test_secret_in_use_cannot_be_deleted(self, api: Api, field: str) -> None:
        listener = {"name": "https", "protocol": "TERMINATED_HTTPS", "protocol_port": 443}
        ids = {"secret_id": api.server_secret(), "sni_secret_id": api.secret(api.material.server_payload)}
        pool_ids = {
            "ca_secret_id": api.ca_secret(),
            "crl_secret_id": api.crl_secret(),
            "pool_secret_id": api.client_secret(),
        }
        pool = pool_body(**{name.replace("pool_", ""): secret_id for name, secret_id in pool_ids.items()})
        nested = {**listener, "secret_id": ids["secret_id"], "sni_secret_id": [ids["sni_secret_id"]], "pools": [pool]}
        task_id = api.start_task("POST", "/v1/loadbalancers/@", {"name": "web", "listeners": [nested]})
        secret_id = {**ids, **pool_ids}[field]
        rejected = api.rejected("DELETE", f"/v1/secrets/@/{secret_id}", 400, "ValidationError")
        assert "in use" in rejected["message"]
        balancer_id = api.finish(task_id)["loadbalancers"][0]
        api.rejected("DELETE", f"/v1/secrets/@/{secret_id}", 400, "ValidationError")
        api.do("DELETE", f"/v1/loadbalancers/@/{balancer_id}")
        api.do("DELETE", f"/v1/secrets/@/{secret_id}")

    def test_secret_of_an_update_in_progress_cannot_be_deleted(self, api: Api) -> None:
        _, pool_id = api.pool_on_new_load_balancer()
        secret_id = api.ca_secret()
        api.start_task("PATCH", f"/v2/lbpools/@/{pool_id}", {"ca_secret_id": secret_id})
        assert api.get(f"/v1/lbpools/@/{pool_id}")["ca_secret_id"] is None
        api.rejected("DELETE", f"/v1/secrets/@/{secret_id}", 400, "ValidationError")
