"""Pools, with their members and health monitor: where the load balancer speaks TLS, mutual or not, to backends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, ClassVar, Final

from pydantic import Field as Limited
from pydantic import model_validator
from typing_extensions import Self

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.enums import LbAlgorithm, PoolProtocol, SessionPersistenceType
from gcore_tls_provider.api.wire.pools import Pool, PoolCreate, PoolPatch
from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.errors import BadRequest, ObjectNotFound
from gcore_tls_provider.lifecycle import health_monitors, members
from gcore_tls_provider.lifecycle.creation import Creation
from gcore_tls_provider.lifecycle.deletion import delete
from gcore_tls_provider.lifecycle.fields import Field, same_id
from gcore_tls_provider.lifecycle.health_monitors import HealthMonitorInputs, same_health_monitor
from gcore_tls_provider.lifecycle.lifecycle import Lifecycle, Live
from gcore_tls_provider.lifecycle.members import MemberInputs, same_members
from gcore_tls_provider.lifecycle.operation import Operation
from gcore_tls_provider.lifecycle.ownership import is_on_own_load_balancer
from gcore_tls_provider.lifecycle.properties import Draft, InputsModel, Properties, Rule, fault, invalid
from gcore_tls_provider.lifecycle.scalars import Milliseconds, ObjectId, ObjectName


class SessionPersistenceInputs(InputsModel):
    """What keeps a client on one member (OpenAPI: session persistence of a pool).

    Attributes:
        type: `APP_COOKIE`: the application's cookie; `HTTP_COOKIE`: one that the load balancer sets; `SOURCE_IP`.
        cookie_name: the application's cookie; with `APP_COOKIE`, and only with it.
        persistence_granularity: a netmask; UDP only.
        persistence_timeout: seconds; UDP only.
    """

    type: SessionPersistenceType
    cookie_name: ObjectName | None = None
    persistence_granularity: str | None = None
    persistence_timeout: int | None = None

    @model_validator(mode="after")
    def _cookie_fits(self) -> Self:
        if (self.type == "APP_COOKIE") != (self.cookie_name is not None):
            raise invalid(
                "COOKIE_NAME",
                "cookie_name goes with type APP_COOKIE, and with no other.",
                "Give cookie_name together with APP_COOKIE only.",
            )
        return self


class PoolInputs(InputsModel):
    """A pool (OpenAPI: `POST /v1/lbpools`; guide: `POST /v1/loadbalancers/{id}/pools`).

    What is never set is as Gcore makes it.

    Attributes:
        load_balancer_id: the load balancer it is on.
        listener_id: the listener whose default pool it is. Without one it gets no traffic.
        protocol: what is spoken with members; `HTTPS` is TLS.
        lb_algorithm: how a member is chosen.
        members: the backends.
        ca_secret_id: whom the load balancer trusts: backends that no certificate of it vouches for are refused.
        secret_id: what the load balancer shows to backends that ask for a certificate.
        crl_secret_id: whom it trusts no longer; needs `ca_secret_id`.
        health_monitor: how members are probed.
        session_persistence: what keeps a client on one member.
        timeout_member_connect: milliseconds to connect to a member, 0 to 86400000.
        timeout_member_data: milliseconds of silence from a member, 0 to 86400000.
        admin_state_up: whether it works; default true.
        name: its exact name; without one, a name is computed.
    """

    load_balancer_id: ObjectId | None = None
    listener_id: ObjectId | None = None
    protocol: PoolProtocol = "HTTPS"
    lb_algorithm: LbAlgorithm = "ROUND_ROBIN"
    members: Annotated[list[MemberInputs], Limited(default_factory=list)]
    ca_secret_id: ObjectId | None = None
    secret_id: ObjectId | None = None
    crl_secret_id: ObjectId | None = None
    health_monitor: HealthMonitorInputs | None = None
    session_persistence: SessionPersistenceInputs | None = None
    timeout_member_connect: Milliseconds | None = None
    timeout_member_data: Milliseconds | None = None
    admin_state_up: bool | None = None
    name: ObjectName | None = None


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


def _somewhere(drafted: Draft[PoolInputs]) -> Iterator[Finding]:
    if not drafted.given("load_balancer_id") and not drafted.given("listener_id"):
        yield fault(
            "load_balancer_id",
            "POOL_NOWHERE",
            "The pool is on no load balancer.",
            "Give `listener`, or `load_balancer`; only a pool with a listener gets traffic.",
        )


def _no_list_without_authority(drafted: Draft[PoolInputs]) -> Iterator[Finding]:
    if drafted.given("crl_secret_id") and not drafted.given("ca_secret_id"):
        yield fault(
            "crl_secret_id",
            "CRL_WITHOUT_CA",
            "A revocation list is given without the certificate authority that it belongs to, and Gcore refuses that.",
            "Give `ca` too, or remove `crl`.",
        )


def _each_member_once(drafted: Draft[PoolInputs]) -> Iterator[Finding]:
    for (address, port), count in Counter(each.key for each in drafted.known.members).items():
        if count > 1:
            yield fault(
                "members",
                "MEMBER_TWICE",
                f"{address}:{port} is a member {count} times, and Gcore takes it once.",
                "Keep it once; to give it more traffic, raise its weight.",
            )


def _same_persistence(old: object, new: object) -> bool:
    return _plain(old) == _plain(new)


def _plain(value: object) -> Mapping[str, object]:
    return {key: each for key, each in value.items() if each is not None} if isinstance(value, Mapping) else {}


class PoolLifecycle(Lifecycle[PoolInputs]):
    """`Pool`."""

    kind: ClassVar[str] = "pool"
    inputs = PoolInputs
    rules = (
        Rule(needs=frozenset(), verdict=_somewhere),
        Rule(needs=frozenset(), verdict=_no_list_without_authority),
        Rule(needs=frozenset({"members"}), verdict=_each_member_once),
    )
    fields = (
        Field("name"),
        Field("load_balancer_id", change="replace", equal=same_id),
        Field("listener_id", change="replace", nullable=True, equal=same_id),
        Field("protocol", default="HTTPS"),
        Field("lb_algorithm", default="ROUND_ROBIN"),
        Field("members", change="own route", default=[], owned=True, equal=same_members),
        Field("ca_secret_id", nullable=True, owned=True, equal=same_id),
        Field("secret_id", nullable=True, owned=True, equal=same_id),
        Field("crl_secret_id", nullable=True, owned=True, equal=same_id),
        Field("health_monitor", change="own route", nullable=True, equal=same_health_monitor),
        Field("session_persistence", nullable=True, equal=_same_persistence),
        Field("timeout_member_connect", nullable=True),
        Field("timeout_member_data", nullable=True),
        Field("admin_state_up", default=True),
    )

    def goes_first(self, olds: Properties, news: Properties, replaces: Sequence[str]) -> bool:
        """A listener has one default pool, and no request moves a pool from one listener to another."""
        return "listener_id" not in replaces and news.get("listener_id") is not None

    def make(self, operation: Operation, inputs: PoolInputs) -> Live:
        """Makes it with its members and health monitor, attached to its listener."""
        balancer = inputs.load_balancer_id or self._balancer_of(operation, str(inputs.listener_id))
        creation = Creation(
            operation,
            task_type="create_lbpool",
            key="pools",
            listed=lambda: operation.rows(routes.list_pools),
            delete=lambda pool_id: self.remove(operation, pool_id, {"load_balancer_id": balancer}),
            free=lambda _, state: is_on_own_load_balancer(operation, balancer, state),
        )
        place = creation.place(inputs.name, [balancer, inputs.listener_id or ""])
        if place.leftover is not None:
            self._ready(operation, place.leftover, inputs.listener_id, f"take over pool {place.leftover}")
            return self.take_over(operation, place.leftover, inputs)
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
                lambda: operation.unless_busy(balancer, lambda: operation.run_shaped(shapes)),
            )

            def finish() -> Live:
                if inputs.admin_state_up is False:
                    self._patch(operation, balancer, pool_id, inputs.protocol, PoolPatch(admin_state_up=False))
                return self._ready(operation, pool_id, inputs.listener_id, f"create pool '{name}' ({pool_id})")

            return creation.finished(pool_id, finish)

    def look(self, operation: Operation, object_id: str, prior: Properties) -> Live | None:
        """Reads it."""
        try:
            return Live(object_id, _live(operation.send(routes.get_pool(object_id)), prior.get("listener_id")))
        except ObjectNotFound:
            return None

    def change(
        self, operation: Operation, object_id: str, olds: Properties, inputs: PoolInputs, fields: Sequence[Field]
    ) -> Live:
        """One update with what differs; members and the health monitor by their own routes."""
        given = inputs.model_dump(exclude_none=True)
        patch = {each.name: given.get(each.name, each.removed) for each in fields if each.change == "in place"}
        names = {each.name for each in fields}
        balancer = str(olds["load_balancer_id"])
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
            if monitor is not None and not stays:
                call = routes.create_health_monitor(object_id, health_monitors.create_body(monitor))
                operation.unless_busy(balancer, lambda: operation.run(call))
            if "members" in names:
                self._change_members(operation, balancer, object_id, inputs.members)
            return self._ready(operation, object_id, olds.get("listener_id"), f"update pool {object_id}")

    def remove(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Deletes it, with its members and health monitor."""
        balancer = str(properties["load_balancer_id"])
        with operation.load_balancer(balancer):
            delete(
                operation,
                routes.delete_pool(object_id),
                lambda: operation.send(routes.get_pool(object_id)),
                load_balancer_id=balancer,
            )

    def _balancer_of(self, operation: Operation, listener_id: str) -> str:
        return str(operation.send(routes.get_listener(listener_id)).load_balancer_id)

    def _patch(self, operation: Operation, balancer: str, pool_id: str, protocol: str, body: PoolPatch) -> None:
        shapes = routes.update_pool(pool_id, protocol, body)
        operation.unless_busy(balancer, lambda: operation.run_shaped(shapes))

    def _drop_monitor(self, operation: Operation, balancer: str, pool_id: str) -> None:
        call = routes.delete_health_monitor(pool_id)
        try:
            operation.unless_busy(balancer, lambda: operation.send(call))
        except (BadRequest, ObjectNotFound):
            # Sent again after its answer was lost, it finds no monitor, and that is a 400.
            if operation.send(routes.get_pool(pool_id)).healthmonitor is not None:
                raise
        operation.rest(balancer, call.asked)

    def _change_members(
        self, operation: Operation, balancer: str, pool_id: str, wanted: Sequence[MemberInputs]
    ) -> None:
        """Adds before it removes, so that the pool is never left with fewer members than it has now and will have."""
        changes = members.member_changes(operation.send(routes.get_pool(pool_id)).members, wanted)
        for call in (
            *(routes.delete_member(pool_id, member_id) for member_id in changes.replaced),
            *(routes.create_member(pool_id, each) for each in changes.added),
            *(routes.update_member(pool_id, member_id, patch) for member_id, patch in changes.patched),
            *(routes.delete_member(pool_id, member_id) for member_id in changes.removed),
        ):
            try:
                operation.unless_busy(balancer, partial(operation.run, call))
            except ObjectNotFound:
                # A removal that is sent again after its answer was lost finds no member any more.
                if call.route is not routes.DELETE_MEMBER:
                    raise

    def _ready(self, operation: Operation, pool_id: str, listener_id: object, asked: str) -> Live:
        pool = operation.ready(lambda: operation.send(routes.get_pool(pool_id)), asked)
        return Live(pool_id, _live(pool, listener_id))


def _live(pool: Pool, listener_id: object) -> Properties:
    """The pool's properties; of several listeners the one that made it theirs, in whatever order Gcore lists them."""
    balancers = [each.id for each in pool.loadbalancers]
    listeners = sorted((each.id for each in pool.listeners), key=lambda each: each != listener_id)
    persistence = pool.session_persistence
    where: Properties = {}
    if balancers:
        where["load_balancer_id"] = balancers[0]
    return {
        **where,
        "name": pool.name,
        "listener_id": listeners[0] if listeners else None,
        "protocol": pool.protocol,
        "lb_algorithm": pool.lb_algorithm,
        "members": members.shown(pool.members),
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
