"""Pools, with their members and health monitor: where the load balancer speaks TLS, mutual or not, to backends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import ClassVar, Final

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.health_monitors import HealthMonitor
from gcore_tls_provider.api.wire.members import Member, MemberCreate
from gcore_tls_provider.api.wire.pools import Pool, PoolCreate, PoolPatch
from gcore_tls_provider.certificates import certificate_facts
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.finding import Finding, collect_findings
from gcore_tls_provider.certificates.findings.severity import downgrade_deployed
from gcore_tls_provider.errors import BadRequest, MethodNotAllowed, NotFound, ObjectNotFound
from gcore_tls_provider.hidden_inputs import MATERIAL
from gcore_tls_provider.lifecycle.inputs.fields import Field, changed_fields, equal_ids
from gcore_tls_provider.lifecycle.inputs.properties import (
    UNKNOWN,
    PartialInputs,
    Properties,
    Rule,
    error_finding,
)
from gcore_tls_provider.lifecycle.inputs.references import ReferencedCertificates
from gcore_tls_provider.lifecycle.kind import CheckContext, LiveObject
from gcore_tls_provider.lifecycle.kinds.pool import health_monitor as health_monitors
from gcore_tls_provider.lifecycle.kinds.pool import members
from gcore_tls_provider.lifecycle.kinds.pool import tls_activation as tls_start
from gcore_tls_provider.lifecycle.kinds.pool.health_monitor import same_health_monitor
from gcore_tls_provider.lifecycle.kinds.pool.inputs import TLS_IDS, PoolInputs
from gcore_tls_provider.lifecycle.kinds.pool.members import MemberInputs, same_members
from gcore_tls_provider.lifecycle.kinds.pool.rules import PoolGraph, no_list_without_authority
from gcore_tls_provider.lifecycle.recovery.create_once import Creation
from gcore_tls_provider.lifecycle.recovery.owned import MadeLifecycle, MakingTask
from gcore_tls_provider.lifecycle.recovery.partial import UNFINISHED
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.run.deletion import delete
from gcore_tls_provider.lifecycle.run.operation import Operation

_REFERRED: Final = ("listener_id", *TLS_IDS)
EXPECTED: Final = "expected_backend_certificates"

_IN_BODY: Final = (
    "protocol",
    "lb_algorithm",
    "ca_secret_id",
    "secret_id",
    "crl_secret_id",
    "session_persistence",
    "timeout_member_connect",
    "timeout_member_data",
)


def _somewhere(drafted: PartialInputs[PoolInputs]) -> Iterator[Finding]:
    if not drafted.given("load_balancer_id") and not drafted.given("listener_id"):
        yield error_finding(
            "load_balancer_id",
            "POOL_WITHOUT_LOAD_BALANCER",
            "The pool is on no load balancer.",
            "Give `listener`, or `load_balancer`; only a pool with a listener gets traffic.",
        )


def _each_member_once(drafted: PartialInputs[PoolInputs]) -> Iterator[Finding]:
    for (address, port), count in Counter(each.key for each in drafted.known.members).items():
        if count > 1:
            yield error_finding(
                "members",
                "DUPLICATE_MEMBER",
                f"{address}:{port} is a member {count} times, and Gcore takes it once.",
                "Keep it once; to give it more traffic, raise its weight.",
            )


def _same_persistence(old: object, new: object) -> bool:
    return _plain(old) == _plain(new)


def _plain(value: object) -> Mapping[str, object]:
    return {key: each for key, each in value.items() if each is not None} if isinstance(value, Mapping) else {}


class PoolLifecycle(MadeLifecycle[PoolInputs]):
    """`Pool`."""

    kind: ClassVar[str] = "pool"
    task = MakingTask("create_lbpool", "pools")
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
        Rule(needs=frozenset(), check=_somewhere),
        Rule(needs=frozenset(), check=no_list_without_authority),
        Rule(needs=frozenset({"members"}), check=_each_member_once),
    )
    fields = (
        Field("name"),
        Field("load_balancer_id", change="replace", equal=equal_ids),
        Field("listener_id", change="replace", nullable=True, equal=equal_ids),
        Field("protocol", default="HTTPS"),
        Field("lb_algorithm", default="ROUND_ROBIN"),
        Field("members", change="own route", default=[], compare_when_unset=True, equal=same_members),
        Field("ca_secret_id", nullable=True, compare_when_unset=True, equal=equal_ids),
        Field("secret_id", nullable=True, compare_when_unset=True, equal=equal_ids),
        Field("crl_secret_id", nullable=True, compare_when_unset=True, equal=equal_ids),
        Field("health_monitor", change="own route", nullable=True, equal=same_health_monitor),
        Field("session_persistence", nullable=True, equal=_same_persistence),
        Field("timeout_member_connect", nullable=True),
        Field("timeout_member_data", nullable=True),
        Field("admin_state_up", default=True),
    )

    def facts(self, checking: CheckContext[PoolInputs]) -> tuple[Properties, Sequence[Finding]]:
        """What backends are expected to show; and what the rules say of the pool and all that it refers to."""
        facts, findings = self._expected(checking.drafted)
        former = ReferencedCertificates.of(checking.olds, checking.seen)
        material = ReferencedCertificates.of(checking.inputs, checking.seen)
        refers_as_before = all(equal_ids(checking.olds.get(name), checking.inputs.get(name)) for name in _REFERRED)
        if refers_as_before:
            material = material.or_else(former)
        if material.roles:
            facts = {**facts, MATERIAL: material.saved()}
        graph = PoolGraph.of(checking.drafted, material)
        found = (*findings, *graph.findings(checking.now))
        if not checking.olds:
            return facts, found
        if refers_as_before and MATERIAL not in checking.olds:
            # As after an import.
            former = material
        before = PoolGraph.of(self.drafted_before(checking.olds), former)
        found = (
            *downgrade_deployed(found, before=before.findings(checking.now)),
            *graph.rotation(before, checking.now),
        )
        if any(changed_fields(self.fields, checking.olds, checking.inputs)):
            found = (*found, *graph.reload(before, checking.now))
        return facts, found

    def _expected(self, drafted: PartialInputs[PoolInputs]) -> tuple[Properties, Sequence[Finding]]:
        if EXPECTED in drafted.unknown:
            return {"expected_backends": UNKNOWN}, ()
        findings: list[Finding] = []
        backends: list[CertificateChain] = []
        given = drafted.known.expected_backend_certificates if EXPECTED in drafted.valid_fields else ()
        for number, each in enumerate(given):
            with collect_findings(findings):
                backends.append(CertificateChain.parse(each, property=f"{EXPECTED}[{number}]"))
        if not backends:
            return {}, findings
        described = [certificate_facts(each.certificate) for each in backends]
        return {
            "expected_backends": [
                {
                    "subject": each.subject,
                    "dns_names": list(each.dns_names),
                    "fingerprint_sha256": each.fingerprint_sha256,
                    "not_after": each.not_after,
                }
                for each in described
            ]
        }, findings

    def goes_first(self, olds: Properties, news: Properties, replaces: Sequence[str]) -> bool:
        """A listener has one default pool, and no request moves a pool from one listener to another."""
        return "listener_id" not in replaces and news.get("listener_id") is not None

    def make(self, operation: Operation, inputs: PoolInputs) -> LiveObject:
        """Makes it with its members and health monitor, attached to its listener."""
        balancer = inputs.load_balancer_id or self._balancer_of(operation, str(inputs.listener_id))
        creation = Creation(self, operation)
        place = creation.place(inputs.name)
        if place.leftover is not None:
            return self.take_over(operation, place.leftover, place.name, inputs)
        name = place.name
        given = inputs.model_dump(exclude_none=True)
        optional = (
            {}
            if inputs.health_monitor is None
            else {"healthmonitor": health_monitors.create_body(inputs.health_monitor)}
        )
        body = PoolCreate.model_validate(
            {
                "name": name,
                "members": [members.body(each) for each in inputs.members],
                **optional,
                **{key: value for key, value in given.items() if key in _IN_BODY},
            }
        )
        shapes = routes.create_pool(balancer, inputs.listener_id, body)
        with operation.load_balancer(balancer):
            pool_id = creation.once(
                place,
                lambda: operation.retry_while_locked(balancer, lambda: operation.run_shaped(shapes)),
            )

            def finish() -> LiveObject:
                if inputs.admin_state_up is False:
                    self._patch(operation, balancer, pool_id, inputs.protocol, PoolPatch(admin_state_up=False))
                asked = f"create pool '{name}' ({pool_id})"
                return self._ready(operation, pool_id, inputs.listener_id, asked, inputs.members)

            return creation.finished(pool_id, name, finish)

    def listed(self, operation: Operation) -> Sequence[Pool]:
        """All pools."""
        return operation.rows(routes.list_pools)

    def free(self, operation: Operation, live: LiveObject, dead: Mapping[str, object], state: StackState) -> bool:
        """Whether it is attached to listeners of this stack only, or to the one that it was made for."""
        own = {*state.made, *operation.session.made, dead.get("listener_id")}
        return {each.id for each in operation.send(routes.get_pool(live.id)).listeners} <= own

    def in_the_way(self, operation: Operation) -> Iterator[LiveObject]:
        """The default pool of its listener."""
        listener = operation.properties.get("listener_id")
        for each in self.listed(operation):
            if any(equal_ids(front.id, listener) for front in each.listeners):
                yield _live(each, listener, None)

    def look(self, operation: Operation, object_id: str, prior: Properties) -> LiveObject | None:
        """Reads it."""
        try:
            pool = operation.send(routes.get_pool(object_id))
        except ObjectNotFound:
            return None
        return _live(pool, prior.get("listener_id"), prior.get("members"))

    def change(
        self, operation: Operation, object_id: str, olds: Properties, inputs: PoolInputs, fields: Sequence[Field]
    ) -> LiveObject:
        """One update with what differs; members and the health monitor by their own routes."""
        given = inputs.model_dump(exclude_none=True)
        patch = {each.name: given.get(each.name, each.removed) for each in fields if each.change == "in place"}
        names = {each.name for each in fields}
        balancer = str(olds["load_balancer_id"])
        told = inputs.members if "members" in names else olds.get("members")
        with operation.load_balancer(balancer):
            monitor = inputs.health_monitor if "health_monitor" in names else None
            # Asked for, not remembered: an update that died, or somebody else, may have changed it since.
            live = operation.send(routes.get_pool(object_id)).healthmonitor if "health_monitor" in names else None
            stays = live is not None and monitor is not None and live.type == monitor.type
            if live is not None and not stays:
                self._drop_monitor(operation, balancer, object_id)
            if monitor is not None and stays:
                patch["healthmonitor"] = health_monitors.patch_body(monitor)
            if patch:
                body = PoolPatch.model_validate(patch)
                self._patch(operation, balancer, object_id, inputs.protocol, body)
            # A change that was left half-done may have set all that begins TLS, and not have come to what follows it.
            begins = tls_start.begins(tls_start.PLAIN if UNFINISHED in olds else olds, given)
            if begins and ("health_monitor" not in names or stays):
                up = None if inputs.health_monitor is None else inputs.health_monitor.admin_state_up
                tls_start.take_effect(operation, balancer, object_id, up=up)
            if monitor is not None and not stays:
                call = routes.create_health_monitor(object_id, health_monitors.create_body(monitor))
                operation.retry_while_locked(balancer, lambda: operation.run(call))
            if "members" in names:
                self._change_members(operation, balancer, object_id, inputs.members, olds.get("members"))
            return self._ready(operation, object_id, olds.get("listener_id"), f"update pool {object_id}", told)

    def remove(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Deletes it, with its members and health monitor."""
        where = properties if "load_balancer_id" in properties else self._where(operation, object_id)
        if where is None:
            return
        balancer = str(where["load_balancer_id"])
        with operation.load_balancer(balancer):
            delete(
                operation,
                routes.delete_pool(object_id),
                lambda: operation.send(routes.get_pool(object_id)),
                load_balancer_id=balancer,
            )

    def _where(self, operation: Operation, pool_id: str) -> Properties | None:
        live = self.look(operation, pool_id, {})
        return None if live is None else live.properties

    def _balancer_of(self, operation: Operation, listener_id: str) -> str:
        return str(operation.send(routes.get_listener(listener_id)).load_balancer_id)

    def _patch(self, operation: Operation, balancer: str, pool_id: str, protocol: str, body: PoolPatch) -> None:
        shapes = routes.update_pool(pool_id, protocol, body)
        operation.retry_while_locked(balancer, lambda: operation.run_shaped(shapes))

    def _drop_monitor(self, operation: Operation, balancer: str, pool_id: str) -> None:
        call = routes.delete_health_monitor(pool_id)
        try:
            operation.retry_while_locked(balancer, lambda: operation.send(call))
        except (BadRequest, ObjectNotFound):
            # Sent again after its answer was lost, it finds no monitor, and that is a 400.
            if operation.send(routes.get_pool(pool_id)).healthmonitor is not None:
                raise
        operation.wait_until_unlocked(balancer, call.description)

    def _change_members(
        self, operation: Operation, balancer: str, pool_id: str, wanted: Sequence[MemberInputs], told: object
    ) -> None:
        """Adds before it removes, so that the pool is never left with fewer members than it has now and will have.

        What is replaced is replaced one by one, or half of it and then the other half.
        """
        changes = members.member_changes(operation.send(routes.get_pool(pool_id)).members, wanted, told)
        if not changes.are_few and self._replace_members(operation, balancer, pool_id, changes.lists):
            return
        replacing = (
            (routes.delete_member(pool_id, member_id), routes.create_member(pool_id, successor))
            for member_id, successor in changes.replaced
        )
        for call in (
            *(routes.create_member(pool_id, each) for each in changes.added),
            *(call for pair in replacing for call in pair),
            *(routes.update_member(pool_id, member_id, patch) for member_id, patch in changes.patched),
            *(routes.delete_member(pool_id, member_id) for member_id in changes.removed),
        ):
            try:
                operation.retry_while_locked(balancer, partial(operation.run, call))
            except ObjectNotFound:
                # A removal that is sent again after its answer was lost finds no member any more.
                if call.route is not routes.DELETE_MEMBER:
                    raise

    def _replace_members(
        self, operation: Operation, balancer: str, pool_id: str, lists: Sequence[Sequence[MemberCreate]]
    ) -> bool:
        """Sends whole lists; False where Gcore hasn't that route, which is the newest of its members' routes."""
        for number, each in enumerate(lists):
            call = routes.replace_members(pool_id, each)
            try:
                operation.retry_while_locked(balancer, partial(operation.run, call))
            except (NotFound, MethodNotAllowed) as refused:
                if number:
                    raise
                if isinstance(refused, ObjectNotFound):
                    # Raises if it is the pool that isn't there.
                    operation.send(routes.get_pool(pool_id))
                return False
        return True

    def _ready(self, operation: Operation, pool_id: str, listener_id: object, asked: str, told: object) -> LiveObject:
        pool = operation.wait_until_active(lambda: operation.send(routes.get_pool(pool_id)), asked)
        return _live(pool, listener_id, told)


def _live(pool: Pool, listener_id: object, told: object) -> LiveObject:
    """The pool as Gcore has it.

    Args:
        pool: what Gcore gives back.
        listener_id: the listener that made it its default pool: of several, in whatever order Gcore lists them, it is
            the pool's.
        told: its members as a program has last described them, for what Gcore doesn't give back.
    """
    balancers = [each.id for each in pool.loadbalancers]
    listeners = sorted((each.id for each in pool.listeners), key=lambda each: each != listener_id)
    persistence = pool.session_persistence
    where: Properties = {}
    if balancers:
        where["load_balancer_id"] = balancers[0]
    properties = {
        **where,
        "name": pool.name,
        "listener_id": listeners[0] if listeners else None,
        "protocol": pool.protocol,
        "lb_algorithm": pool.lb_algorithm,
        "members": members.shown(pool.members, told),
        "ca_secret_id": pool.ca_secret_id,
        "secret_id": pool.secret_id,
        "crl_secret_id": pool.crl_secret_id,
        "health_monitor": health_monitors.shown(pool.healthmonitor) if pool.healthmonitor else None,
        "session_persistence": persistence.model_dump(exclude_none=True) if persistence else None,
        "timeout_member_connect": pool.timeout_member_connect,
        "timeout_member_data": pool.timeout_member_data,
        "admin_state_up": pool.admin_state_up,
        "provisioning_status": pool.provisioning_status,
        "operating_status": pool.operating_status,
    }
    return LiveObject(pool.id, properties, tuple(_ailing(pool)))


def _ailing(pool: Pool) -> Iterator[str]:
    """Which members, and whether the health monitor, are in ERROR."""
    parts: list[tuple[str, Member | HealthMonitor]] = [
        (f"member {each.address}:{each.protocol_port}", each) for each in pool.members
    ]
    if pool.healthmonitor is not None:
        parts.append(("its health monitor", pool.healthmonitor))
    for what, part in parts:
        if part.provisioning_status == "ERROR":
            yield f"{what} is in provisioning status ERROR"
        if part.operating_status == "ERROR":
            yield f"{what} is in operating status ERROR"
