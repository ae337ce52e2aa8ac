"""Secrets."""

from __future__ import annotations

from tests.gcore_emulator.behavior_options.registry import checks_value
from tests.gcore_emulator.emulated_api import Api, blob, pool_body


def v2_secrets(api: Api) -> list[list[str]]:
    """Return the invalid fields of the string body and of the object body; empty if accepted."""
    bodies = [blob("web", api.material.server_payload), {"name": "web", "payload": api.material.server_pem_payload}]
    responses = [api.call("POST", "/v2/secrets/@", json=body) for body in bodies]
    return [list(response.json().get("invalid_fields", {})) for response in responses]


@checks_value("v2-secret-payload", "both")
def v2_accepts_both_payloads(api: Api) -> None:
    assert v2_secrets(api) == [[], []]


@checks_value("v2-secret-payload", "string")
def v2_accepts_only_string_payloads(api: Api) -> None:
    assert v2_secrets(api) == [[], ["payload"]]


@checks_value("v2-secret-payload", "object")
def v2_accepts_only_object_payloads(api: Api) -> None:
    assert v2_secrets(api) == [["payload"], []]


@checks_value("v1-secrets", "accept")
def v1_accepts_pem(api: Api) -> None:
    api.ca_secret()
    api.crl_secret()


@checks_value("v1-secrets", "reject")
def v1_rejects_pem(api: Api) -> None:
    api.server_secret()
    rejected = api.rejected("POST", "/v1/secrets/@", 400, json=blob("ca", api.material.ca_payload))
    assert set(rejected["invalid_fields"]) == {"payload"}


@checks_value("v1-secrets", "gone")
def v1_create_route_does_not_exist(api: Api) -> None:
    api.rejected("POST", "/v1/secrets/@", 405, "HTTPError", json=blob("ca", api.material.ca_payload))


@checks_value("pem-client-secret", "accept")
def client_secret_can_be_pem(api: Api) -> None:
    api.pool_on_new_load_balancer(secret_id=api.secret(api.material.client_pem_payload))


@checks_value("pem-client-secret", "reject")
def client_secret_must_be_pkcs12(api: Api) -> None:
    body = pool_body(load_balancer_id=api.load_balancer(), secret_id=api.secret(api.material.client_pem_payload))
    assert set(api.rejected("POST", "/v1/lbpools/@", 400, json=body)["invalid_fields"]) == {"secret_id"}
    api.pool_on_new_load_balancer(secret_id=api.client_secret())


def used_secret(api: Api) -> str:
    secret = api.ca_secret()
    api.pool_on_new_load_balancer(ca_secret_id=secret)
    return f"/v1/secrets/@/{secret}"


@checks_value("secret-in-use", "400")
def deleting_a_secret_in_use_gets_a_400(api: Api) -> None:
    api.rejected("DELETE", used_secret(api), 400, "ValidationError")


@checks_value("secret-in-use", "409")
def deleting_a_secret_in_use_gets_a_409(api: Api) -> None:
    api.rejected("DELETE", used_secret(api), 409, "ConflictError")


@checks_value("secret-in-use", "task-error")
def deleting_a_secret_in_use_is_a_task_that_fails(api: Api) -> None:
    path = used_secret(api)
    assert "in use" in api.fail("DELETE", path)
    assert api.get(path)["status"] == "ACTIVE"


@checks_value("secret-in-use", "allow")
def secret_in_use_can_be_deleted(api: Api) -> None:
    api.do("DELETE", used_secret(api))


@checks_value("secret-users", "listeners-and-pools")
def pools_count_as_users(api: Api) -> None:
    api.rejected("DELETE", used_secret(api), 400)


@checks_value("secret-users", "listeners")
def only_listeners_count_as_users(api: Api) -> None:
    api.do("DELETE", used_secret(api))
    secret = api.server_secret()
    api.listener(api.load_balancer(), protocol="TERMINATED_HTTPS", secret_id=secret)
    api.rejected("DELETE", f"/v1/secrets/@/{secret}", 400)
