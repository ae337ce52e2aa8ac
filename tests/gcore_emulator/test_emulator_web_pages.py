"""Requests that a web page makes a browser send are refused; the emulator's own page and other clients are served."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import pytest

from gcore_emulator import Emulator, Settings, create_application, serving
from tests.gcore_emulator.emulated_api import LOCATION, Api
from tests.gcore_emulator.test_emulator_command import running

STATE = "/_emulator/state"
LIST = f"/cloud/v1/secrets/{LOCATION}"


def send(api: Api, method: str, path: str, *headers: tuple[str, str], body: bytes | None = None) -> tuple[int, str]:
    """Send a request with exactly these headers, as no HTTP library would let us."""
    connection = http.client.HTTPConnection(urlsplit(api.url).netloc, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def own_host(api: Api) -> tuple[str, str]:
    return "Host", urlsplit(api.url).netloc


@pytest.fixture
def load_balancer(api: Api) -> Iterator[str]:
    """Load balancer that must survive whatever a page sends."""
    created = api.load_balancer()
    yield created
    assert created in api.state()["load_balancers"]


HOSTILE_HOSTS = [
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "127.0.0.1@evil.example",
    "127.0.0.1:80@evil.example",
    "[::1].evil.example",
    "[::1]x:80",
    "10.0.0.1",
    "[2001:db8::1]",
    "0x7f000001.evil.example",
    "",
    "evil.example\tlocalhost",
]


@pytest.mark.parametrize("path", [STATE, "/_emulator/view", "/_emulator/requests", LIST, "/", "/docs", "/openapi.json"])
@pytest.mark.parametrize("host", HOSTILE_HOSTS)
def test_request_with_a_host_that_is_not_this_machine_reads_nothing(api: Api, path: str, host: str) -> None:
    status, text = send(api, "GET", path, ("Host", host), ("Authorization", api.http.headers["Authorization"]))
    assert status in (400, 403), text
    assert "load_balancers" not in text


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:9", "127.3.2.1", "localhost", "LOCALHOST:80", "[::1]", "[::1]:80"]
)
def test_loopback_names_and_addresses_are_accepted_in_host(api: Api, host: str) -> None:
    assert send(api, "GET", STATE, ("Host", host))[0] == 200


def test_request_with_two_hosts_is_refused(api: Api) -> None:
    assert send(api, "GET", STATE, own_host(api), ("Host", "evil.example"))[0] in (400, 403)


def test_refused_host_is_named_with_the_option_that_allows_it(api: Api) -> None:
    status, text = send(api, "GET", STATE, ("Host", "emulator.internal:8080"))
    error = json.loads(text)
    assert (status, error["exception_class"]) == (403, "ForbiddenError")
    assert "emulator.internal:8080" in error["message"]
    assert "--allowed-host NAME" in error["message"]


def test_allowed_host_option_adds_a_name(tmp_path: Path) -> None:
    with running(tmp_path / "log", "--allowed-host", "Emulator.internal") as (url, _):
        for host, status in (("emulator.internal:8080", 200), ("EMULATOR.internal.", 200), ("other.internal", 403)):
            assert httpx.get(f"{url}{STATE}", headers={"Host": host}).status_code == status, host


FOREIGN_PAGES = {
    "origin of another site": [("Origin", "https://evil.example")],
    "origin of another port of this machine": [("Origin", "http://127.0.0.1:1")],
    "origin of a sandboxed frame": [("Origin", "null")],
    "empty origin": [("Origin", "")],
    "own origin and another": [("Origin", "OWN"), ("Origin", "https://evil.example")],
    "fetch from another site": [("Sec-Fetch-Site", "cross-site")],
    "fetch from another port of this machine": [("Sec-Fetch-Site", "same-site")],
    "fetch from a site that no browser names": [("Sec-Fetch-Site", "elsewhere")],
    "own origin, but fetched from another site": [("Origin", "OWN"), ("Sec-Fetch-Site", "cross-site")],
}

REQUESTS: dict[str, tuple[str, str, bytes | None]] = {
    "read the state": ("GET", STATE, None),
    "read the requests": ("GET", "/_emulator/requests", None),
    "reset": ("POST", "/_emulator/reset", None),
    "add a fault": ("POST", "/_emulator/faults", b'[{"action": "respond", "status": 500}]'),
    "preflight": ("OPTIONS", "/_emulator/reset", None),
    "list secrets": ("GET", LIST, None),
    "delete a load balancer": ("DELETE", f"/cloud/v1/loadbalancers/{LOCATION}/LOAD_BALANCER", None),
    "create a load balancer": ("POST", f"/cloud/v1/loadbalancers/{LOCATION}", b'{"name": "theirs"}'),
}


@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize("page", FOREIGN_PAGES)
def test_request_of_a_foreign_page_is_refused_without_effect(
    api: Api, load_balancer: str, page: str, request_name: str
) -> None:
    method, path, body = REQUESTS[request_name]
    own = f"http://{urlsplit(api.url).netloc}"
    headers = [(name, own if value == "OWN" else value) for name, value in FOREIGN_PAGES[page]]
    if body is not None:
        headers.append(("Content-Type", "application/json"))
    key = ("Authorization", api.http.headers["Authorization"])
    before, faults = api.state(), api.fired()
    status, text = send(
        api, method, path.replace("LOAD_BALANCER", load_balancer), own_host(api), key, *headers, body=body
    )
    assert status == 403, text
    assert load_balancer not in text
    assert api.state() == before
    assert api.fired() == faults


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", "json"],
)
@pytest.mark.parametrize("request_name", ["add a fault", "create a load balancer"])
def test_body_without_the_content_type_of_json_is_refused(
    api: Api, load_balancer: str, content_type: str | None, request_name: str
) -> None:
    method, path, body = REQUESTS[request_name]
    headers = [("Authorization", api.http.headers["Authorization"])]
    headers += [] if content_type is None else [("Content-Type", content_type)]
    status, text = send(api, method, path, own_host(api), *headers, body=body)
    assert status == 415
    assert "Content-Type: application/json" in json.loads(text)["message"]
    assert api.fired() == []
    assert list(api.state()["load_balancers"]) == [load_balancer]


def test_chunked_body_without_the_content_type_of_json_is_refused(api: Api) -> None:
    response = api.http.post("/_emulator/faults", content=iter([b'[{"action": "respond", "status": 500}]']))
    assert (response.status_code, api.fired()) == (415, [])


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
)
def test_body_with_a_content_type_of_json_is_accepted(api: Api, content_type: str) -> None:
    rules, headers = b'[{"action": "respond", "status": 500}]', {"Content-Type": content_type}
    assert api.http.post("/_emulator/faults", content=rules, headers=headers).status_code == 200


OWN_PAGES: dict[str, list[tuple[str, str]]] = {
    "typed address": [("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate")],
    "fetch of the own page": [("Sec-Fetch-Site", "same-origin")],
    "form of the own page": [("Origin", "OWN"), ("Sec-Fetch-Site", "same-origin")],
    "own page behind a TLS proxy": [("Origin", "OWN-TLS")],
    "client that is no browser": [],
}


@pytest.mark.parametrize("page", OWN_PAGES)
def test_own_pages_and_other_clients_are_served(api: Api, page: str) -> None:
    netloc = urlsplit(api.url).netloc
    origins = {"OWN": f"http://{netloc}", "OWN-TLS": f"https://{netloc}"}
    headers = [(name, origins.get(value, value)) for name, value in OWN_PAGES[page]]
    assert send(api, "GET", "/_emulator/view", own_host(api), *headers)[0] == 200
    assert send(api, "POST", "/_emulator/reset", own_host(api), *headers)[0] == 204


def test_link_of_another_site_opens_the_page_but_not_its_data(api: Api) -> None:
    link = [own_host(api), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]
    assert send(api, "GET", "/", *link)[0] == 200
    assert send(api, "GET", "/_emulator/view", *link)[0] == 403


def test_curl_resets_the_emulator_as_documented(api: Api, load_balancer_to_lose: str) -> None:
    command = ["curl", "--silent", "--show-error", "--fail", "--max-time", "10", "-X", "POST"]
    subprocess.run([*command, f"{api.url}/_emulator/reset"], check=True, timeout=20)
    assert load_balancer_to_lose not in api.state()["load_balancers"]


@pytest.fixture
def load_balancer_to_lose(api: Api) -> str:
    return api.load_balancer()


def test_websocket_is_closed_before_any_other_layer_sees_it() -> None:
    sent: list[Any] = []

    async def connect() -> None:
        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send_message(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "websocket",
            "path": "/_emulator/state",
            "headers": [(b"host", b"127.0.0.1")],
            "query_string": b"",
        }
        await create_application(Emulator())(scope, receive, send_message)

    anyio.run(connect)
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_refused_requests_are_neither_counted_nor_hit_by_faults() -> None:
    emulator = Emulator(Settings())
    with serving(emulator) as url:
        rules = [{"action": "respond", "status": 500}]
        assert httpx.post(f"{url}/_emulator/faults", json=rules).status_code == 200
        assert httpx.get(f"{url}/cloud/v1/secrets/1/1", headers={"Origin": "https://evil.example"}).status_code == 403
    assert emulator.requests == []
    assert [each.fired for each in emulator.faults.counts] == [0]
