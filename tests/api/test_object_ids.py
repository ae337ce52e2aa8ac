"""IDs: none leaves its segment of a path, whether a user, a state or a response of Gcore contains it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import ValidationError

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call, Route
from gcore_tls_provider.api.client import Client
from gcore_tls_provider.api.wire.health_monitors import HealthMonitor
from gcore_tls_provider.api.wire.listeners import Listener
from gcore_tls_provider.api.wire.load_balancers import LoadBalancer
from gcore_tls_provider.api.wire.members import Member
from gcore_tls_provider.api.wire.model import ObjectId
from gcore_tls_provider.api.wire.pools import Pool
from gcore_tls_provider.api.wire.secrets import Secret
from gcore_tls_provider.api.wire.statuses import LoadBalancerStatus
from gcore_tls_provider.api.wire.tasks import CreatedResources, Task, TaskIds
from gcore_tls_provider.errors import MalformedResponse, PropertyError
from tests.api.gcore import UNKNOWN_ID, connection

HOSTILE_IDS = [
    "",
    ".",
    "..",
    "...",
    "../../../v1/secrets/11/22/x",
    "..%2f..",
    "%2e%2e",
    "%2E%2E%2F%2E%2E",
    "%252e%252e",
    "a/b",
    "a\\..\\b",
    "/",
    "//evil.example/x",
    "http://evil.example/",
    "x?force=true",
    "x#fragment",
    "x;y",
    "x@evil.example",
    f"{UNKNOWN_ID}/..",
    f"{UNKNOWN_ID}?x",
    f"{UNKNOWN_ID}\n",
    f"{UNKNOWN_ID}\r\nX-Injected: 1",
    "\x00",
    "\x1b[2J",
    "\uff0e\uff0e",
    "\u2024\u2024",
    "\ud800",
    "-delete",
    "x" * 129,
]

ROUTES_WITH_IDS = {
    name: route
    for name, route in vars(routes).items()
    if isinstance(route, Route) and route.parameters - {"project_id", "region_id"}
}


@dataclass
class GcoreServer:
    """Real HTTP server that responds to everything with the same body, and records the request lines."""

    body: object = None
    request_lines: list[str] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def server() -> Iterator[GcoreServer]:
    found = GcoreServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.request_lines.append(self.requestline)
            content = json.dumps(found.body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_DELETE = do_POST = do_PATCH = do_PUT = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        found.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield found
        http.shutdown()
        thread.join(10)


@pytest.fixture
def client(server: GcoreServer) -> Iterator[Client]:
    found = Client(connection(server.url))
    yield found
    found.close()


CALLS: dict[str, Callable[[str], Call[Any]]] = {
    "read a secret": routes.get_secret,
    "delete a secret": routes.delete_secret,
    "read a load balancer": routes.get_load_balancer,
    "delete a load balancer": routes.delete_load_balancer,
    "resize a load balancer": lambda object_id: routes.resize_load_balancer(object_id, "lb1-2-4"),
    "read a listener": routes.get_listener,
    "delete a listener": routes.delete_listener,
    "read a pool": routes.get_pool,
    "delete a pool": routes.delete_pool,
    "delete a health monitor": routes.delete_health_monitor,
    "replace all members": lambda object_id: routes.replace_members(object_id, []),
    "delete a member": lambda object_id: routes.delete_member(UNKNOWN_ID, object_id),
    "read a task": routes.get_task,
}


@pytest.mark.parametrize("object_id", HOSTILE_IDS)
def test_request_for_an_id_that_could_leave_its_path_segment_is_never_sent(
    server: GcoreServer, client: Client, object_id: str
) -> None:
    for call in CALLS.values():
        with pytest.raises(PropertyError, match="is not the ID of an object at Gcore") as caught:
            client.send(call(object_id), client.deadline(5))
        assert str(caught.value).isprintable()
    assert server.request_lines == []


@pytest.mark.parametrize("object_id", HOSTILE_IDS)
@pytest.mark.parametrize("route", ROUTES_WITH_IDS)
def test_every_route_rejects_a_hostile_id_in_each_place(route: str, object_id: str) -> None:
    for name in ROUTES_WITH_IDS[route].parameters:
        ids = {**dict.fromkeys(ROUTES_WITH_IDS[route].parameters, UNKNOWN_ID), name: object_id}
        with pytest.raises(PropertyError):
            ROUTES_WITH_IDS[route].path(ids)


@pytest.mark.parametrize("object_id", [UNKNOWN_ID, UNKNOWN_ID.upper(), "p", "task_7", "0"])
def test_ids_of_letters_digits_and_hyphens_are_one_segment_of_the_path(
    server: GcoreServer, client: Client, object_id: str
) -> None:
    server.body = {"tasks": []}
    client.send(routes.delete_pool(object_id), client.deadline(5))
    assert server.request_lines == [f"DELETE /cloud/v1/lbpools/11/22/{object_id} HTTP/1.1"]


@pytest.mark.parametrize("object_id", HOSTILE_IDS)
def test_hostile_task_id_in_a_response_is_a_malformed_response(
    server: GcoreServer, client: Client, object_id: str
) -> None:
    server.body = {"tasks": [UNKNOWN_ID, object_id]}
    with pytest.raises(MalformedResponse, match=r"tasks\.1|not JSON") as caught:
        client.send(routes.delete_pool(UNKNOWN_ID), client.deadline(5))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("object_id", HOSTILE_IDS)
def test_hostile_object_id_in_a_list_is_a_malformed_response(
    server: GcoreServer, client: Client, object_id: str
) -> None:
    row = {"id": object_id, "name": "web", "secret_type": "opaque", "status": "ACTIVE"}
    server.body = {"count": 1, "results": [row]}
    with pytest.raises(MalformedResponse, match=r"results\.0\.id|not JSON"):
        client.send(routes.list_secrets(0), client.deadline(5))


ID_FIELDS: dict[type[Any], tuple[str, ...]] = {
    ObjectId: ("id",),
    Secret: ("id",),
    LoadBalancer: ("id", "task_id", "creator_task_id", "vip_port_id"),
    Listener: ("id", "load_balancer_id", "secret_id", "sni_secret_id", "task_id", "creator_task_id"),
    Pool: ("id", "ca_secret_id", "crl_secret_id", "secret_id", "task_id", "creator_task_id"),
    Member: ("id", "subnet_id"),
    HealthMonitor: ("id",),
    LoadBalancerStatus: ("id",),
    Task: ("id",),
    TaskIds: ("tasks",),
    CreatedResources: ("secrets", "loadbalancers", "listeners", "pools", "members", "healthmonitors"),
}


@pytest.mark.parametrize("model", ID_FIELDS, ids=lambda model: model.__name__)
def test_every_id_in_a_response_is_validated(model: type[Any]) -> None:
    """A response with nothing but the ID lacks other fields too, so look for the error of the ID alone."""
    for name in ID_FIELDS[model]:
        is_list = name in ("tasks", "sni_secret_id") or model is CreatedResources
        for object_id in [each for each in HOSTILE_IDS if each]:
            with pytest.raises(ValidationError) as caught:
                model.model_validate({name: [object_id] if is_list else object_id})
            assert name in {error["loc"][0] for error in caught.value.errors()}, object_id


def test_empty_reference_in_a_response_means_none() -> None:
    for model in (Listener, Pool):
        with pytest.raises(ValidationError) as caught:
            model.model_validate({"secret_id": "", "task_id": "", "id": ""})
        locations = {error["loc"][0] for error in caught.value.errors()}
        assert "id" in locations
        assert not locations & {"secret_id", "task_id"}
