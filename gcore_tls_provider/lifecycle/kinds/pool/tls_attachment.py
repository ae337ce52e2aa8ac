"""TLS part of a pool that another tool owns (guide: "Add mTLS to existing Load Balancer").

Two kinds share the work, so that the previous TLS part is in the state before anything is changed:

- **`PoolTlsSnapshot`** creates nothing: its create reads the pool, and its outputs are the previous TLS part. Programs
  never see it; the attachment depends on it, so it is created first and deleted last.
- **`PoolTlsAttachment`** sets the protocol to HTTPS and the three IDs, in one update. If that starts TLS, it switches
  the health monitor off and on again (see `tls_activation`). Its delete restores the previous values, but only where
  its own values still stand: values that another client has changed since are left alone, with a warning.

A run that is interrupted between the update and the write of the state loses nothing: the next run finds the snapshot
in the state, and the pool as wanted. A `destroy` right after such a run restores nothing: Pulumi knows no attachment
then.

Restoring is refused if a secret of the previous TLS part is gone: without it the pool would trust any backend, or
present no certificate to backends, and nobody would notice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Limited

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.pools import Pool, PoolPatch
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.errors import ApiError, ObjectFailed, ObjectNotFound, PartialResult
from gcore_tls_provider.lifecycle.inputs.fields import Field, equal_ids
from gcore_tls_provider.lifecycle.inputs.properties import (
    PartialInputs,
    Properties,
    ResourceInputs,
    Rule,
)
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.inputs.scalars import ObjectId
from gcore_tls_provider.lifecycle.kind import AttachedKind, LiveObject
from gcore_tls_provider.lifecycle.kinds.pool.inputs import TLS_IDS, TLS_PROTOCOL
from gcore_tls_provider.lifecycle.kinds.pool.rules import crl_needs_ca
from gcore_tls_provider.lifecycle.kinds.pool.tls_activation import activates_tls, cycle_health_monitor
from gcore_tls_provider.lifecycle.run.operation import Operation
from gcore_tls_provider.lifecycle.run.warnings import HEALTH_MONITOR_OFF, TLS_PART_KEPT, TLS_VALUES_KEPT

PARTS: Final = ("protocol", *TLS_IDS)
"""Properties that make up the TLS part of a pool."""

_SNAPSHOT: Final = "dynamic/gcore:PoolTlsSnapshot"
_ATTACHMENT: Final = "dynamic/gcore:PoolTlsAttachment"
_POOL: Final = "dynamic/gcore:Pool"


class PreviousTls(BaseModel):
    """TLS part of a pool before the attachment.

    Attributes:
        protocol: Protocol to the members.
        ca_secret_id: Secret of the CA bundle.
        secret_id: Secret of the client certificate.
        crl_secret_id: Secret of the CRLs.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    protocol: str = TLS_PROTOCOL
    ca_secret_id: str | None = None
    secret_id: str | None = None
    crl_secret_id: str | None = None


class PoolTlsSnapshotInputs(ResourceInputs):
    """Pool to read.

    Attributes:
        pool_id: ID of the pool.
    """

    pool_id: ObjectId


class PoolTlsSnapshotKind(AttachedKind[PoolTlsSnapshotInputs]):
    """TLS part of a pool when it was first read."""

    name: ClassVar[str] = "TLS snapshot of pool"
    time_limit = 300.0
    adoptable = False
    inputs = PoolTlsSnapshotInputs
    fields = (Field("pool_id", change="replace", readable=False, equal=equal_ids),)

    def attach(self, operation: Operation, inputs: PoolTlsSnapshotInputs) -> LiveObject:
        """Read the pool.

        Raises:
            ObjectFailed: There is no such pool, or another resource of the stack manages its TLS part.
        """
        if inputs.pool_id in operation.session.claims.created:
            # Created or adopted in this run, so the state does not contain it so far.
            raise _attached_twice(inputs.pool_id, "a Pool")
        state = operation.session.stack.owners(operation.context.stack)
        managers = state.managers.get(inputs.pool_id, frozenset()) if state is not None else frozenset[str]()
        own = attachment_of(operation.context.urn)
        others = sorted(each for each in managers if each != own and _type_of(each) in (_ATTACHMENT, _POOL))
        if others:
            raise _attached_twice(inputs.pool_id, others[0])
        return LiveObject(inputs.pool_id, {"previous_tls": _part(_read_pool(operation, inputs.pool_id))})

    def read_object(self, operation: Operation, object_id: str, prior: Properties) -> LiveObject | None:
        """Return no new properties as long as the pool exists: a snapshot never changes."""
        try:
            operation.send(routes.get_pool(object_id))
        except ObjectNotFound:
            return None
        return LiveObject(object_id, {})

    def update_object(
        self,
        operation: Operation,
        object_id: str,
        olds: Properties,
        inputs: PoolTlsSnapshotInputs,
        fields: Sequence[Field],
    ) -> LiveObject:
        """Return the pool: no field of a snapshot changes in place."""
        return LiveObject(object_id, {})

    def delete_object(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Do nothing: nothing was created."""


class PoolTlsAttachmentInputs(ResourceInputs):
    """TLS part that a pool is to have.

    Attributes:
        pool_id: ID of the pool.
        ca_secret_id: Secret of the CA bundle: the load balancer rejects backends that none of its CAs has certified.
        secret_id: Secret of the client certificate, for backends that request one.
        crl_secret_id: Secret of the CRLs; needs `ca_secret_id`.
        protocol: TLS.
        previous_tls: TLS part before the attachment; None only if it is unknown.
    """

    pool_id: ObjectId
    ca_secret_id: ObjectId | None = None
    secret_id: ObjectId | None = None
    crl_secret_id: ObjectId | None = None
    protocol: Literal["HTTPS"] = "HTTPS"
    previous_tls: Annotated[PreviousTls, Limited(default_factory=PreviousTls)]


def _attaches_something(partial: PartialInputs[PoolTlsAttachmentInputs]) -> Iterator[Finding]:
    if not any(partial.given(name) for name in ("ca_secret_id", "secret_id")):
        yield report("NOTHING_ATTACHED", "ca_secret_id")
    yield from crl_needs_ca(partial)


def _same_protocol(old: object, new: object) -> bool:
    return (old or TLS_PROTOCOL) == (new or TLS_PROTOCOL)


class PoolTlsAttachmentKind(AttachedKind[PoolTlsAttachmentInputs]):
    """TLS part of a pool that another tool owns."""

    name: ClassVar[str] = "TLS attachment of pool"
    adoptable = False
    inputs = PoolTlsAttachmentInputs
    rules = (Rule(needs=frozenset(), check=_attaches_something),)
    arguments = MappingProxyType(
        {"pool_id": "pool", "ca_secret_id": "ca", "secret_id": "client_certificate", "crl_secret_id": "crl"}
    )
    fields = (
        Field("pool_id", change="replace", readable=False, equal=equal_ids),
        Field("protocol", default=TLS_PROTOCOL, compare_when_unset=True, equal=_same_protocol),
        Field("ca_secret_id", nullable=True, compare_when_unset=True, equal=equal_ids),
        Field("secret_id", nullable=True, compare_when_unset=True, equal=equal_ids),
        Field("crl_secret_id", nullable=True, compare_when_unset=True, equal=equal_ids),
    )

    def attach(self, operation: Operation, inputs: PoolTlsAttachmentInputs) -> LiveObject:
        """Send one update with what differs; none if the pool is as wanted.

        Raises:
            ObjectFailed: There is no such pool, or another resource of this run has changed its TLS part.
        """
        first = operation.session.claims.attached.setdefault(inputs.pool_id, operation.context.urn)
        if first != operation.context.urn:
            raise _attached_twice(inputs.pool_id, first)
        pool = _read_pool(operation, inputs.pool_id)
        wanted = _wanted(inputs)
        activates = activates_tls(inputs.previous_tls.model_dump(), wanted)
        try:
            live = _apply(operation, pool, wanted, f"add TLS to pool {inputs.pool_id}", activates=activates)
        except ApiError as failed:
            if operation.wrote:
                properties = _with_applied(wanted, LiveObject(pool.id, {})).properties
                failed.partial = PartialResult(pool.id, properties, recreate=False)
            raise
        return _with_applied(wanted, live)

    def read_object(self, operation: Operation, object_id: str, prior: Properties) -> LiveObject | None:
        """Read the pool; return None if it is gone."""
        try:
            return LiveObject(object_id, _properties(operation.send(routes.get_pool(object_id))))
        except ObjectNotFound:
            return None

    def update_object(
        self,
        operation: Operation,
        object_id: str,
        olds: Properties,
        inputs: PoolTlsAttachmentInputs,
        fields: Sequence[Field],
    ) -> LiveObject:
        """Send one update with what differs; the previous TLS part stays that of the first snapshot."""
        changed = {field.name: getattr(inputs, field.name) for field in fields}
        wanted = _wanted(inputs)
        pool = operation.send(routes.get_pool(object_id))
        activates = Record.of(olds).partial is not None and activates_tls(inputs.previous_tls.model_dump(), wanted)
        action = f"change TLS of pool {object_id}"
        live = _apply(operation, pool, changed, action, activates=activates)
        live = _with_applied(wanted, live)
        kept = {"previous_tls": olds["previous_tls"]} if "previous_tls" in olds else {}
        return LiveObject(live.id, {**live.properties, **kept})

    def delete_object(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Restore the previous values where this attachment's values still stand; do nothing if the pool is gone.

        Raises:
            ObjectFailed: A secret of the previous TLS part is gone, or Gcore keeps a value that was to be restored.
        """
        if not isinstance(properties.get("previous_tls"), Mapping):
            operation.warn(TLS_PART_KEPT, pool_id=object_id)
            return
        if object_id in operation.session.claims.attached:
            # The attachment itself is replaced: its successor was created first, on the same pool.
            return
        previous = PreviousTls.model_validate(properties["previous_tls"])
        action = f"restore the TLS part of pool {object_id}"
        try:
            pool = operation.send(routes.get_pool(object_id))
        except ObjectNotFound:
            return
        restored = _restorable(operation, pool, previous, properties)
        _require_secrets(operation, restored, action)
        try:
            _apply(operation, pool, restored, action)
        except ObjectNotFound:
            if self.read_object(operation, object_id, properties) is not None:
                raise


def _restorable(
    operation: Operation, pool: Pool, previous: PreviousTls, properties: Properties
) -> Mapping[str, object]:
    """Return the previous values of the parts that still have this attachment's values."""
    applied = Record.of(properties).applied
    ours = properties if applied is None else applied
    live, restored, others = _part(pool), dict[str, object](), list[str]()
    for name in PARTS:
        before = getattr(previous, name)
        if equal_ids(live[name], before):
            continue
        if equal_ids(live[name], ours.get(name)):
            restored[name] = before
        else:
            others.append(f"{name} ({live[name] or 'none'})")
    if others:
        operation.warn(TLS_VALUES_KEPT, names=", ".join(others), pool_id=pool.id)
    return restored


def _require_secrets(operation: Operation, restored: Mapping[str, object], action: str) -> None:
    """Raise if a secret that is to be restored is gone."""
    gone = []
    for name in TLS_IDS:
        secret_id = restored.get(name)
        if not isinstance(secret_id, str):
            continue
        try:
            operation.send(routes.get_secret(secret_id))
        except ObjectNotFound:
            gone.append(f"{name} {secret_id}")
    if gone:
        raise ObjectFailed(
            action,
            f"secrets that the pool had before no longer exist: {', '.join(gone)}",
            "Set the pool at Gcore to the values that it is to have now, then run again: these values stay.",
        )


def _apply(
    operation: Operation,
    pool: Pool,
    wanted: Mapping[str, object],
    action: str,
    *,
    activates: bool = False,
) -> LiveObject:
    """Send what differs and read it back: it is documented nowhere that null unsets an ID.

    If TLS starts, make it take effect even if nothing differs: an interrupted run can have got that far.
    """
    live = _part(pool)
    patch = {name: value for name, value in wanted.items() if not equal_ids(live[name], value)}
    if not patch and not activates:
        return LiveObject(pool.id, _properties(pool))
    load_balancer_id = next((each.id for each in pool.loadbalancers), "")
    protocol = str(wanted.get("protocol", pool.protocol))
    request = routes.update_pool(pool.id, protocol, PoolPatch.model_validate(patch))
    with operation.locked(load_balancer_id):
        if patch:
            operation.retry_while_locked(load_balancer_id, lambda: operation.send_and_wait(request))
        elif pool.healthmonitor is not None and not pool.healthmonitor.admin_state_up:
            operation.warn(HEALTH_MONITOR_OFF, pool_id=pool.id)
        if activates:
            cycle_health_monitor(operation, load_balancer_id, pool.id)
        read = routes.get_pool(pool.id)
        pool = operation.wait_until_active(lambda: operation.send(read), action)
    kept = [name for name, value in patch.items() if not equal_ids(_part(pool)[name], value)]
    if kept:
        raise ObjectFailed(
            action,
            f"Gcore has accepted the update, but {', '.join(kept)} still has its old value",
            "Change it at Gcore, then run again.",
        )
    return LiveObject(pool.id, _properties(pool))


def _wanted(inputs: PoolTlsAttachmentInputs) -> dict[str, object]:
    return {name: getattr(inputs, name) for name in PARTS}


def _with_applied(wanted: Mapping[str, object], live: LiveObject) -> LiveObject:
    """Return the pool with the values that the attachment has set: a refresh can show others."""
    record = Record({}, applied={name: value for name, value in wanted.items() if value})
    return LiveObject(live.id, record.into(live.properties))


def _read_pool(operation: Operation, pool_id: str) -> Pool:
    try:
        return operation.send(routes.get_pool(pool_id))
    except ObjectNotFound as missing:
        raise ObjectFailed(
            missing.action, missing.reason, "Correct the ID, or the project and region of the resource."
        ) from missing


def _part(pool: Pool) -> dict[str, object]:
    return {name: getattr(pool, name) for name in PARTS}


def _properties(pool: Pool) -> Properties:
    return {
        **_part(pool),
        "pool_id": pool.id,
        "load_balancer_id": next((each.id for each in pool.loadbalancers), None),
        "provisioning_status": pool.provisioning_status,
        "operating_status": pool.operating_status,
    }


def attachment_of(snapshot_urn: str) -> str:
    """Return the URN of the attachment that a snapshot belongs to."""
    return snapshot_urn.removesuffix("-snapshot").replace(_SNAPSHOT, _ATTACHMENT)


def _type_of(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2].removeprefix("pulumi-python:")


def _attached_twice(pool_id: str, other: str) -> ObjectFailed:
    return ObjectFailed(
        f"add TLS to pool {pool_id}",
        f"{other} of this stack already manages it",
        "Remove one of the two, or give ca, client_certificate and crl to the Pool itself. If the resource was "
        "renamed, give it an alias of its old name.",
    )


POOL_TLS_SNAPSHOT: Final = PoolTlsSnapshotKind()
POOL_TLS_ATTACHMENT: Final = PoolTlsAttachmentKind()
