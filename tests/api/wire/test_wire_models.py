"""Bodies of requests and responses: set fields, unknown fields, nulls, secrets and timestamps."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from gcore_tls_provider.api.wire.error_body import ErrorBody
from gcore_tls_provider.api.wire.health_monitors import HealthMonitorCreate
from gcore_tls_provider.api.wire.listeners import ListenerCreate, ListenerPatch
from gcore_tls_provider.api.wire.load_balancers import LoadBalancer, LoadBalancerCreate, LoadBalancerPatch
from gcore_tls_provider.api.wire.members import MemberCreate, MemberPatch
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.pools import Pool, PoolCreate, PoolOverview, PoolPatch
from gcore_tls_provider.api.wire.scalars import Timestamp
from gcore_tls_provider.api.wire.secrets import Secret, SecretCreate, SecretCreateFromPem, SecretPayload
from gcore_tls_provider.api.wire.tasks import Task, TaskIds

ID = "6d9a1c1e-0d5f-4b0a-9a3f-1f2e3d4c5b6a"
CANARY = "canary-that-must-stay-hidden"
BLOB: dict[str, Any] = {
    "name": "web",
    "payload": CANARY,
    "payload_content_encoding": "base64",
    "payload_content_type": "application/octet-stream",
    "secret_type": "certificate",
}


class TestRequests:
    def test_only_explicitly_set_fields_are_serialized(self) -> None:
        assert PoolPatch().model_dump(mode="json", exclude_unset=True) == {}
        patch = PoolPatch(ca_secret_id=None, name="web")
        assert patch.model_dump(mode="json", exclude_unset=True) == {"ca_secret_id": None, "name": "web"}

    @pytest.mark.parametrize(
        ("model", "field"),
        [
            (PoolPatch, "name"),
            (PoolPatch, "protocol"),
            (PoolPatch, "admin_state_up"),
            (ListenerPatch, "connection_limit"),
            (ListenerCreate, "default_pool_id"),
            (LoadBalancerPatch, "logging"),
            (LoadBalancerCreate, "flavor"),
            (LoadBalancerCreate, "floating_ip"),
            (MemberPatch, "weight"),
        ],
    )
    def test_null_is_rejected_for_fields_that_are_not_nullable(self, model: type[BaseModel], field: str) -> None:
        with pytest.raises(ValidationError) as raised:
            model.model_validate({field: None})
        assert any(error["loc"] == (field,) and "null" in error["msg"] for error in raised.value.errors())

    @pytest.mark.parametrize(
        "model",
        [
            HealthMonitorCreate,
            ListenerCreate,
            ListenerPatch,
            LoadBalancerCreate,
            LoadBalancerPatch,
            MemberCreate,
            MemberPatch,
            PoolCreate,
            PoolPatch,
            SecretCreate,
            SecretCreateFromPem,
        ],
    )
    def test_unknown_fields_are_rejected(self, model: type[BaseModel]) -> None:
        with pytest.raises(ValidationError) as raised:
            model.model_validate({"color": "red"})
        assert ("color",) in {error["loc"] for error in raised.value.errors()}

    @pytest.mark.parametrize(
        ("name", "is_valid"),
        [
            ("abc", True),
            ("a" * 63, True),
            ("0 a.b_c-d.", True),
            ("ab", False),
            ("a" * 64, False),
            ("-abc", False),
            ("abc-", False),
            ("abc ", False),
            ("abc\n", False),
            ("äbc", False),
        ],
    )
    def test_a_name_is_validated_by_gcores_pattern(self, name: str, is_valid: bool) -> None:
        try:
            LoadBalancerCreate(name=name)
        except ValidationError:
            assert not is_valid
        else:
            assert is_valid

    def test_addresses_are_normalized(self) -> None:
        assert MemberCreate(address="2001:0DB8::0:1", protocol_port=443).address == "2001:db8::1"
        listener = ListenerPatch(allowed_cidrs=["192.0.2.1", "2001:DB8::/32"])
        assert listener.allowed_cidrs == ["192.0.2.1/32", "2001:db8::/32"]

    def test_a_request_body_is_immutable(self) -> None:
        with pytest.raises(ValidationError):
            PoolPatch(name="web").name = "other"  # type: ignore[misc]  # mypy must reject the assignment too


class TestSecrets:
    @pytest.fixture(params=["blob", "pem"])
    def secret(self, request: pytest.FixtureRequest) -> SecretCreate | SecretCreateFromPem:
        if request.param == "blob":
            return SecretCreate.model_validate(BLOB)
        parts = SecretPayload.model_validate(dict.fromkeys(SecretPayload.model_fields, CANARY))
        return SecretCreateFromPem(name="web", payload=parts)

    def test_only_json_contains_a_payload(self, secret: SecretCreate | SecretCreateFromPem) -> None:
        assert CANARY in json.dumps(secret.model_dump(mode="json"))
        assert CANARY in secret.model_dump_json()
        for text in (repr(secret), str(secret), repr(secret.model_dump())):
            assert CANARY not in text

    @pytest.mark.parametrize(
        "change", [{"name": None}, {"secret_type": "tls"}, {"color": "red"}, {"payload": [CANARY]}]
    )
    def test_no_error_shows_a_payload(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValidationError) as raised:
            SecretCreate.model_validate({**BLOB, **change})
        assert CANARY not in str(raised.value)


class TestResponses:
    def test_unknown_fields_are_ignored_and_missing_nullable_ones_are_none(self) -> None:
        secret = Secret.model_validate(
            {"id": ID, "name": "web", "secret_type": "certificate", "status": "ACTIVE", "color": "red"}
        )
        assert (secret.created, secret.expiration, secret.content_types) == (None, None, None)

    def test_a_missing_required_field_is_an_error(self) -> None:
        with pytest.raises(ValidationError):
            Secret.model_validate({"id": ID, "name": "web", "status": "ACTIVE"})

    def test_a_page_contains_its_count_and_results(self) -> None:
        page = Page[TaskIds].model_validate({"count": 5, "results": [{"tasks": [ID]}]})
        assert (page.count, page.results) == (5, [TaskIds(tasks=[ID])])

    def test_every_field_of_an_error_body_is_optional(self) -> None:
        assert ErrorBody.model_validate({}) == ErrorBody()

    def test_the_repr_of_a_task_hides_its_data(self) -> None:
        task = {"id": ID, "task_type": "create_secret", "state": "NEW", "user_id": 1, "created_on": None}
        assert CANARY not in repr(Task.model_validate({**task, "data": {"payload": CANARY}}))

    def test_pools_are_parsed_with_and_without_details(self) -> None:
        member = {
            "id": ID,
            "address": "192.0.2.1",
            "protocol_port": 443,
            "admin_state_up": True,
            "backup": False,
            "operating_status": "ONLINE",
            "provisioning_status": "ACTIVE",
            "weight": 1,
        }
        pool = {
            "id": ID,
            "name": "web",
            "admin_state_up": True,
            "lb_algorithm": "SOURCE_IP",
            "protocol": "HTTPS",
            "listeners": [],
            "loadbalancers": [{"id": ID}],
            "operating_status": "ONLINE",
            "provisioning_status": "ACTIVE",
            "members": [member],
        }
        assert Pool.model_validate(pool).members[0].weight == 1
        assert PoolOverview.model_validate({**pool, "members": [{"id": ID}]}).members[0].id == ID


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-30T19:06:26+0000",
        "2026-05-30T19:06:26+00:00",
        "2026-05-30T19:06:26",
        "2026-05-30T19:06:26Z",
        "2026-05-30T19:06:26.000000",
        "2026-05-30T21:06:26+02:00",
    ],
)
def test_every_format_of_a_timestamp_is_parsed_as_utc(text: str) -> None:
    moment: datetime = TypeAdapter(Timestamp).validate_python(text)
    assert moment == datetime(2026, 5, 30, 19, 6, 26, tzinfo=timezone.utc)
    assert moment.utcoffset() == timedelta(0)


def test_timestamps_are_serialized_in_the_formats_of_the_api() -> None:
    at = datetime(2026, 5, 30, 19, 6, 26, tzinfo=timezone.utc)
    balancer = LoadBalancer(
        id=ID,
        name="web",
        admin_state_up=True,
        created_at=at,
        operating_status="ONLINE",
        project_id=1,
        provisioning_status="ACTIVE",
        region="Emulated",
        region_id=1,
    )
    task = Task(id=ID, task_type="create_secret", state="NEW", user_id=1, created_on=at)
    assert balancer.model_dump(mode="json")["created_at"] == "2026-05-30T19:06:26+0000"
    assert task.model_dump(mode="json")["created_on"] == "2026-05-30T19:06:26"
