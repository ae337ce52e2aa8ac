"""Listeners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final

from pydantic import TypeAdapter

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.listeners import Listener, ListenerCreate, ListenerPatch
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.severity import downgrade_deployed
from gcore_tls_provider.errors import ObjectNotFound
from gcore_tls_provider.hidden_inputs import MATERIAL
from gcore_tls_provider.lifecycle.inputs.fields import Field, changed_fields, equal_id_sets, equal_ids
from gcore_tls_provider.lifecycle.inputs.properties import PartialInputs, Properties, Rule, error_finding
from gcore_tls_provider.lifecycle.inputs.references import ReferencedCertificates
from gcore_tls_provider.lifecycle.inputs.scalars import Network
from gcore_tls_provider.lifecycle.kind import CheckContext, LiveObject
from gcore_tls_provider.lifecycle.kinds.listener.inputs import ListenerInputs
from gcore_tls_provider.lifecycle.kinds.listener.rules import brought_to_light, certificate_findings
from gcore_tls_provider.lifecycle.recovery.create_once import Creation
from gcore_tls_provider.lifecycle.recovery.owned import MadeLifecycle, MakingTask
from gcore_tls_provider.lifecycle.recovery.ownership import has_own_pools_only
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.run.deletion import delete
from gcore_tls_provider.lifecycle.run.operation import Operation

_ARGUMENTS: Final = {
    "load_balancer_id": "load_balancer",
    "secret_id": "certificate",
    "sni_secret_id": "sni_certificates",
}
_WITH_CERTIFICATE: Final = frozenset({"TERMINATED_HTTPS", "PROMETHEUS"})
_NO_CLIENT_AUTHENTICATION: Final = frozenset({"", "none", "off", "false", "disabled"})
_DEFAULT_LIMIT: Final = 100_000
_NETWORKS: Final = TypeAdapter(list[Network])
_IN_BODY: Final = (
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


def _client_authentication(drafted: PartialInputs[ListenerInputs]) -> Iterator[Finding]:
    wanted = drafted.known.client_authentication
    if wanted and str(wanted).strip().lower() not in _NO_CLIENT_AUTHENTICATION:
        yield error_finding(
            "client_authentication",
            "CLIENT_AUTHENTICATION",
            "Gcore's load balancers can't ask clients for certificates: mutual TLS exists between the load balancer "
            "and its backends only.",
            "Remove client_authentication; to have clients authenticated by certificate, pass TLS through to backends "
            "that do it (protocol HTTPS or TCP).",
        )


def _certificates(drafted: PartialInputs[ListenerInputs]) -> Iterator[Finding]:
    protocol = drafted.known.protocol
    given = [name for name in ("secret_id", "sni_secret_id") if drafted.given(name)]
    if protocol == "TERMINATED_HTTPS" and not given:
        yield error_finding(
            "secret_id",
            "CERTIFICATE_MISSING",
            "A listener of protocol TERMINATED_HTTPS has no certificate to show.",
            "Give `certificate`, or at least one of `sni_certificates`.",
        )
    if protocol not in _WITH_CERTIFICATE:
        for name in given:
            yield error_finding(
                name,
                "CERTIFICATE_UNUSED",
                f"A listener of protocol {protocol} shows no certificate.",
                f"Remove {_ARGUMENTS[name]}, or make the protocol TERMINATED_HTTPS.",
            )


def _same_limit(old: object, new: object) -> bool:
    return old == new or {old, new} == {-1, _DEFAULT_LIMIT}


def _same_networks(old: object, new: object) -> bool:
    return _networks(old) == _networks(new)


def _networks(value: object) -> set[str]:
    return set(_NETWORKS.validate_python(value or []))


def _same_users(old: object, new: object) -> bool:
    """Whether two lists have the same users: a name is in it once, so their order means nothing."""
    return _users(old) == _users(new)


def _users(value: object) -> set[tuple[tuple[str, object], ...]]:
    users = value if isinstance(value, list) else []
    return {tuple(sorted(each.items())) for each in users if isinstance(each, Mapping)}


class ListenerLifecycle(MadeLifecycle[ListenerInputs]):
    """`Listener`."""

    kind: ClassVar[str] = "listener"
    task = MakingTask("create_lblistener", "listeners")
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

    def facts(self, checking: CheckContext[ListenerInputs]) -> tuple[Properties, Sequence[Finding]]:
        """No facts of its own; what its certificates are, side by side, and what a change brings to light."""
        before = ReferencedCertificates.of(checking.olds, checking.seen)
        material = ReferencedCertificates.of(checking.inputs, checking.seen)
        if equal_ids(checking.olds.get("secret_id"), checking.inputs.get("secret_id")) and equal_id_sets(
            checking.olds.get("sni_secret_id"), checking.inputs.get("sni_secret_id")
        ):
            material = material.or_else(before)
        facts: Properties = {MATERIAL: material.saved()} if material.roles else {}
        findings = tuple(certificate_findings(checking.drafted, material))
        if not checking.olds:
            return facts, findings
        findings = downgrade_deployed(findings, before=certificate_findings(self.drafted_before(checking.olds), before))
        if not any(changed_fields(self.fields, checking.olds, checking.inputs)):
            return facts, findings
        return facts, (*findings, *brought_to_light(material, before, checking.now))

    def goes_first(self, olds: Properties, news: Properties, replaces: Sequence[str]) -> bool:
        """Two listeners can't have one port of one load balancer."""
        return "load_balancer_id" not in replaces and "protocol_port" not in replaces

    def make(self, operation: Operation, inputs: ListenerInputs) -> LiveObject:
        """Makes it on its load balancer."""
        balancer = inputs.load_balancer_id
        creation = Creation(self, operation)
        place = creation.place(inputs.name)
        if place.leftover is not None:
            return self.take_over(operation, place.leftover, place.name, inputs)
        name = place.name
        given = inputs.model_dump(exclude_none=True)
        body = ListenerCreate.model_validate({"name": name, **{k: v for k, v in given.items() if k in _IN_BODY}})
        with operation.load_balancer(balancer):
            listener_id = creation.once(
                place,
                lambda: operation.retry_while_locked(balancer, lambda: operation.run(routes.create_listener(body))),
            )

            def finish() -> LiveObject:
                if inputs.admin_state_up is False:
                    return self._patched(operation, balancer, listener_id, ListenerPatch(admin_state_up=False))
                return self._ready(operation, listener_id, f"create listener '{name}' ({listener_id})")

            return creation.finished(listener_id, name, finish)

    def listed(self, operation: Operation) -> Sequence[Listener]:
        """All listeners."""
        return operation.rows(routes.list_listeners)

    def free(self, operation: Operation, live: LiveObject, dead: Mapping[str, object], state: StackState) -> bool:
        """Whether all pools behind it are this stack's."""
        return has_own_pools_only(operation, live.id, state)

    def in_the_way(self, operation: Operation) -> Iterator[LiveObject]:
        """The listener on its port."""
        place = tuple(operation.properties.get(name) for name in ("load_balancer_id", "protocol_port"))
        for each in self.listed(operation):
            if equal_ids(each.load_balancer_id, place[0]) and each.protocol_port == (place[1] or 443):
                yield LiveObject(each.id, _live(each))

    def look(self, operation: Operation, object_id: str, prior: Properties) -> LiveObject | None:
        """Reads it."""
        try:
            return LiveObject(object_id, _live(operation.send(routes.get_listener(object_id))))
        except ObjectNotFound:
            return None

    def change(
        self,
        operation: Operation,
        object_id: str,
        olds: Properties,
        inputs: ListenerInputs,
        fields: Sequence[Field],
    ) -> LiveObject:
        """One PATCH with what differs."""
        given = inputs.model_dump(exclude_none=True)
        patch = ListenerPatch.model_validate({each.name: given.get(each.name, each.removed) for each in fields})
        with operation.load_balancer(inputs.load_balancer_id):
            if not fields:
                return self._ready(operation, object_id, f"update listener {object_id}")
            return self._patched(operation, inputs.load_balancer_id, object_id, patch)

    def remove(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Deletes it; its pool stays, unattached."""
        balancer = str(properties["load_balancer_id"])
        with operation.load_balancer(balancer):
            delete(
                operation,
                routes.delete_listener(object_id),
                lambda: operation.send(routes.get_listener(object_id)),
                load_balancer_id=balancer,
            )

    def _patched(self, operation: Operation, balancer: str, listener_id: str, patch: ListenerPatch) -> LiveObject:
        call = routes.update_listener(listener_id, patch)
        operation.retry_while_locked(balancer, lambda: operation.run(call))
        return self._ready(operation, listener_id, call.description)

    def _ready(self, operation: Operation, listener_id: str, asked: str) -> LiveObject:
        listener = operation.wait_until_active(lambda: operation.send(routes.get_listener(listener_id)), asked)
        return LiveObject(listener_id, _live(listener))


def _live(listener: Listener) -> Properties:
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
