"""`gcore-emulator --state`: the killed and restarted process has lost no accepted change."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests.gcore_emulator.data_plane.clients import fetch
from tests.gcore_emulator.data_plane.waiting import until
from tests.gcore_emulator.emulated_api import blob
from tests.gcore_emulator.test_emulator_command import error_of, running
from tests.material import LoadBalancerPki

HEADERS = {"Authorization": "apikey emulator"}
NAMES = ("one", "two", "three")


def accepted_task(response: httpx.Response) -> str:
    """Return the task of an accepted write."""
    assert response.status_code == 200, response.text
    return str(response.json()["tasks"][0])


def test_killed_emulator_keeps_accepted_changes_and_continues_its_tasks(
    tmp_path: Path, material: LoadBalancerPki
) -> None:
    options = ["--state", str(tmp_path / "state"), "--task-seconds", "2,create_secret=0,delete_loadbalancer=never"]
    log = tmp_path / "log"
    with running(log, *options) as (url, process), httpx.Client(base_url=url, headers=HEADERS) as client:
        secret = accepted_task(client.post("/cloud/v1/secrets/1/1", json=blob("ca", material.ca_payload)))
        client.post("/_emulator/faults", json=[{"action": "fail_task", "method": "POST", "nth": 2}])
        tasks = [accepted_task(client.post("/cloud/v1/loadbalancers/1/1", json={"name": name})) for name in NAMES]
        # Kill it immediately after the response, while all three tasks are in progress.
        process.kill()
        process.wait(10)
    with running(log, *options) as (url, _), httpx.Client(base_url=url, headers=HEADERS) as client:

        def read(task: str) -> Any:
            return client.get(f"/cloud/v1/tasks/{task}").json()

        assert read(secret)["state"] == "FINISHED"
        ended = [until(partial(read, task), lambda body: body["finished_on"] is not None) for task in tasks]
        assert [body["state"] for body in ended] == ["FINISHED", "ERROR", "FINISHED"]
        names = {each["name"] for each in client.get("/cloud/v1/loadbalancers/1/1").json()["results"]}
        assert names == {NAMES[0], NAMES[2]}
        (counted,) = client.get("/_emulator/faults").json()
        assert (counted["matched"], counted["fired"]) == (3, 1)
        assert client.get("/_emulator/audit").json()["intact"]
        assert f"{tmp_path / 'state'} is in use by another emulator" in error_of(*options, "--port", "0")
    assert material.ca_payload[:60] not in log.read_text()


def test_restart_restores_traffic_except_of_listeners_being_created(tmp_path: Path) -> None:
    seconds = "0,create_lblistener=never"
    options = ["--state", str(tmp_path / "state"), "--data-plane", "haproxy", "--task-seconds", seconds]
    listener = {"name": "http", "protocol": "HTTP", "protocol_port": 80}
    other = {**listener, "name": "other", "protocol_port": 81}
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        for start in range(2):
            with (
                running(tmp_path / "log", *options, TMPDIR=folder) as (url, _),
                httpx.Client(base_url=url, headers=HEADERS, timeout=30) as client,
            ):
                if start == 0:
                    task = accepted_task(
                        client.post("/cloud/v1/loadbalancers/1/1", json={"name": "web", "listeners": [listener]})
                    )
                    created = client.get(f"/cloud/v1/tasks/{task}").json()["created_resources"]["loadbalancers"]
                    accepted_task(
                        client.post("/cloud/v1/lblisteners/1/1", json={**other, "load_balancer_id": created[0]})
                    )
                listeners = client.get("/_emulator/state").json()["listeners"].values()
                carried = {each["name"]: each["data_plane"] for each in listeners}
                assert carried["other"] is None
                assert fetch(carried["http"]["port"], tls=False).status == 503
