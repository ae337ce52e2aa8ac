"""Control routes (state, requests, reset) and the API's documentation page."""

from __future__ import annotations

from typing import Any

from tests.gcore_emulator.emulated_api import (
    LOCATION,
    Api,
    mtls,
)


def test_control_routes_show_the_state_without_payloads_and_reset_it(api: Api) -> None:
    api.do("POST", "/v1/loadbalancers/@", mtls(api))
    text = api.http.get("/_emulator/state").text
    for payload in (api.material.server_payload, api.material.ca_payload, api.material.client.private_key_pem):
        assert payload[100:160] not in text
    requests = api.http.get("/_emulator/requests").json()
    assert requests["count"] == len(requests["requests"]) > 0
    assert requests["requests"][0] == {
        "method": "POST",
        "route": "/cloud/v1/secrets/{project_id}/{region_id}",
        "path": f"/cloud/v1/secrets/{LOCATION}",
        "status": 200,
    }
    api.add_fault(action="respond", status=500)
    assert api.http.post("/_emulator/reset").status_code == 204
    empty: dict[str, dict[str, Any]] = {"secrets": {}, "load_balancers": {}, "listeners": {}, "pools": {}, "tasks": {}}
    assert api.state() == empty
    assert api.http.get("/_emulator/requests").json() == {"count": 0, "requests": []}
    assert api.http.get("/_emulator/faults").json() == []


def test_api_documentation_page_needs_no_internet(api: Api) -> None:
    html = api.http.get("/docs").text
    assert "https://" not in html
    for asset in ("/static-offline-docs/swagger-ui-bundle.js", "/static-offline-docs/swagger-ui.css"):
        assert asset in html
        assert api.http.get(asset).status_code == 200
    routes = api.http.get("/openapi.json").json()["paths"]
    assert "/cloud/v1/loadbalancers/{project_id}/{region_id}" in routes
