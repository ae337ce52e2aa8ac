"""Tasks: the API's reports on long-running operations."""

from __future__ import annotations

from pydantic import Field, JsonValue

from gcore_tls_provider.api.wire.model import RequestBody, ResponseBody
from gcore_tls_provider.api.wire.scalars import ResponseId, TimestampWithoutZone


class TaskIds(ResponseBody):
    """Response to a write: the IDs of its tasks, none if there was nothing to do."""

    tasks: list[ResponseId]


class CreatedResources(ResponseBody):
    """IDs of the objects that a finished task has created, by kind."""

    ai_clusters: list[str] = Field(default_factory=list)
    api_keys: list[str] = Field(default_factory=list)
    caas_containers: list[str] = Field(default_factory=list)
    clusters: list[str] = Field(default_factory=list)
    ddos_profiles: list[int] = Field(default_factory=list)
    faas_functions: list[str] = Field(default_factory=list)
    faas_namespaces: list[str] = Field(default_factory=list)
    file_shares: list[str] = Field(default_factory=list)
    floatingips: list[str] = Field(default_factory=list)
    healthmonitors: list[ResponseId] = Field(default_factory=list)
    images: list[str] = Field(default_factory=list)
    inference_instances: list[str] = Field(default_factory=list)
    instances: list[str] = Field(default_factory=list)
    k8s_clusters: list[str] = Field(default_factory=list)
    k8s_pools: list[str] = Field(default_factory=list)
    l7polices: list[str] = Field(default_factory=list)
    l7rules: list[str] = Field(default_factory=list)
    laas_topic: list[str] = Field(default_factory=list)
    listeners: list[ResponseId] = Field(default_factory=list)
    loadbalancers: list[ResponseId] = Field(default_factory=list)
    members: list[ResponseId] = Field(default_factory=list)
    networks: list[str] = Field(default_factory=list)
    pools: list[ResponseId] = Field(default_factory=list)
    ports: list[str] = Field(default_factory=list)
    postgresql_clusters: list[str] = Field(default_factory=list)
    projects: list[int] = Field(default_factory=list)
    registry_registries: list[str] = Field(default_factory=list)
    registry_users: list[str] = Field(default_factory=list)
    routers: list[str] = Field(default_factory=list)
    secrets: list[ResponseId] = Field(default_factory=list)
    security_group_rules: list[str] = Field(default_factory=list)
    security_groups: list[str] = Field(default_factory=list)
    servergroups: list[str] = Field(default_factory=list)
    snapshots: list[str] = Field(default_factory=list)
    subnets: list[str] = Field(default_factory=list)
    volumes: list[str] = Field(default_factory=list)


class Task(ResponseBody):
    """One task. `data` contains the parameters of the operation, possibly a key: never log or store it."""

    id: ResponseId
    task_type: str
    state: str
    user_id: int
    created_on: TimestampWithoutZone | None
    acknowledged_at: TimestampWithoutZone | None = None
    acknowledged_by: int | None = None
    client_id: int | None = None
    created_resources: CreatedResources | None = None
    data: JsonValue = Field(default=None, repr=False)
    detailed_state: str | None = None
    error: str | None = None
    finished_on: TimestampWithoutZone | None = None
    job_id: str | None = None
    lifecycle_policy_id: int | None = None
    project_id: int | None = None
    region_id: int | None = None
    request_id: str | None = None
    schedule_id: str | None = None
    updated_on: TimestampWithoutZone | None = None
    user_client_id: int | None = None


class TasksAcknowledge(RequestBody):
    """Tasks to acknowledge; without IDs, all of them. Deprecated by the API."""

    task_ids: list[str] | None = None
