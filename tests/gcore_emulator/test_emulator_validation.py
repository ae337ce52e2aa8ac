"""Rejected requests and their errors: one row per rule."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gcore_emulator.emulated_api import (
    LISTENER,
    OTHER_PROJECT,
    OTHER_REGION,
    PROJECT,
    REGION,
    UNKNOWN_ID,
    Api,
    blob,
    member_body,
    monitor_body,
    pool_body,
    without,
)


class TestAuthentication:
    @pytest.mark.parametrize(
        ("header", "exception_class"),
        [
            (None, "not_authenticated"),
            ("Bearer 1234_emulated", "not_authenticated"),
            ("1234_emulated", "not_authenticated"),
            ("APIKey", "token_not_valid"),
            ("APIKey 1234", "token_not_valid"),
            ("APIKey 1234_emulated_", "token_not_valid"),
            ("APIKey ümlaut", "token_not_valid"),
        ],
    )
    def test_missing_or_wrong_key_is_rejected(self, api: Api, header: str | None, exception_class: str) -> None:
        del api.http.headers["Authorization"]
        headers = {} if header is None else {b"Authorization": header.encode()}
        for path in ("/v1/secrets/@", "/v1/tasks", f"/v1/secrets/{OTHER_PROJECT}/{REGION}"):
            body = api.rejected("GET", path, 401, exception_class, headers=headers)
            assert "1234" not in body["message"]

    @pytest.mark.parametrize("scheme", ["APIKey", "apikey", "APIKEY"])
    def test_authentication_scheme_is_case_insensitive(self, api: Api, scheme: str) -> None:
        assert api.call("GET", "/v1/tasks", headers={"Authorization": f"{scheme} 1234_emulated"}).status_code == 200

    def test_key_is_checked_before_location_and_body(self, api: Api) -> None:
        api.rejected("POST", "/v1/secrets/9/9", 401, headers={"Authorization": "APIKey no"}, json={})

    @pytest.mark.parametrize("location", [f"9/{REGION}", f"{PROJECT}/9"])
    def test_unknown_project_or_region_is_not_found(self, api: Api, location: str) -> None:
        api.rejected("GET", f"/v1/secrets/{location}", 404, "NotFoundError")

    @pytest.mark.parametrize("location", [f"{OTHER_PROJECT}/{REGION}", f"{PROJECT}/{OTHER_REGION}"])
    def test_object_of_another_project_or_region_is_not_found(self, api: Api, location: str) -> None:
        secret = api.ca_secret()
        balancer = api.load_balancer()
        listener = api.listener(balancer)
        pool = api.pool(listener_id=listener)
        for path in (
            f"secrets/@/{secret}",
            f"loadbalancers/@/{balancer}",
            f"lblisteners/@/{listener}",
            f"lbpools/@/{pool}",
        ):
            api.get(f"/v1/{path}")
            for method in ("GET", "DELETE"):
                api.rejected(method, f"/v1/{path.replace('@', location)}", 404, "NotFoundError")
        for kind in ("secrets", "loadbalancers", "lblisteners", "lbpools", "loadbalancers/@/status"):
            path = kind if "@" in kind else f"{kind}/@"
            assert api.get(f"/v1/{path.replace('@', location)}")["count"] == 0
        elsewhere = api.http.post(f"/cloud/v1/loadbalancers/{location}", json={"name": "web"}).json()["tasks"][0]
        (other,) = api.finish(elsewhere)["loadbalancers"]
        body = pool_body(load_balancer_id=other, ca_secret_id=secret)
        api.rejected("POST", f"/v1/lbpools/{location}", 400, "ValidationError", json=body)
        body = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "load_balancer_id": other}
        api.rejected("POST", "/v1/lblisteners/@", 404, "NotFoundError", json=body)


class TestRoutes:
    def test_unknown_path_is_a_404(self, api: Api) -> None:
        assert "404" in api.rejected("GET", "/v1/nothing/@", 404, "HTTPError")["message"]

    def test_unknown_method_is_a_405(self, api: Api) -> None:
        body = api.rejected("DELETE", "/v1/secrets/@", 405, "HTTPError")
        assert body["message"] == "HTTP 405: Method Not Allowed"

    @pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "offset=-1"])
    @pytest.mark.parametrize(
        "path",
        ["/v1/secrets/@", "/v1/loadbalancers/@", "/v1/lblisteners/@", "/v1/lbpools/@", "/v1/lbflavors/@", "/v1/tasks"],
    )
    def test_paging_out_of_bounds_is_rejected(self, api: Api, path: str, query: str) -> None:
        body = api.rejected("GET", f"{path}?{query}", 400, "ValidationError")
        assert set(body["invalid_fields"]) == {query.split("=")[0]}

    def test_body_that_is_not_json_is_rejected(self, api: Api) -> None:
        api.rejected(
            "POST", "/v1/secrets/@", 400, "ValidationError", content=b"{", headers={"content-type": "application/json"}
        )

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("DELETE", f"/v1/secrets/@/{UNKNOWN_ID}", None),
            ("GET", f"/v1/secrets/@/{UNKNOWN_ID}", None),
            ("GET", f"/v1/loadbalancers/@/{UNKNOWN_ID}", None),
            ("GET", f"/v1/loadbalancers/@/{UNKNOWN_ID}/status", None),
            ("PATCH", f"/v1/loadbalancers/@/{UNKNOWN_ID}", {"name": "new"}),
            ("PATCH", f"/v2/loadbalancers/@/{UNKNOWN_ID}", {"name": "new"}),
            ("POST", f"/v1/loadbalancers/@/{UNKNOWN_ID}/resize", {"flavor": "lb1-1-2"}),
            ("POST", f"/v1/loadbalancers/@/{UNKNOWN_ID}/failover", {}),
            ("DELETE", f"/v1/loadbalancers/@/{UNKNOWN_ID}", None),
            ("POST", f"/v1/loadbalancers/@/{UNKNOWN_ID}/pools", pool_body()),
            ("GET", f"/v1/lblisteners/@/{UNKNOWN_ID}", None),
            ("PATCH", f"/v1/lblisteners/@/{UNKNOWN_ID}", {"name": "new"}),
            ("PATCH", f"/v2/lblisteners/@/{UNKNOWN_ID}", {"name": "new"}),
            ("DELETE", f"/v1/lblisteners/@/{UNKNOWN_ID}", None),
            ("GET", f"/v1/lbpools/@/{UNKNOWN_ID}", None),
            ("PATCH", f"/v2/lbpools/@/{UNKNOWN_ID}", {"name": "new"}),
            ("PUT", f"/v1/lbpools/@/{UNKNOWN_ID}", {"name": "new"}),
            ("DELETE", f"/v1/lbpools/@/{UNKNOWN_ID}", None),
            ("GET", f"/v1/loadbalancers/@/pools/{UNKNOWN_ID}/members", None),
            ("POST", f"/v1/loadbalancers/@/pools/{UNKNOWN_ID}/members", member_body()),
            ("PUT", f"/v1/loadbalancers/@/pools/{UNKNOWN_ID}/members", []),
            ("GET", f"/v1/lbpools/@/{UNKNOWN_ID}/healthmonitor", None),
            ("POST", f"/v1/lbpools/@/{UNKNOWN_ID}/healthmonitor", monitor_body()),
            ("DELETE", f"/v1/lbpools/@/{UNKNOWN_ID}/healthmonitor", None),
            ("POST", "/v1/lbpools/@", pool_body(load_balancer_id=UNKNOWN_ID)),
            ("POST", "/v1/lbpools/@", pool_body(listener_id=UNKNOWN_ID)),
            ("POST", "/v1/lblisteners/@", {**LISTENER, "load_balancer_id": UNKNOWN_ID}),
        ],
    )
    def test_missing_object_is_not_found_and_named(self, api: Api, method: str, path: str, body: Any) -> None:
        assert UNKNOWN_ID in api.rejected(method, path, 404, "NotFoundError", json=body)["message"]


SECRET = blob("web", "AAAA")
BALANCER = {"name": "web"}
MEMBERS = pool_body(members=[member_body()])

FIELDS: list[tuple[str, str, Any, set[str]]] = [
    # Missing, unknown, wrong.
    (
        "POST",
        "/v1/secrets/@",
        {},
        {"name", "payload", "payload_content_encoding", "payload_content_type", "secret_type"},
    ),
    ("POST", "/v1/secrets/@", {**SECRET, "tags": {}}, {"tags"}),
    ("POST", "/v1/secrets/@", {**SECRET, "payload_content_encoding": "hex"}, {"payload_content_encoding"}),
    ("POST", "/v1/secrets/@", {**SECRET, "payload_content_type": "text/plain"}, {"payload_content_type"}),
    ("POST", "/v1/secrets/@", {**SECRET, "payload_content_type": "Text/Plain; charset=x"}, {"payload_content_type"}),
    ("POST", "/v1/secrets/@", {**SECRET, "payload": "no base64!"}, {"payload"}),
    ("POST", "/v1/secrets/@", {**SECRET, "payload": ""}, {"payload"}),
    ("POST", "/v1/secrets/@", {**SECRET, "payload": None}, {"payload"}),
    ("POST", "/v1/secrets/@", {**SECRET, "payload": {"certificate": "x"}}, {"payload"}),
    ("POST", "/v1/secrets/@", {**SECRET, "secret_type": "tls"}, {"secret_type"}),
    ("POST", "/v1/secrets/@", {**SECRET, "bit_length": 0}, {"bit_length"}),
    ("POST", "/v1/secrets/@", {**SECRET, "expiration": "soon"}, {"expiration"}),
    ("POST", "/v2/secrets/@", {**SECRET, "payload": "no base64!"}, {"payload"}),
    ("POST", "/v2/secrets/@", without(SECRET, "secret_type"), {"secret_type"}),
    (
        "POST",
        "/v2/secrets/@",
        {"name": "web", "payload": {}},
        {"payload.certificate", "payload.certificate_chain", "payload.private_key"},
    ),
    (
        "POST",
        "/v2/secrets/@",
        {"name": "web", "payload": {"certificate": 1}, "secret_type": "certificate"},
        {"secret_type", "payload.certificate", "payload.certificate_chain", "payload.private_key"},
    ),
    ("POST", "/v1/loadbalancers/@", {}, {"name"}),
    ("POST", "/v1/loadbalancers/@", {"name": "ab"}, {"name"}),
    ("POST", "/v1/loadbalancers/@", {"name": "a" * 64}, {"name"}),
    ("POST", "/v1/loadbalancers/@", {"name": "-ab"}, {"name"}),
    ("POST", "/v1/loadbalancers/@", {"name": "ab-"}, {"name"}),
    ("POST", "/v1/loadbalancers/@", {"name": "abc\n"}, {"name"}),
    ("POST", "/v1/loadbalancers/@", {**BALANCER, "flavor": "lb9"}, {"flavor"}),
    ("POST", "/v1/loadbalancers/@", {**BALANCER, "vip_network_id": "net"}, {"vip_network_id"}),
    (
        "POST",
        "/v1/loadbalancers/@",
        {**BALANCER, "vip_network_id": UNKNOWN_ID, "vip_port_id": UNKNOWN_ID},
        {"vip_port_id"},
    ),
    ("POST", "/v1/loadbalancers/@", {**BALANCER, "vip_ip_family": "ipv5"}, {"vip_ip_family"}),
    ("POST", "/v1/loadbalancers/@", {**BALANCER, "tags": {"a b": "c"}}, {"tags.a b.[key]"}),
    ("POST", "/v1/loadbalancers/@", {**BALANCER, "tags": {"a": " c"}}, {"tags.a"}),
    ("POST", "/v1/loadbalancers/@", {**BALANCER, "floating_ip": {"source": "old"}}, {"floating_ip"}),
    ("POST", "/v1/loadbalancers/@", {**BALANCER, "listeners": [LISTENER] * 52}, {"listeners"}),
    ("POST", "/v1/loadbalancers/@", {**BALANCER, "logging": {"enabled": 7}}, {"logging.enabled"}),
    (
        "POST",
        "/v1/loadbalancers/@",
        {**BALANCER, "listeners": [{**LISTENER, "pools": [MEMBERS, MEMBERS]}]},
        {"listeners.0.pools"},
    ),
    (
        "POST",
        "/v1/loadbalancers/@",
        {**BALANCER, "listeners": [{**LISTENER, "load_balancer_id": UNKNOWN_ID}]},
        {"listeners.0.load_balancer_id"},
    ),
    ("POST", "/v1/loadbalancers/@", {**BALANCER, "listeners": [LISTENER]}, {"secret_id"}),
    (
        "POST",
        "/v1/loadbalancers/@",
        {
            **BALANCER,
            "listeners": [{**LISTENER, "protocol": "HTTP", "secret_id": UNKNOWN_ID, "sni_secret_id": [UNKNOWN_ID]}],
        },
        {"secret_id", "sni_secret_id"},
    ),
    (
        "POST",
        "/v1/loadbalancers/@",
        {**BALANCER, "listeners": [{**LISTENER, "sni_secret_id": [UNKNOWN_ID]}]},
        {"sni_secret_id"},
    ),
    (
        "POST",
        "/v1/loadbalancers/@",
        {**BALANCER, "listeners": [{**LISTENER, "protocol": "TCP", "allowed_cidrs": ["2001:db8::/32"]}]},
        {"allowed_cidrs"},
    ),
    (
        "POST",
        "/v1/loadbalancers/@",
        {**BALANCER, "listeners": [{**LISTENER, "protocol": "UDP", "pools": [pool_body(protocol="TCP")]}]},
        {"protocol"},
    ),
    ("PATCH", "/v2/loadbalancers/@/{lb}", {"name": None}, {"name"}),
    ("PATCH", "/v2/loadbalancers/@/{lb}", {"flavor": "lb1-2-4"}, {"flavor"}),
    ("PATCH", "/v1/loadbalancers/@/{lb}", {"admin_state_up": True}, {"admin_state_up"}),
    ("POST", "/v1/loadbalancers/@/{lb}/resize", {"flavor": "b" * 36}, {"flavor"}),
    ("POST", "/v1/lblisteners/@", {**LISTENER, "protocol": "HTTP"}, {"load_balancer_id"}),
    ("POST", "/v1/lblisteners/@", {**LISTENER, "load_balancer_id": "{lb}", "protocol": "QUIC"}, {"protocol"}),
    ("POST", "/v1/lblisteners/@", {**LISTENER, "load_balancer_id": "{lb}", "protocol_port": 0}, {"protocol_port"}),
    ("POST", "/v1/lblisteners/@", {**LISTENER, "load_balancer_id": "{lb}", "pools": []}, {"pools"}),
    ("POST", "/v1/lblisteners/@", {**LISTENER, "load_balancer_id": "{lb}", "admin_state_up": True}, {"admin_state_up"}),
    ("PATCH", "/v2/lblisteners/@/{listener}", {"default_pool_id": "{pool}"}, {"default_pool_id"}),
    ("PATCH", "/v2/lblisteners/@/{listener}", {"connection_limit": 1_000_001}, {"connection_limit"}),
    ("PATCH", "/v2/lblisteners/@/{listener}", {"allowed_cidrs": ["10.0.0.1/8"]}, {"allowed_cidrs.0"}),
    ("PATCH", "/v2/lblisteners/@/{listener}", {"timeout_client_data": 86_400_001}, {"timeout_client_data"}),
    (
        "PATCH",
        "/v2/lblisteners/@/{listener}",
        {"user_list": [{"username": "me", "encrypted_password": "x" * 129}]},
        {"user_list.0.username", "user_list.0.encrypted_password"},
    ),
    ("PATCH", "/v1/lblisteners/@/{listener}", {"name": "new", "connection_limit": 1}, {"connection_limit"}),
    ("POST", "/v1/lbpools/@", pool_body(), {"load_balancer_id"}),
    ("POST", "/v1/lbpools/@", pool_body(loadbalancer_id=UNKNOWN_ID), {"loadbalancer_id"}),
    ("POST", "/v1/lbpools/@", pool_body(load_balancer_id="{other}", listener_id="{listener}"), {"listener_id"}),
    ("POST", "/v1/lbpools/@", pool_body(load_balancer_id="{lb}", lb_algorithm="RANDOM"), {"lb_algorithm"}),
    ("POST", "/v1/lbpools/@", pool_body(load_balancer_id="{lb}", ca_secret_id=UNKNOWN_ID), {"ca_secret_id"}),
    (
        "POST",
        "/v1/lbpools/@",
        pool_body(load_balancer_id="{lb}", members=[{"address": "x"}]),
        {"members.0.address", "members.0.protocol_port"},
    ),
    ("POST", "/v1/loadbalancers/@/{lb}/pools", pool_body(load_balancer_id="{lb}"), {"load_balancer_id"}),
    ("PATCH", "/v2/lbpools/@/{pool}", {"listener_id": "{listener}"}, {"listener_id"}),
    ("PATCH", "/v2/lbpools/@/{pool}", {"protocol": None}, {"protocol"}),
    (
        "PATCH",
        "/v2/lbpools/@/{pool}",
        {"healthmonitor": {"delay": 9}},
        {"healthmonitor.timeout", "healthmonitor.max_retries"},
    ),
    ("PATCH", "/v2/lbpools/@/{pool}", {"healthmonitor": without(monitor_body(), "type")}, {"healthmonitor"}),
    ("PATCH", "/v2/lbpools/@/{monitored}", {"healthmonitor": monitor_body(type="PING")}, {"healthmonitor"}),
    ("PATCH", "/v2/lbpools/@/{pool}", {"session_persistence": {"type": "APP_COOKIE"}}, {"session_persistence"}),
    (
        "PATCH",
        "/v2/lbpools/@/{pool}",
        {"session_persistence": {"type": "SOURCE_IP", "cookie_name": "abc"}},
        {"session_persistence"},
    ),
    (
        "PATCH",
        "/v2/lbpools/@/{pool}",
        {"session_persistence": {"type": "SOURCE_IP", "persistence_timeout": 5}},
        {"session_persistence"},
    ),
    ("POST", "/v1/lbpools/@/{pool}/healthmonitor", monitor_body(timeout=10), {"timeout"}),
    ("POST", "/v1/lbpools/@/{pool}/healthmonitor", monitor_body(type="TLS_HELLO"), {"type"}),
    (
        "POST",
        "/v1/lbpools/@/{pool}/healthmonitor",
        monitor_body(url_path="/x", http_version="1.1"),
        {"url_path", "http_version"},
    ),
    ("POST", "/v1/lbpools/@/{pool}/healthmonitor", monitor_body(type="HTTP", url_path="/a?b"), {"url_path"}),
    ("POST", "/v1/lbpools/@/{pool}/healthmonitor", monitor_body(max_retries=11, delay=0), {"max_retries", "delay"}),
    ("PATCH", "/v1/lbpools/@/{monitored}/healthmonitor", {"timeout": 11}, {"timeout"}),
    ("POST", "/v1/loadbalancers/@/pools/{pool}/members", member_body(weight=0), {"weight"}),
    ("POST", "/v1/loadbalancers/@/pools/{pool}/members", member_body(weight=257), {"weight"}),
    ("POST", "/v1/loadbalancers/@/pools/{pool}/members", member_body("backend.example"), {"address"}),
    ("PUT", "/v1/loadbalancers/@/pools/{pool}/members", {"members": []}, {"body"}),
    ("PATCH", "/v1/loadbalancers/@/pools/{pool}/members/{member}", {"address": "10.0.0.1"}, {"address"}),
    ("PATCH", "/v1/loadbalancers/@/pools/{pool}/members/{member}", {"weight": None}, {"weight"}),
]


@pytest.mark.parametrize(("method", "path", "body", "fields"), FIELDS)
def test_invalid_fields_are_named_and_nothing_changes(
    api: Api, method: str, path: str, body: Any, fields: set[str]
) -> None:
    balancer, pool = api.pool_on_new_load_balancer(members=[member_body()])
    ids = {
        "lb": balancer,
        "other": api.load_balancer(),
        "listener": api.listener(balancer),
        "pool": pool,
        "monitored": api.pool(load_balancer_id=balancer, healthmonitor=monitor_body()),
        "member": api.get(f"/v1/lbpools/@/{pool}")["members"][0]["id"],
    }
    before = api.state()
    body = _filled(body, ids)
    response = api.rejected(method, path.format(**ids), 400, "ValidationError", json=body)
    assert set(response["invalid_fields"]) == fields
    assert all(name in response["message"] for name in fields)
    assert api.state() == before


def _filled(body: Any, ids: dict[str, str]) -> Any:
    if not isinstance(body, dict):
        return body
    return {
        name: value.format(**ids) if isinstance(value, str) and value.startswith("{") else value
        for name, value in body.items()
    }


class TestConflicts:
    def test_port_of_another_listener_is_a_conflict(self, api: Api) -> None:
        balancer = api.load_balancer()
        api.listener(balancer)
        body = {"name": "second", "protocol": "TCP", "protocol_port": 80, "load_balancer_id": balancer}
        api.rejected("POST", "/v1/lblisteners/@", 409, "ConflictError", json=body)
        api.do("POST", "/v1/lblisteners/@", {**body, "protocol": "UDP"})
        nested = {"name": "nested", "protocol": "TCP", "protocol_port": 80}
        api.rejected("POST", "/v1/loadbalancers/@", 409, json={"name": "web", "listeners": [nested, nested]})

    def test_second_default_pool_of_a_listener_is_a_conflict(self, api: Api) -> None:
        listener = api.listener(api.load_balancer())
        api.pool(listener_id=listener)
        api.rejected("POST", "/v1/lbpools/@", 409, "ConflictError", json=pool_body(listener_id=listener))

    def test_member_with_the_same_address_and_port_is_a_conflict(self, api: Api) -> None:
        balancer, pool = api.pool_on_new_load_balancer(members=[member_body("2001:db8::1")])
        same = member_body("2001:0db8:0:0::1")
        api.rejected("POST", f"/v1/loadbalancers/@/pools/{pool}/members", 409, "ConflictError", json=same)
        api.rejected("PUT", f"/v1/loadbalancers/@/pools/{pool}/members", 409, json=[same, same])
        api.rejected("PATCH", f"/v2/lbpools/@/{pool}", 409, json={"members": [same, same]})
        api.rejected("POST", "/v1/lbpools/@", 409, json=pool_body(load_balancer_id=balancer, members=[same, same]))

    def test_default_pool_of_another_load_balancer_is_rejected(self, api: Api) -> None:
        _, pool = api.pool_on_new_load_balancer()
        body = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "default_pool_id": pool}
        body["load_balancer_id"] = api.load_balancer()
        rejected = api.rejected("POST", "/v1/lblisteners/@", 400, json=body)
        assert set(rejected["invalid_fields"]) == {"default_pool_id"}


def test_error_responses_never_contain_the_payload_of_a_secret(api: Api) -> None:
    canary = "c2VjcmV0LWNhbmFyeQ"
    for body in (
        {**blob("web", canary + "!"), "name": 5},
        {**blob("web", canary), "extra": 1, "secret_type": None},
        {"name": "web", "payload": {"certificate": canary, "certificate_chain": canary, "private_key": canary}},
        {"name": 5, "payload": {"certificate": canary, "private_key": [canary]}},
    ):
        for version in ("v1", "v2"):
            assert canary not in api.call("POST", f"/{version}/secrets/@", json=body).text
