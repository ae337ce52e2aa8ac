"""Pools with their members and health monitor: their lifecycle, and TLS, mutual or not, to backends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.health_monitors import HealthMonitor
from gcore_tls_provider.api.wire.members import Member
from gcore_tls_provider.api.wire.pools import Pool, PoolCreate, PoolPatch
from gcore_tls_provider.api.wire.tasks import Task
from gcore_tls_provider.certificates import certificate_facts
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.finding import Finding, collect_findings
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.findings.severity import downgrade_deployed
from gcore_tls_provider.errors import ObjectNotFound
from gcore_tls_provider.lifecycle.inputs.fields import Field, changed_fields, equal_ids
from gcore_tls_provider.lifecycle.inputs.properties import (
    UNKNOWN,
    PartialInputs,
    Properties,
    Rule,
)
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.inputs.references import ReferencedCertificates
from gcore_tls_provider.lifecycle.kind import CheckContext, CreatableKind, CreateTask, Evaluation, LiveObject
from gcore_tls_provider.lifecycle.kinds.pool import health_monitor, members, pool_update
from gcore_tls_provider.lifecycle.kinds.pool.health_monitor import same_health_monitor
from gcore_tls_provider.lifecycle.kinds.pool.inputs import TLS_IDS, PoolInputs
from gcore_tls_provider.lifecycle.kinds.pool.members import same_members
from gcore_tls_provider.lifecycle.kinds.pool.rules import PoolGraph, crl_needs_ca
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.run.deletion import delete
from gcore_tls_provider.lifecycle.run.operation import Operation

_REFERENCES: Final = ("listener_id", *TLS_IDS)
_EXPECTED: Final = "expected_backend_certificates"

_CREATE_FIELDS: Final = (
    "protocol",
    "lb_algorithm",
    "ca_secret_id",
    "secret_id",
    "crl_secret_id",
    "session_persistence",
    "timeout_member_connect",
    "timeout_member_data",
)


def _has_load_balancer(partial: PartialInputs[PoolInputs]) -> Iterator[Finding]:
    if not partial.given("load_balancer_id") and not partial.given("listener_id"):
        yield report("POOL_WITHOUT_LOAD_BALANCER", "load_balancer_id")


def _members_are_unique(partial: PartialInputs[PoolInputs]) -> Iterator[Finding]:
    for (address, port), count in Counter(each.key for each in partial.known.members).items():
        if count > 1:
            yield report("DUPLICATE_MEMBER", "members", address=address, port=port, count=count)


def _equal_persistence(old: object, new: object) -> bool:
    return _set_parts(old) == _set_parts(new)


def _set_parts(value: object) -> Mapping[str, object]:
    return {key: each for key, each in value.items() if each is not None} if isinstance(value, Mapping) else {}


class PoolKind(CreatableKind[PoolInputs]):
    """`Pool`."""

    name: ClassVar[str] = "pool"
    task = CreateTask("create_lbpool", "pools")
    inputs = PoolInputs
    derived = frozenset({"expected_backends"})
    arguments = MappingProxyType(
        {
            "load_balancer_id": "load_balancer",
            "listener_id": "listener",
            "ca_secret_id": "ca",
            "secret_id": "client_certificate",
            "crl_secret_id": "crl",
        }
    )
    rules = (
        Rule(needs=frozenset(), check=_has_load_balancer),
        Rule(needs=frozenset(), check=crl_needs_ca),
        Rule(needs=frozenset({"members"}), check=_members_are_unique),
    )
    fields = (
        Field("name"),
        Field("load_balancer_id", change="replace", equal=equal_ids),
        Field("listener_id", change="replace", nullable=True, equal=equal_ids),
        Field("protocol", default="HTTPS"),
        Field("lb_algorithm", default="ROUND_ROBIN"),
        Field("members", change="separate endpoint", default=[], compare_when_unset=True, equal=same_members),
        Field("ca_secret_id", nullable=True, compare_when_unset=True, equal=equal_ids),
        Field("secret_id", nullable=True, compare_when_unset=True, equal=equal_ids),
        Field("crl_secret_id", nullable=True, compare_when_unset=True, equal=equal_ids),
        Field("health_monitor", change="separate endpoint", nullable=True, equal=same_health_monitor),
        Field("session_persistence", nullable=True, equal=_equal_persistence),
        Field("timeout_member_connect", nullable=True),
        Field("timeout_member_data", nullable=True),
        Field("admin_state_up", default=True),
    )

    def evaluate(self, check: CheckContext[PoolInputs]) -> Evaluation:
        """Return the expected backend certificates, and findings about the pool and everything it refers to."""
        facts, findings = self._expected(check.partial)
        previous = ReferencedCertificates.of(check.olds, check.certificates)
        references = ReferencedCertificates.of(check.inputs, check.certificates)
        refers_as_before = all(equal_ids(check.olds.get(name), check.inputs.get(name)) for name in _REFERENCES)
        if refers_as_before:
            references = references.or_previous(previous)
        saved = references.to_save() if references.roles else None
        graph = PoolGraph.of(check.partial, references)
        found = (*findings, *graph.findings(check.now))
        if not check.olds:
            return Evaluation(facts, found, saved)
        if refers_as_before and Record.of(check.olds).references is None:
            # The previous run saved no references, as after an import.
            previous = references
        deployed = PoolGraph.of(self.parse_previous(check.olds), previous)
        found = (
            *downgrade_deployed(found, before=deployed.findings(check.now)),
            *graph.rotation(deployed, check.now),
        )
        if any(changed_fields(self.fields, check.olds, check.inputs)):
            found = (*found, *graph.reload(deployed, check.now))
        return Evaluation(facts, found, saved)

    def _expected(self, partial: PartialInputs[PoolInputs]) -> tuple[Properties, Sequence[Finding]]:
        if _EXPECTED in partial.unknown:
            return {"expected_backends": UNKNOWN}, ()
        findings: list[Finding] = []
        backends: list[CertificateChain] = []
        given = partial.known.expected_backend_certificates if _EXPECTED in partial.valid_fields else ()
        for number, each in enumerate(given):
            with collect_findings(findings):
                backends.append(CertificateChain.parse(each, property=f"{_EXPECTED}[{number}]"))
        if not backends:
            return {}, findings
        expected = [certificate_facts(each.certificate) for each in backends]
        return {
            "expected_backends": [
                {
                    "subject": each.subject,
                    "dns_names": list(each.dns_names),
                    "fingerprint_sha256": each.fingerprint_sha256,
                    "not_after": each.not_after,
                }
                for each in expected
            ]
        }, findings

    def delete_before_create(self, olds: Properties, news: Properties, replaces: Sequence[str]) -> bool:
        """Return whether the pool is its listener's default pool: there is one, and no request moves a pool."""
        return "listener_id" not in replaces and news.get("listener_id") is not None

    def load_balancer_of(self, operation: Operation, inputs: PoolInputs) -> str:
        """Return its load balancer, or that of its listener."""
        if inputs.load_balancer_id:
            return inputs.load_balancer_id
        return str(operation.send(routes.get_listener(str(inputs.listener_id))).load_balancer_id)

    def create_object(
        self, operation: Operation, name: str, inputs: PoolInputs, load_balancer_id: str | None
    ) -> tuple[Task, ...]:
        """Send the POST with members and health monitor, and wait for its task."""
        given = inputs.model_dump(exclude_none=True)
        body: Properties = {
            "name": name,
            "members": [members.body(each) for each in inputs.members],
            **{key: value for key, value in given.items() if key in _CREATE_FIELDS},
        }
        if inputs.health_monitor is not None:
            body["healthmonitor"] = health_monitor.create_body(inputs.health_monitor)
        request = routes.create_pool(str(load_balancer_id), inputs.listener_id, PoolCreate.model_validate(body))
        return operation.send_and_wait(request)

    def finish_create(
        self, operation: Operation, object_id: str, inputs: PoolInputs, load_balancer_id: str | None, action: str
    ) -> LiveObject:
        """Wait until it is ACTIVE, and disable it if the program wants that: the POST cannot."""
        if inputs.admin_state_up is False:
            pool_update.patch_pool(
                operation, str(load_balancer_id), object_id, inputs.protocol, PoolPatch(admin_state_up=False)
            )
        return _read_active(operation, object_id, inputs.listener_id, action, inputs.members)

    def list_objects(self, operation: Operation) -> Sequence[Pool]:
        """Return all pools."""
        return operation.rows(routes.list_pools)

    def is_unreferenced(
        self, operation: Operation, live: LiveObject, inputs: Mapping[str, object], state: StackState
    ) -> bool:
        """Return whether only listeners of this stack, or the one that it was created for, have it as default pool."""
        own = {*state.created, *operation.session.claims.created, inputs.get("listener_id")}
        return {each.id for each in operation.send(routes.get_pool(live.id)).listeners} <= own

    def conflicting_objects(self, operation: Operation) -> Iterator[LiveObject]:
        """Yield the default pool of its listener."""
        listener = operation.properties.get("listener_id")
        for each in self.list_objects(operation):
            if any(equal_ids(front.id, listener) for front in each.listeners):
                yield _live(each, listener, None)

    def read_object(self, operation: Operation, object_id: str, prior: Properties) -> LiveObject | None:
        """Read it; return None if it is gone."""
        try:
            pool = operation.send(routes.get_pool(object_id))
        except ObjectNotFound:
            return None
        return _live(pool, prior.get("listener_id"), prior.get("members"))

    def update_object(
        self, operation: Operation, object_id: str, olds: Properties, inputs: PoolInputs, fields: Sequence[Field]
    ) -> LiveObject:
        """Send one update with the changed fields; members and the health monitor have endpoints of their own."""
        names = {each.name for each in fields}
        known_members = inputs.members if "members" in names else olds.get("members")
        with operation.locked(str(olds["load_balancer_id"])):
            pool_update.update_pool(operation, object_id, olds, inputs, fields)
            action = f"update pool {object_id}"
            return _read_active(operation, object_id, olds.get("listener_id"), action, known_members)

    def delete_object(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Delete it with its members and health monitor."""
        if "load_balancer_id" not in properties:
            live = self.read_object(operation, object_id, {})
            if live is None:
                return
            properties = live.properties
        load_balancer_id = str(properties["load_balancer_id"])
        with operation.locked(load_balancer_id):
            delete(
                operation,
                routes.delete_pool(object_id),
                lambda: operation.send(routes.get_pool(object_id)),
                load_balancer_id=load_balancer_id,
            )


def _read_active(
    operation: Operation, pool_id: str, listener_id: object, action: str, known_members: object
) -> LiveObject:
    read = routes.get_pool(pool_id)
    pool = operation.wait_until_active(lambda: operation.send(read), action)
    return _live(pool, listener_id, known_members)


def _live(pool: Pool, listener_id: object, known_members: object) -> LiveObject:
    """Return the pool as Gcore has it.

    Args:
        pool: Gcore's response.
        listener_id: Listener whose default pool it is: if Gcore lists several, this one counts.
        known_members: Members as a program has last described them, for values that Gcore does not return.
    """
    balancers = [each.id for each in pool.loadbalancers]
    listeners = sorted((each.id for each in pool.listeners), key=lambda each: each != listener_id)
    persistence = pool.session_persistence
    balancer: Properties = {}
    if balancers:
        balancer["load_balancer_id"] = balancers[0]
    properties = {
        **balancer,
        "name": pool.name,
        "listener_id": listeners[0] if listeners else None,
        "protocol": pool.protocol,
        "lb_algorithm": pool.lb_algorithm,
        "members": members.shown(pool.members, known_members),
        "ca_secret_id": pool.ca_secret_id,
        "secret_id": pool.secret_id,
        "crl_secret_id": pool.crl_secret_id,
        "health_monitor": health_monitor.shown(pool.healthmonitor) if pool.healthmonitor else None,
        "session_persistence": persistence.model_dump(exclude_none=True) if persistence else None,
        "timeout_member_connect": pool.timeout_member_connect,
        "timeout_member_data": pool.timeout_member_data,
        "admin_state_up": pool.admin_state_up,
        "provisioning_status": pool.provisioning_status,
        "operating_status": pool.operating_status,
    }
    return LiveObject(pool.id, properties, tuple(_unhealthy_parts(pool)))


def _unhealthy_parts(pool: Pool) -> Iterator[str]:
    """Yield the members and the health monitor that are in ERROR."""
    parts: list[tuple[str, Member | HealthMonitor]] = [
        (f"member {each.address}:{each.protocol_port}", each) for each in pool.members
    ]
    if pool.healthmonitor is not None:
        parts.append(("its health monitor", pool.healthmonitor))
    for name, part in parts:
        if part.provisioning_status == "ERROR":
            yield f"{name} is in provisioning status ERROR"
        if part.operating_status == "ERROR":
            yield f"{name} is in operating status ERROR"


POOL: Final = PoolKind()
