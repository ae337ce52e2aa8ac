"""Listeners: their lifecycle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final

from pydantic import TypeAdapter, ValidationError

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.listeners import Listener, ListenerCreate, ListenerPatch
from gcore_tls_provider.api.wire.tasks import Task
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.findings.severity import downgrade_deployed
from gcore_tls_provider.errors import ObjectNotFound
from gcore_tls_provider.lifecycle.inputs.fields import Field, changed_fields, equal_id_sets, equal_ids
from gcore_tls_provider.lifecycle.inputs.properties import PartialInputs, Properties, Rule
from gcore_tls_provider.lifecycle.inputs.references import ReferencedCertificates
from gcore_tls_provider.lifecycle.inputs.scalars import Network
from gcore_tls_provider.lifecycle.kind import CheckContext, CreatableKind, CreateTask, Evaluation, LiveObject
from gcore_tls_provider.lifecycle.kinds.listener.inputs import ListenerInputs
from gcore_tls_provider.lifecycle.kinds.listener.rules import certificate_findings, exposed_findings
from gcore_tls_provider.lifecycle.recovery.ownership import has_only_own_pools
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.run.deletion import delete
from gcore_tls_provider.lifecycle.run.operation import Operation

_ARGUMENTS: Final = {
    "load_balancer_id": "load_balancer",
    "secret_id": "certificate",
    "sni_secret_id": "sni_certificates",
}
_CERTIFICATE_PROTOCOLS: Final = frozenset({"TERMINATED_HTTPS", "PROMETHEUS"})
_DISABLED: Final = frozenset({"", "none", "off", "false", "disabled"})
_DEFAULT_LIMIT: Final = 100_000
_NETWORKS: Final = TypeAdapter(list[Network])
_CREATE_FIELDS: Final = (
    "load_balancer_id",
    "protocol",
    "protocol_port",
    "secret_id",
    "sni_secret_id",
    "default_pool_id",
    "connection_limit",
    "insert_x_forwarded",
    "allowed_cidrs",
    "timeout_client_data",
    "user_list",
)


def _client_authentication(partial: PartialInputs[ListenerInputs]) -> Iterator[Finding]:
    requested = partial.known.client_authentication
    if requested and str(requested).strip().lower() not in _DISABLED:
        yield report("CLIENT_AUTHENTICATION", "client_authentication")


def _certificates(partial: PartialInputs[ListenerInputs]) -> Iterator[Finding]:
    protocol = partial.known.protocol
    given = [name for name in ("secret_id", "sni_secret_id") if partial.given(name)]
    if protocol == "TERMINATED_HTTPS" and not given:
        yield report("CERTIFICATE_MISSING", "secret_id", message="listener")
    if protocol not in _CERTIFICATE_PROTOCOLS:
        for name in given:
            yield report("CERTIFICATE_UNUSED", name, protocol=protocol, argument=_ARGUMENTS[name])


def _same_limit(old: object, new: object) -> bool:
    return old == new or {old, new} == {-1, _DEFAULT_LIMIT}


def _same_networks(old: object, new: object) -> bool:
    return _networks(old) == _networks(new)


def _networks(value: object) -> set[str]:
    """Return networks in their canonical spelling, or unchanged if Gcore returned a text that is no network."""
    try:
        return set(_NETWORKS.validate_python(value or []))
    except ValidationError:
        return {str(each) for each in value} if isinstance(value, (list, tuple)) else {str(value)}


def _same_users(old: object, new: object) -> bool:
    """Return whether two lists have the same users, in any order; no list has a name twice."""
    return _users(old) == _users(new)


def _users(value: object) -> set[tuple[tuple[str, object], ...]]:
    users = value if isinstance(value, list) else []
    return {tuple(sorted(each.items())) for each in users if isinstance(each, Mapping)}


class ListenerKind(CreatableKind[ListenerInputs]):
    """`Listener`."""

    name: ClassVar[str] = "listener"
    task = CreateTask("create_lblistener", "listeners")
    hidden = frozenset({"user_list"})
    inputs = ListenerInputs
    arguments = MappingProxyType(_ARGUMENTS)
    rules = (
        Rule(needs=frozenset({"client_authentication"}), check=_client_authentication),
        Rule(needs=frozenset({"protocol"}), check=_certificates),
    )
    fields = (
        Field("name"),
        Field("load_balancer_id", change="replace", equal=equal_ids),
        Field("protocol", change="replace", default="TERMINATED_HTTPS"),
        Field("protocol_port", change="replace", default=443),
        Field("secret_id", nullable=True, compare_when_unset=True, equal=equal_ids),
        Field("sni_secret_id", default=[], compare_when_unset=True, equal=equal_id_sets),
        Field("default_pool_id", change="replace", readable=False, nullable=True, equal=equal_ids),
        Field("connection_limit", default=_DEFAULT_LIMIT, equal=_same_limit),
        Field("insert_x_forwarded", change="replace", readable=False, default=False),
        Field("allowed_cidrs", nullable=True, equal=_same_networks),
        Field("timeout_client_data", nullable=True),
        Field("user_list", default=[], equal=_same_users),
        Field("admin_state_up", default=True),
    )

    def evaluate(self, check: CheckContext[ListenerInputs]) -> Evaluation:
        """Return findings about its certificates together, and about expired ones that a change exposes."""
        previous = ReferencedCertificates.of(check.olds, check.certificates)
        references = ReferencedCertificates.of(check.inputs, check.certificates)
        if equal_ids(check.olds.get("secret_id"), check.inputs.get("secret_id")) and equal_id_sets(
            check.olds.get("sni_secret_id"), check.inputs.get("sni_secret_id")
        ):
            references = references.or_previous(previous)
        saved = references.to_save() if references.roles else None
        findings = tuple(certificate_findings(check.partial, references))
        if check.olds:
            deployed = certificate_findings(self.parse_previous(check.olds), previous)
            findings = downgrade_deployed(findings, before=deployed)
            if any(changed_fields(self.fields, check.olds, check.inputs)):
                findings = (*findings, *exposed_findings(references, previous, check.now))
        return Evaluation({}, findings, saved)

    def delete_before_create(self, olds: Properties, news: Properties, replaces: Sequence[str]) -> bool:
        """Return whether both listeners would have the same port of the same load balancer."""
        return "load_balancer_id" not in replaces and "protocol_port" not in replaces

    def load_balancer_of(self, operation: Operation, inputs: ListenerInputs) -> str:
        """Return its load balancer."""
        return inputs.load_balancer_id

    def create_object(
        self, operation: Operation, name: str, inputs: ListenerInputs, load_balancer_id: str | None
    ) -> tuple[Task, ...]:
        """Send the POST and wait for its task."""
        given = inputs.model_dump(exclude_none=True)
        body = {"name": name, **{key: value for key, value in given.items() if key in _CREATE_FIELDS}}
        return operation.send_and_wait(routes.create_listener(ListenerCreate.model_validate(body)))

    def finish_create(
        self,
        operation: Operation,
        object_id: str,
        inputs: ListenerInputs,
        load_balancer_id: str | None,
        action: str,
    ) -> LiveObject:
        """Wait until it is ACTIVE, and disable it if the program wants that: the POST cannot."""
        if inputs.admin_state_up is False:
            return _patch(operation, inputs.load_balancer_id, object_id, ListenerPatch(admin_state_up=False))
        return _read_active(operation, object_id, action)

    def list_objects(self, operation: Operation) -> Sequence[Listener]:
        """Return all listeners."""
        return operation.rows(routes.list_listeners)

    def is_unreferenced(
        self, operation: Operation, live: LiveObject, inputs: Mapping[str, object], state: StackState
    ) -> bool:
        """Return whether every pool of it belongs to this stack."""
        return has_only_own_pools(operation, live.id, state)

    def conflicting_objects(self, operation: Operation) -> Iterator[LiveObject]:
        """Yield the listener that has the port."""
        balancer, port = (operation.properties.get(name) for name in ("load_balancer_id", "protocol_port"))
        for each in self.list_objects(operation):
            if equal_ids(each.load_balancer_id, balancer) and each.protocol_port == (port or 443):
                yield LiveObject(each.id, _properties(each))

    def read_object(self, operation: Operation, object_id: str, prior: Properties) -> LiveObject | None:
        """Read it; return None if it is gone."""
        try:
            return LiveObject(object_id, _properties(operation.send(routes.get_listener(object_id))))
        except ObjectNotFound:
            return None

    def update_object(
        self,
        operation: Operation,
        object_id: str,
        olds: Properties,
        inputs: ListenerInputs,
        fields: Sequence[Field],
    ) -> LiveObject:
        """Send one PATCH with the changed fields."""
        given = inputs.model_dump(exclude_none=True)
        patch = ListenerPatch.model_validate({each.name: given.get(each.name, each.removed) for each in fields})
        with operation.locked(inputs.load_balancer_id):
            if not fields:
                return _read_active(operation, object_id, f"update listener {object_id}")
            return _patch(operation, inputs.load_balancer_id, object_id, patch)

    def delete_object(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Delete it; its pool stays, without a listener."""
        load_balancer_id = str(properties["load_balancer_id"])
        with operation.locked(load_balancer_id):
            delete(
                operation,
                routes.delete_listener(object_id),
                lambda: operation.send(routes.get_listener(object_id)),
                load_balancer_id=load_balancer_id,
            )


def _patch(operation: Operation, load_balancer_id: str, listener_id: str, patch: ListenerPatch) -> LiveObject:
    call = routes.update_listener(listener_id, patch)
    operation.retry_while_locked(load_balancer_id, lambda: operation.send_and_wait(call))
    return _read_active(operation, listener_id, call.description)


def _read_active(operation: Operation, listener_id: str, action: str) -> LiveObject:
    read = routes.get_listener(listener_id)
    return LiveObject(listener_id, _properties(operation.wait_until_active(lambda: operation.send(read), action)))


def _properties(listener: Listener) -> Properties:
    balancer: Properties = {"load_balancer_id": listener.load_balancer_id} if listener.load_balancer_id else {}
    return {
        **balancer,
        "name": listener.name,
        "protocol": listener.protocol,
        "protocol_port": listener.protocol_port,
        "secret_id": listener.secret_id or None,
        "sni_secret_id": list(listener.sni_secret_id or []),
        "connection_limit": listener.connection_limit,
        "allowed_cidrs": listener.allowed_cidrs,
        "timeout_client_data": listener.timeout_client_data,
        "user_list": [each.model_dump() for each in listener.user_list],
        "admin_state_up": listener.admin_state_up,
        "provisioning_status": listener.provisioning_status,
        "operating_status": listener.operating_status,
    }


LISTENER: Final = ListenerKind()
