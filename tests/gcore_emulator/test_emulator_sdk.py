"""Gcore's SDK, unchanged, as a client: it creates, reads, lists, updates and deletes each kind of object."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gcore
import pytest
from gcore.resources.cloud import CloudResource
from gcore.types.cloud import TaskIDList

from gcore_emulator import TaskSeconds
from tests.gcore_emulator.emulated_api import KEY, PROJECT, REGION, Api, blob


@pytest.fixture
def api(start: Callable[..., Api]) -> Api:
    """Emulator whose tasks end at once: the SDK polls at most once a second."""
    return start(TaskSeconds(0))


@pytest.fixture
def cloud(api: Api) -> Iterator[CloudResource]:
    with gcore.Gcore(
        api_key=KEY,
        base_url=api.url,
        cloud_project_id=PROJECT,
        cloud_region_id=REGION,
        max_retries=0,
        polling_interval_seconds=1,
        polling_timeout_seconds=10,
    ) as client:
        yield client.cloud


@pytest.fixture
def web(cloud: CloudResource, api: Api) -> str:
    """ID of a secret with a server certificate."""
    payload = api.material.server_pem_payload
    return cloud.secrets.upload_tls_certificate_and_poll(name="web", payload=payload).id


@pytest.fixture
def blobs(cloud: CloudResource, api: Api) -> dict[str, str]:
    """IDs of secrets that the SDK has no method for, created with its plain POST."""
    created = {}
    for name, payload in {
        "ca": api.material.ca_payload,
        "crl": api.material.crl_payload,
        "client": api.material.client_payload,
    }.items():
        path = f"/cloud/v1/secrets/{PROJECT}/{REGION}"
        response = cloud._client.post(path, body=blob(name, payload), cast_to=TaskIDList)
        task = cloud.tasks.poll(response.tasks[0])
        assert task.created_resources is not None
        assert task.created_resources.secrets is not None
        created[name] = task.created_resources.secrets[0]
    return created


def test_sdk_creates_reads_lists_and_deletes_secrets(cloud: CloudResource, web: str) -> None:
    assert cloud.secrets.get(web).name == "web"
    assert [secret.id for secret in cloud.secrets.list()] == [web]
    cloud.tasks.poll(cloud.secrets.delete(web).tasks[0])
    with pytest.raises(gcore.NotFoundError):
        cloud.secrets.get(web)


def test_sdk_creates_reads_lists_updates_and_deletes_load_balancers(cloud: CloudResource, web: str) -> None:
    balancers = cloud.load_balancers
    created = balancers.create_and_poll(
        name="web",
        flavor="lb1-1-2",
        tags={"a": "1"},
        listeners=[{"name": "https", "protocol": "TERMINATED_HTTPS", "protocol_port": 443, "secret_id": web}],  # type: ignore[typeddict-item]  # the SDK types it as "" only, but sends any text
    )
    assert (created.provisioning_status, created.vip_address is None) == ("ACTIVE", False)
    assert [one.id for one in balancers.list(name="web", tag_key=["a"])] == [created.id]
    with pytest.deprecated_call():
        assert balancers.update(created.id, name="other", tags={"a": None, "b": "2"}).name == "other"
    assert [(tag.key, tag.value) for tag in balancers.get(created.id).tags_v2] == [("b", "2")]
    resized = balancers.resize_and_poll(created.id, flavor="lb1-2-4")
    assert resized.flavor is not None
    assert resized.flavor.flavor_name == "lb1-2-4"
    balancers.failover_and_poll(created.id)
    assert len(balancers.statuses.get(created.id).listeners) == 1
    assert balancers.statuses.list().count == 1
    assert balancers.flavors.list(include_prices=True).count == 8
    balancers.delete_and_poll(created.id)
    assert list(balancers.list()) == []


def test_sdk_creates_reads_lists_updates_and_deletes_listeners(cloud: CloudResource, web: str) -> None:
    balancer = cloud.load_balancers.create_and_poll(name="web")
    listeners = cloud.load_balancers.listeners
    created = listeners.create_and_poll(
        load_balancer_id=balancer.id,
        name="https",
        protocol="TERMINATED_HTTPS",
        protocol_port=443,
        sni_secret_id=[web],
        secret_id="",
    )
    assert (created.secret_id, created.sni_secret_id) == (None, [web])
    assert [one.id for one in listeners.list(load_balancer_id=balancer.id).results] == [created.id]
    changed = listeners.update_and_poll(created.id, secret_id=web, sni_secret_id=None, connection_limit=10)
    assert (changed.secret_id, changed.sni_secret_id, changed.connection_limit) == (web, [], 10)
    listeners.delete_and_poll(created.id)
    with pytest.raises(gcore.NotFoundError):
        listeners.get(created.id)


def test_sdk_manages_pools_members_and_health_monitors(cloud: CloudResource, blobs: dict[str, str]) -> None:
    balancer = cloud.load_balancers.create_and_poll(name="web")
    pools = cloud.load_balancers.pools
    created = pools.create_and_poll(
        load_balancer_id=balancer.id,
        name="backends",
        protocol="HTTPS",
        lb_algorithm="ROUND_ROBIN",
        ca_secret_id=blobs["ca"],
        crl_secret_id=blobs["crl"],
        secret_id=blobs["client"],
        members=[{"address": "10.0.0.1", "protocol_port": 443}],
    )
    assert (created.ca_secret_id, created.provisioning_status) == (blobs["ca"], "ACTIVE")
    assert [one.id for one in pools.list(details=True).results] == [created.id]
    changed = pools.update_and_poll(created.id, crl_secret_id=None, name="other")
    assert (changed.crl_secret_id, changed.name) == (None, "other")
    assert pools.update_and_poll(created.id, name="other") == changed

    second = pools.members.create_and_poll(created.id, address="10.0.0.2", protocol_port=443)
    assert pools.members.update_and_poll(second.id, pool_id=created.id, weight=7).weight == 7
    assert [one.address for one in pools.members.list(created.id)] == ["10.0.0.1", "10.0.0.2"]
    replaced = pools.members.replace_and_poll(created.id, body=[{"address": "10.0.0.2", "protocol_port": 443}])
    assert [one.id for one in replaced] == [second.id]
    pools.members.delete_and_poll(second.id, pool_id=created.id)

    monitors = pools.health_monitors
    cloud.tasks.poll(monitors.create(created.id, type="TCP", delay=10, api_timeout=5, max_retries=3).tasks[0])
    assert monitors.get(created.id).type == "TCP"
    cloud.tasks.poll(monitors.update(created.id, delay=20).tasks[0])
    assert monitors.get(created.id).delay == 20
    monitors.delete(created.id)
    assert pools.get(created.id).healthmonitor is None

    pools.delete_and_poll(created.id)
    assert pools.list().count == 0


def test_sdk_reads_lists_and_acknowledges_tasks(cloud: CloudResource, web: str) -> None:
    (task,) = cloud.tasks.list(task_type="create_secret", project_id=[PROJECT])
    assert (task.state, cloud.tasks.get(task.id)) == ("FINISHED", task)
    assert cloud.tasks.acknowledge_one(task.id).acknowledged_at is not None
    cloud.tasks.acknowledge_all()


def test_error_responses_become_sdk_errors(cloud: CloudResource, api: Api) -> None:
    with pytest.raises(gcore.BadRequestError, match="flavor"):
        cloud.load_balancers.create(name="web", flavor="huge")
    with pytest.raises(gcore.NotFoundError):
        cloud.load_balancers.get("00000000-0000-4000-8000-000000000000")
    balancer = cloud.load_balancers.create_and_poll(name="web")
    api.add_fault(action="lock", seconds=5)
    with pytest.raises(gcore.ConflictError):
        cloud.load_balancers.delete(balancer.id)
    with pytest.raises(gcore.AuthenticationError):
        cloud._client.with_options(api_key="wrong").cloud.secrets.list()


def test_failed_task_is_an_sdk_error(cloud: CloudResource, api: Api) -> None:
    api.add_fault(action="fail_task", error="No valid host was found.")
    with pytest.raises(ValueError, match="No valid host was found"):
        cloud.load_balancers.create_and_poll(name="web")
