"""Secrets."""

from __future__ import annotations

from tests.gcore_emulator.choices.choice import choice
from tests.gcore_emulator.emulated_api import Api, blob, pool_body


def v2_secrets(api: Api) -> list[list[str]]:
    """Invalid fields of the string body and of the object body; empty if taken."""
    bodies = [blob("web", api.material.server_payload), {"name": "web", "payload": api.material.pem_texts}]
    answers = [api.call("POST", "/v2/secrets/@", json=body) for body in bodies]
    return [list(answer.json().get("invalid_fields", {})) for answer in answers]


@choice("v2-secret-payload", "both")
def v2_takes_both(api: Api) -> None:
    assert v2_secrets(api) == [[], []]


@choice("v2-secret-payload", "string")
def v2_takes_strings(api: Api) -> None:
    assert v2_secrets(api) == [[], ["payload"]]


@choice("v2-secret-payload", "object")
def v2_takes_objects(api: Api) -> None:
    assert v2_secrets(api) == [["payload"], []]


@choice("v1-secrets", "accept")
def v1_takes_pem(api: Api) -> None:
    api.ca_secret()
    api.crl_secret()


@choice("v1-secrets", "reject")
def v1_refuses_pem(api: Api) -> None:
    api.server_secret()
    refused = api.refused("POST", "/v1/secrets/@", 400, json=blob("ca", api.material.ca_payload))
    assert set(refused["invalid_fields"]) == {"payload"}


@choice("v1-secrets", "gone")
def v1_is_gone(api: Api) -> None:
    api.refused("POST", "/v1/secrets/@", 405, "HTTPError", json=blob("ca", api.material.ca_payload))


@choice("pem-client-secret", "accept")
def a_client_secret_may_be_pem(api: Api) -> None:
    api.pool_on_new_load_balancer(secret_id=api.secret(api.material.client_pem_payload))


@choice("pem-client-secret", "reject")
def a_client_secret_must_be_pkcs12(api: Api) -> None:
    body = pool_body(load_balancer_id=api.load_balancer(), secret_id=api.secret(api.material.client_pem_payload))
    assert set(api.refused("POST", "/v1/lbpools/@", 400, json=body)["invalid_fields"]) == {"secret_id"}
    api.pool_on_new_load_balancer(secret_id=api.client_secret())


def used_secret(api: Api) -> str:
    secret = api.ca_secret()
    api.pool_on_new_load_balancer(ca_secret_id=secret)
    return f"/v1/secrets/@/{secret}"


@choice("secret-in-use", "400")
def a_used_secret_400(api: Api) -> None:
    api.refused("DELETE", used_secret(api), 400, "ValidationError")


@choice("secret-in-use", "409")
def a_used_secret_409(api: Api) -> None:
    api.refused("DELETE", used_secret(api), 409, "ConflictError")


@choice("secret-in-use", "task-error")
def a_used_secret_fails_later(api: Api) -> None:
    path = used_secret(api)
    assert "in use" in api.fail("DELETE", path)
    assert api.get(path)["status"] == "ACTIVE"


@choice("secret-in-use", "allow")
def a_used_secret_goes(api: Api) -> None:
    api.do("DELETE", used_secret(api))


@choice("secret-users", "listeners-and-pools")
def pools_are_users(api: Api) -> None:
    api.refused("DELETE", used_secret(api), 400)


@choice("secret-users", "listeners")
def only_listeners_are_users(api: Api) -> None:
    api.do("DELETE", used_secret(api))
    secret = api.server_secret()
    api.listener(api.load_balancer(), protocol="TERMINATED_HTTPS", secret_id=secret)
    api.refused("DELETE", f"/v1/secrets/@/{secret}", 400)
