"""Load balancers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field as Limited

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.enums import InterfaceIpFamily, MemberConnectivity
from gcore_tls_provider.api.wire.load_balancers import (
    LoadBalancer,
    LoadBalancerCreate,
    LoadBalancerPatch,
    Logging,
    TopicName,
)
from gcore_tls_provider.api.wire.load_balancers import TagKey as Key
from gcore_tls_provider.api.wire.load_balancers import TagValue as Value
from gcore_tls_provider.api.wire.tasks import Task
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.errors import ObjectNotFound
from gcore_tls_provider.lifecycle.inputs.fields import Field, equal_ids
from gcore_tls_provider.lifecycle.inputs.properties import InputsModel, PartialInputs, Properties, ResourceInputs, Rule
from gcore_tls_provider.lifecycle.inputs.scalars import ObjectId, ObjectName
from gcore_tls_provider.lifecycle.kind import CreatableKind, CreateTask, LiveObject
from gcore_tls_provider.lifecycle.recovery.ownership import has_only_own_children
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.run.deletion import delete
from gcore_tls_provider.lifecycle.run.operation import Operation


class FloatingIpInputs(InputsModel):
    """Floating IP for the VIP.

    Attributes:
        source: `new`, or `existing` together with `existing_floating_id`.
        existing_floating_id: UUID of the existing floating IP; required with `existing`, and only allowed with it.
    """

    source: Literal["new", "existing"]
    existing_floating_id: ObjectId | None = None


class RetentionPolicyInputs(InputsModel):
    """Retention of logs.

    Attributes:
        period: Days, 1 to 1825.
    """

    period: Annotated[int, Limited(ge=1, le=1825)]


class LoggingInputs(InputsModel):
    """Destination of the load balancer's logs.

    Attributes:
        enabled: Whether logs are written; default false.
        destination_region_id: ID of the log topic's region.
        topic_name: Name of the log topic.
        retention_policy: Retention of the logs.
    """

    enabled: bool = False
    destination_region_id: int | None = None
    topic_name: TopicName | None = None
    retention_policy: RetentionPolicyInputs | None = None


class LoadBalancerInputs(ResourceInputs):
    """Load balancer (OpenAPI: `POST /v1/loadbalancers`). A property that was never set has Gcore's default.

    Attributes:
        name: Exact name; by default a name is computed.
        flavor: Name of the flavor: `lb1-1-2`.
        vip_network_id: UUID of the VIP's network; default the external network.
        vip_subnet_id: UUID of a subnet of that network; Gcore ignores it without `vip_network_id`.
        vip_port_id: UUID of the port of a reserved fixed IP, instead of a network.
        vip_ip_family: IP family of the VIP: `ipv4`, `ipv6` or `dual`.
        floating_ip: Floating IP for the VIP.
        preferred_connectivity: Path to members, `L2` or `L3`; default `L2`.
        logging: Destination of the logs; default none.
        tags: Tags by key. Once they are set, all other tags are removed, except those that Gcore marks read-only.
        admin_state_up: Whether it serves traffic; default true.
    """

    name: ObjectName | None = None
    flavor: Annotated[str | None, Limited(min_length=1)] = None
    vip_network_id: ObjectId | None = None
    vip_subnet_id: ObjectId | None = None
    vip_port_id: ObjectId | None = None
    vip_ip_family: InterfaceIpFamily | None = None
    floating_ip: FloatingIpInputs | None = None
    preferred_connectivity: MemberConnectivity | None = None
    logging: LoggingInputs | None = None
    tags: dict[Key, Value] | None = None
    admin_state_up: bool | None = None


def _same_logging(old: object, new: object) -> bool:
    """Return whether two logging settings are equal; parts that the program does not set are Gcore's, and ignored."""
    olds, news = _set_parts(old), _set_parts(new)
    return bool(olds) == bool(news) and all(olds.get(key) == value for key, value in news.items())


def _set_parts(logging: object) -> dict[str, object]:
    if not isinstance(logging, Mapping) or not logging.get("enabled"):
        return {}
    return {key: value for key, value in logging.items() if value is not None}


def _same_tags(old: object, new: object) -> bool:
    return (old or {}) == (new or {})


_VIP_FIELDS: Final = ("vip_network_id", "vip_subnet_id", "vip_port_id", "vip_ip_family", "floating_ip")
_CREATE_FIELDS: Final = (*_VIP_FIELDS, "flavor", "preferred_connectivity", "logging", "tags")


def _check_vip(partial: PartialInputs[LoadBalancerInputs]) -> Iterator[Finding]:
    if partial.given("vip_network_id") and partial.given("vip_port_id"):
        yield report("VIP_GIVEN_TWO_WAYS", "vip_port_id")
    if partial.given("vip_subnet_id") and not partial.given("vip_network_id"):
        yield report("VIP_SUBNET_ALONE", "vip_subnet_id")


def _check_floating_ip(partial: PartialInputs[LoadBalancerInputs]) -> Iterator[Finding]:
    floating_ip, argument = partial.known.floating_ip, "floating_ip.existing_floating_id"
    if floating_ip is None:
        return
    if floating_ip.source == "existing" and not floating_ip.existing_floating_id:
        yield report("FLOATING_IP_ID", argument, message="missing")
    if floating_ip.source != "existing" and floating_ip.existing_floating_id:
        yield report("FLOATING_IP_ID", argument, message="unused")


class LoadBalancerKind(CreatableKind[LoadBalancerInputs]):
    """Load balancers, without their listeners: those are resources of their own."""

    name: ClassVar[str] = "load balancer"
    time_limit = 1800.0
    task = CreateTask("create_loadbalancer", "loadbalancers")
    inputs = LoadBalancerInputs
    rules = (
        Rule(needs=frozenset(), check=_check_vip),
        Rule(needs=frozenset({"floating_ip"}), check=_check_floating_ip),
    )
    fields = (
        Field("name"),
        Field("flavor", change="separate endpoint"),
        Field("vip_network_id", change="replace", readable=False, nullable=True, equal=equal_ids),
        Field("vip_subnet_id", change="replace", readable=False, nullable=True, equal=equal_ids),
        Field("vip_port_id", change="replace", nullable=True, equal=equal_ids),
        Field("vip_ip_family", change="replace"),
        Field("floating_ip", change="replace", readable=False, nullable=True),
        Field("preferred_connectivity", default="L2"),
        Field("logging", default={"enabled": False}, server_populated=True, equal=_same_logging),
        Field("tags", nullable=True, equal=_same_tags),
        Field("admin_state_up", default=True),
    )

    def delete_before_create(self, olds: Properties, news: Properties, replaces: Sequence[str]) -> bool:
        """Return whether both load balancers would have the same VIP port or floating IP."""
        port = news.get("vip_port_id")
        if port is not None and "vip_port_id" not in replaces:
            return True
        floating_ip = news.get("floating_ip")
        exists = isinstance(floating_ip, Mapping) and floating_ip.get("source") == "existing"
        return exists and "floating_ip" not in replaces

    def create_object(
        self, operation: Operation, name: str, inputs: LoadBalancerInputs, load_balancer_id: str | None
    ) -> tuple[Task, ...]:
        """Send the POST and wait for its task."""
        given = inputs.model_dump(exclude_none=True, exclude_unset=True)
        body = {"name": name, **{key: value for key, value in given.items() if key in _CREATE_FIELDS}}
        return operation.send_and_wait(routes.create_load_balancer(LoadBalancerCreate.model_validate(body)))

    def finish_create(
        self,
        operation: Operation,
        object_id: str,
        inputs: LoadBalancerInputs,
        load_balancer_id: str | None,
        action: str,
    ) -> LiveObject:
        """Wait until it is ACTIVE, and disable it if the program wants that: the POST cannot."""
        live = _read_active(operation, object_id, action)
        if inputs.admin_state_up is False:
            return _patch(operation, object_id, LoadBalancerPatch(admin_state_up=False))
        return live

    def list_objects(self, operation: Operation) -> Sequence[LoadBalancer]:
        """Return all load balancers."""
        return operation.rows(routes.list_load_balancers)

    def is_unreferenced(
        self, operation: Operation, live: LiveObject, inputs: Mapping[str, object], state: StackState
    ) -> bool:
        """Return whether every listener and pool on it belongs to this stack."""
        return has_only_own_children(operation, live.id, state)

    def conflicting_objects(self, operation: Operation) -> Iterator[LiveObject]:
        """Yield the load balancer that has the VIP port."""
        port = operation.properties.get("vip_port_id")
        for each in self.list_objects(operation) if port else ():
            if equal_ids(each.vip_port_id, port):
                yield LiveObject(each.id, _properties(each))

    def read_object(self, operation: Operation, object_id: str, prior: Properties) -> LiveObject | None:
        """Read it; return None if it is gone."""
        try:
            balancer = operation.send(routes.get_load_balancer(object_id))
        except ObjectNotFound:
            return None
        return LiveObject(object_id, _properties(balancer))

    def update_object(
        self,
        operation: Operation,
        object_id: str,
        olds: Properties,
        inputs: LoadBalancerInputs,
        fields: Sequence[Field],
    ) -> LiveObject:
        """Change the flavor by a resize, which cuts all connections, and everything else by one PATCH."""
        given = inputs.model_dump(exclude_none=True, exclude_unset=True)
        patch = {field.name: given.get(field.name, field.removed) for field in fields if field.change == "in place"}
        if "tags" in patch:
            previous = olds.get("tags")
            removed = set(previous if isinstance(previous, Mapping) else {}) - set(inputs.tags or {})
            patch["tags"] = {**dict.fromkeys(sorted(removed)), **(inputs.tags or {})}
        with operation.locked(object_id):
            if patch:
                _patch(operation, object_id, LoadBalancerPatch.model_validate(patch))
            flavor = inputs.flavor if any(field.name == "flavor" for field in fields) else None
            if flavor is not None:
                call = routes.resize_load_balancer(object_id, flavor)
                operation.retry_while_locked(object_id, lambda: operation.send_and_wait(call))
            return _read_active(operation, object_id, f"update load balancer {object_id}")

    def delete_object(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Delete it; Gcore deletes everything on it too."""
        with operation.locked(object_id):
            delete(
                operation,
                routes.delete_load_balancer(object_id),
                lambda: operation.send(routes.get_load_balancer(object_id)),
                load_balancer_id=object_id,
            )


def _patch(operation: Operation, load_balancer_id: str, patch: LoadBalancerPatch) -> LiveObject:
    call = routes.update_load_balancer(load_balancer_id, patch)
    operation.retry_while_locked(load_balancer_id, lambda: operation.send_and_wait(call))
    return _read_active(operation, load_balancer_id, call.description)


def _read_active(operation: Operation, load_balancer_id: str, action: str) -> LiveObject:
    read = routes.get_load_balancer(load_balancer_id)
    return LiveObject(load_balancer_id, _properties(operation.wait_until_active(lambda: operation.send(read), action)))


def _properties(balancer: LoadBalancer) -> Properties:
    # If a response has no flavor, leave it out: a flavor of None would be a change, and resize in every run.
    flavor: Properties = {"flavor": balancer.flavor.flavor_name} if balancer.flavor else {}
    return {
        **flavor,
        "name": balancer.name,
        "vip_port_id": balancer.vip_port_id,
        "vip_ip_family": balancer.vip_ip_family,
        "vip_address": balancer.vip_address,
        "vip_fqdn": balancer.vip_fqdn,
        "floating_ip_addresses": [
            each.floating_ip_address for each in balancer.floating_ips if each.floating_ip_address
        ],
        "preferred_connectivity": balancer.preferred_connectivity,
        "logging": _logging(balancer.logging) if balancer.logging else None,
        "tags": {tag.key: tag.value for tag in balancer.tags_v2 if not tag.read_only},
        "admin_state_up": balancer.admin_state_up,
        "provisioning_status": balancer.provisioning_status,
        "operating_status": balancer.operating_status,
    }


def _logging(logging: Logging) -> Properties:
    """Return logging as a program would write it: a policy without a period has the effect of no policy."""
    shown = logging.model_dump(mode="json", exclude_none=True)
    return {name: value for name, value in shown.items() if value != {}}


LOAD_BALANCER: Final = LoadBalancerKind()
