"""Routes."""

from __future__ import annotations

from tests.gcore_emulator.behavior_options.registry import checks_value
from tests.gcore_emulator.emulated_api import TASK_SECONDS, Api, pool_body


def pool_routes(api: Api) -> dict[str, int]:
    """Send a request to each of the four routes, and return the statuses."""
    balancer = api.load_balancer()
    listener = api.listener(balancer)
    calls = {
        "openapi create": ("POST", "/v1/lbpools/@", pool_body(listener_id=listener)),
        "guide create": ("POST", f"/v1/loadbalancers/@/{balancer}/pools", pool_body()),
        "openapi update": ("PATCH", "/v2/lbpools/@/{}", {"name": "second"}),
        "guide update": ("PUT", "/v1/lbpools/@/{}", {"name": "third"}),
    }
    statuses = {}
    for name, (method, path, body) in calls.items():
        pools = api.get("/v1/lbpools/@")["results"]
        statuses[name] = api.call(method, path.format(pools[0]["id"] if pools else ""), json=body).status_code
        api.clock.advance(TASK_SECONDS)
    return statuses


@checks_value("pool-routes", "both")
def both_pairs_of_pool_routes_exist(api: Api) -> None:
    assert set(pool_routes(api).values()) == {200}


@checks_value("pool-routes", "guide")
def only_the_pool_routes_of_the_guide_exist(api: Api) -> None:
    assert pool_routes(api) == {
        "openapi create": 405,
        "guide create": 200,
        "openapi update": 404,
        "guide update": 200,
    }


@checks_value("pool-routes", "openapi")
def only_the_pool_routes_of_openapi_exist(api: Api) -> None:
    assert pool_routes(api) == {
        "openapi create": 200,
        "guide create": 404,
        "openapi update": 200,
        "guide update": 405,
    }


def unknown_routes(api: Api) -> list[tuple[int, str]]:
    responses = [api.call("GET", "/v1/nothing/@"), api.call("DELETE", "/v1/secrets/@")]
    return [(response.status_code, response.json()["exception_class"]) for response in responses]


@checks_value("unknown-route", "by-method")
def unknown_paths_get_404_and_unknown_methods_405(api: Api) -> None:
    assert unknown_routes(api) == [(404, "HTTPError"), (405, "HTTPError")]


@checks_value("unknown-route", "404")
def unknown_paths_and_methods_get_404(api: Api) -> None:
    assert unknown_routes(api) == [(404, "HTTPError")] * 2


@checks_value("unknown-route", "405")
def unknown_paths_and_methods_get_405(api: Api) -> None:
    assert unknown_routes(api) == [(405, "HTTPError")] * 2


@checks_value("unknown-route", "not-found-error")
def unknown_paths_and_methods_get_a_not_found_error(api: Api) -> None:
    assert unknown_routes(api) == [(404, "NotFoundError")] * 2
