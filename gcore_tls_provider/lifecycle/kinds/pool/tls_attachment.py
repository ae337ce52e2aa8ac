"""The TLS part of a pool that somebody else owns (guide: "Add mTLS to existing Load Balancer").

Two kinds share the work, so that what was there before is in the state before anything is changed:

- **`PoolTlsSnapshot`** makes nothing: its create reads the pool, and its outputs are what was there. A program never
  sees it; the attachment depends on it, so it is made first and deleted last.
- **`PoolTlsAttachment`** sets the protocol to HTTPS and the three ids, in one update. Where that begins TLS, a health
  monitor is switched off and on again (`tls_start.py` says why). Deleting it restores what was there, but only where
  its own values still stand: what somebody else has changed since is left alone, with a warning.

A run that dies between the update and the saving of the state loses nothing: the next one finds the snapshot in the
state, and the pool as it should be. A `destroy` straight after such a run restores nothing: Pulumi knows of no
attachment then.

Restoring is refused where a secret that the pool had is gone: without it the pool would trust anybody, or show nothing
to its backends, and nobody would notice.
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
from gcore_tls_provider.errors import ApiError, ObjectFailed, ObjectNotFound, PartialResult
from gcore_tls_provider.lifecycle.inputs.fields import Field, equal_ids
from gcore_tls_provider.lifecycle.inputs.properties import (
    PartialInputs,
    Properties,
    ResourceInputs,
    Rule,
    error_finding,
)
from gcore_tls_provider.lifecycle.inputs.scalars import ObjectId
from gcore_tls_provider.lifecycle.kind import Lifecycle, LiveObject
from gcore_tls_provider.lifecycle.kinds.pool import tls_activation as tls_start
from gcore_tls_provider.lifecycle.kinds.pool.inputs import TLS_IDS, TLS_PROTOCOL
from gcore_tls_provider.lifecycle.kinds.pool.rules import no_list_without_authority
from gcore_tls_provider.lifecycle.recovery.partial import UNFINISHED
from gcore_tls_provider.lifecycle.run.operation import Operation
from gcore_tls_provider.lifecycle.run.session import Session

"""What makes TLS to the backends mutual, and what ends the trust in some of them."""

PARTS: Final = ("protocol", *TLS_IDS)
"""The TLS part of a pool."""

_PUT: Final = "put"
"""The output that says what the attachment has set: a refresh makes the others what somebody else has set since."""

_SNAPSHOT: Final = "dynamic/gcore:PoolTlsSnapshot"
_ATTACHMENT: Final = "dynamic/gcore:PoolTlsAttachment"
_POOL: Final = "dynamic/gcore:Pool"


class PreviousTls(BaseModel):
    """The TLS part of a pool as it was before.

    Attributes:
        protocol: what was spoken with members.
        ca_secret_id: whom the load balancer trusted.
        secret_id: what it showed to backends.
        crl_secret_id: whom it trusted no longer.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    protocol: str = TLS_PROTOCOL
    ca_secret_id: str | None = None
    secret_id: str | None = None
    crl_secret_id: str | None = None


class PoolTlsSnapshotInputs(ResourceInputs):
    """Which pool to read.

    Attributes:
        pool_id: the pool.
    """

    pool_id: ObjectId


class PoolTlsSnapshotLifecycle(Lifecycle[PoolTlsSnapshotInputs]):
    """`PoolTlsSnapshot`: what a pool was like when it was first seen."""

    kind: ClassVar[str] = "TLS snapshot of pool"
    adoptable = False
    inputs = PoolTlsSnapshotInputs
    fields = (Field("pool_id", change="replace", readable=False, equal=equal_ids),)

    def make(self, operation: Operation, inputs: PoolTlsSnapshotInputs) -> LiveObject:
        """Reads the pool.

        Raises:
            ObjectFailed: there is no such pool, or another resource of the stack has changed its TLS part already.
        """
        managed = operation.session.managed(operation.context.stack)
        managers = managed.managers(inputs.pool_id) if managed is not None else frozenset[str]()
        if inputs.pool_id in operation.session.made:
            # Made or adopted by this very run, so the state doesn't show it yet.
            raise _attached_twice(inputs.pool_id, "a Pool")
        own = attachment_of(operation.context.urn)
        others = sorted(each for each in managers if each != own and _type_of(each) in (_ATTACHMENT, _POOL))
        if others:
            raise _attached_twice(inputs.pool_id, others[0])
        try:
            pool = operation.send(routes.get_pool(inputs.pool_id))
        except ObjectNotFound as missing:
            raise _no_pool(missing) from missing
        return LiveObject(inputs.pool_id, {"previous_tls": _part(pool)})

    def look(self, operation: Operation, object_id: str, prior: Properties) -> LiveObject | None:
        """What is kept stays as it is, for as long as there is such a pool."""
        try:
            operation.send(routes.get_pool(object_id))
        except ObjectNotFound:
            return None
        return LiveObject(object_id, {})

    def change(
        self,
        operation: Operation,
        object_id: str,
        olds: Properties,
        inputs: PoolTlsSnapshotInputs,
        fields: Sequence[Field],
    ) -> LiveObject:
        """Never called: nothing of it can change."""
        return LiveObject(object_id, {})

    def remove(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Nothing was made."""


class PoolTlsAttachmentInputs(ResourceInputs):
    """The TLS part that a pool is to have.

    Attributes:
        pool_id: the pool.
        ca_secret_id: whom the load balancer trusts: backends that no certificate of it vouches for are refused.
        secret_id: what the load balancer shows to backends that ask for a certificate.
        crl_secret_id: whom it trusts no longer; needs `ca_secret_id`.
        protocol: TLS.
        previous_tls: what there was before; None only where nobody knows.
    """

    pool_id: ObjectId
    ca_secret_id: ObjectId | None = None
    secret_id: ObjectId | None = None
    crl_secret_id: ObjectId | None = None
    protocol: Literal["HTTPS"] = "HTTPS"
    previous_tls: Annotated[PreviousTls, Limited(default_factory=PreviousTls)]


def _something(drafted: PartialInputs[PoolTlsAttachmentInputs]) -> Iterator[Finding]:
    if not any(drafted.given(name) for name in ("ca_secret_id", "secret_id")):
        yield error_finding(
            "ca_secret_id",
            "NOTHING_ATTACHED",
            "Neither a certificate authority nor a client certificate is given, so backends wouldn't be verified.",
            "Give `ca`, and `client_certificate` for mutual TLS.",
        )
    yield from no_list_without_authority(drafted)


def _same_protocol(old: object, new: object) -> bool:
    return (old or TLS_PROTOCOL) == (new or TLS_PROTOCOL)


class PoolTlsAttachmentLifecycle(Lifecycle[PoolTlsAttachmentInputs]):
    """`PoolTlsAttachment`."""

    kind: ClassVar[str] = "TLS attachment of pool"
    adoptable = False
    inputs = PoolTlsAttachmentInputs
    rules = (Rule(needs=frozenset(), check=_something),)
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

    def make(self, operation: Operation, inputs: PoolTlsAttachmentInputs) -> LiveObject:
        """One update with what differs; none where the pool is so already.

        Raises:
            ObjectFailed: there is no such pool, or another resource of this run has changed its TLS part already.
        """
        first = operation.session.attached.setdefault(inputs.pool_id, operation.context.urn)
        if first != operation.context.urn:
            raise _attached_twice(inputs.pool_id, first)
        try:
            pool = operation.send(routes.get_pool(inputs.pool_id))
        except ObjectNotFound as missing:
            raise _no_pool(missing) from missing
        wanted = _wanted(inputs)
        begins = tls_start.begins(inputs.previous_tls.model_dump(), wanted)
        try:
            put = self._put(operation, pool, wanted, f"add TLS to pool {inputs.pool_id}", begins=begins)
        except ApiError as failed:
            if operation.wrote:
                failed.partial = PartialResult(
                    pool.id, _having(wanted, LiveObject(pool.id, {})).properties, recreate=False
                )
            raise
        return _having(wanted, put)

    def look(self, operation: Operation, object_id: str, prior: Properties) -> LiveObject | None:
        """Reads the pool."""
        try:
            return LiveObject(object_id, _live(operation.send(routes.get_pool(object_id))))
        except ObjectNotFound:
            return None

    def change(
        self,
        operation: Operation,
        object_id: str,
        olds: Properties,
        inputs: PoolTlsAttachmentInputs,
        fields: Sequence[Field],
    ) -> LiveObject:
        """One update with what differs."""
        wanted = {field.name: getattr(inputs, field.name) for field in fields}
        pool = operation.send(routes.get_pool(object_id))
        begins = UNFINISHED in olds and tls_start.begins(inputs.previous_tls.model_dump(), _wanted(inputs))
        asked = f"change TLS of pool {object_id}"
        return _having(_wanted(inputs), self._put(operation, pool, wanted, asked, begins=begins))

    def update(self, session: Session, object_id: str, olds: Properties, news: Properties) -> Properties:
        """Changes what differs; what there was before stays what it was, whatever a newer snapshot has seen."""
        kept = {"previous_tls": olds["previous_tls"]} if "previous_tls" in olds else {}
        return {**super().update(session, object_id, olds, news), **kept}

    def remove(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Restores what was there, where our values still stand; a pool that is gone needs nothing.

        Raises:
            ObjectFailed: a secret that the pool had is gone, or Gcore keeps what was to be restored.
        """
        if not isinstance(properties.get("previous_tls"), Mapping):
            operation.warn(f"What pool {object_id} was like before isn't known, so its TLS part stays as it is.")
            return
        if object_id in operation.session.attached:
            # A replacement of the attachment itself: the new one is made first, on the same pool.
            return
        former = PreviousTls.model_validate(properties["previous_tls"])
        asked = f"restore the TLS part of pool {object_id}"
        try:
            pool = operation.send(routes.get_pool(object_id))
        except ObjectNotFound:
            return
        restored = self._restorable(operation, pool, former, properties)
        self._refuse_lost(operation, restored, asked)
        try:
            self._put(operation, pool, restored, asked)
        except ObjectNotFound:
            if self.look(operation, object_id, properties) is not None:
                raise

    def _restorable(
        self, operation: Operation, pool: Pool, former: PreviousTls, properties: Properties
    ) -> Mapping[str, object]:
        """What is to be restored: the parts that are still as we made them."""
        put = properties.get(_PUT)
        ours = put if isinstance(put, Mapping) else properties
        live, restored, others = _part(pool), dict[str, object](), list[str]()
        for name in PARTS:
            before = getattr(former, name)
            if equal_ids(live[name], before):
                continue
            if equal_ids(live[name], ours.get(name)):
                restored[name] = before
            else:
                others.append(f"{name} ({live[name] or 'none'})")
        if others:
            operation.warn(
                f"Somebody else has changed {', '.join(others)} of pool {pool.id} since TLS was added to it: that is "
                f"left as it is."
            )
        return restored

    def _refuse_lost(self, operation: Operation, restored: Mapping[str, object], asked: str) -> None:
        lost = []
        for name in TLS_IDS:
            secret_id = restored.get(name)
            if not isinstance(secret_id, str):
                continue
            try:
                operation.send(routes.get_secret(secret_id))
            except ObjectNotFound:
                lost.append(f"{name} {secret_id}")
        if lost:
            raise ObjectFailed(
                asked,
                f"what the pool had before no longer exists: {', '.join(lost)}",
                "Set the pool at Gcore to what it is to have now, then run again: what you set there is left as it is.",
            )

    def _put(
        self,
        operation: Operation,
        pool: Pool,
        wanted: Mapping[str, object],
        asked: str,
        *,
        begins: bool = False,
    ) -> LiveObject:
        """Sends what differs, and reads it back: that null unsets an id is written nowhere.

        Where TLS begins, it is made to take effect, even if nothing differs: a run that died may have come so far.
        """
        live = _part(pool)
        patch = {name: value for name, value in wanted.items() if not equal_ids(live[name], value)}
        if not patch and not begins:
            return LiveObject(pool.id, _live(pool))
        balancer = next((each.id for each in pool.loadbalancers), "")
        protocol = str(wanted.get("protocol", pool.protocol))
        shapes = routes.update_pool(pool.id, protocol, PoolPatch.model_validate(patch))
        with operation.load_balancer(balancer):
            if patch:
                operation.retry_while_locked(balancer, lambda: operation.run_shaped(shapes))
            elif pool.healthmonitor is not None and not pool.healthmonitor.admin_state_up:
                operation.warn(
                    f"Pool {pool.id} speaks TLS already, and its health monitor is switched off. If an earlier run "
                    f"died, it may have left it so; then switch it on."
                )
            if begins:
                tls_start.take_effect(operation, balancer, pool.id)
            pool = operation.wait_until_active(lambda: operation.send(routes.get_pool(pool.id)), asked)
        kept = [name for name, value in patch.items() if not equal_ids(_part(pool)[name], value)]
        if kept:
            raise ObjectFailed(
                asked,
                f"Gcore has taken the update, and {', '.join(kept)} is still what it was",
                "Change it at Gcore, then run again.",
            )
        return LiveObject(pool.id, _live(pool))


def _wanted(inputs: PoolTlsAttachmentInputs) -> dict[str, object]:
    return {name: getattr(inputs, name) for name in PARTS}


def _having(wanted: Mapping[str, object], live: LiveObject) -> LiveObject:
    """The pool, with what the attachment has set."""
    return LiveObject(live.id, {**live.properties, _PUT: {name: value for name, value in wanted.items() if value}})


def _part(pool: Pool) -> dict[str, object]:
    return {name: getattr(pool, name) for name in PARTS}


def _live(pool: Pool) -> Properties:
    return {
        **_part(pool),
        "pool_id": pool.id,
        "load_balancer_id": next((each.id for each in pool.loadbalancers), None),
        "provisioning_status": pool.provisioning_status,
        "operating_status": pool.operating_status,
    }


def attachment_of(snapshot_urn: str) -> str:
    """The URN of the attachment that a snapshot belongs to."""
    return snapshot_urn.removesuffix("-snapshot").replace(_SNAPSHOT, _ATTACHMENT)


def _type_of(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2].removeprefix("pulumi-python:")


def _attached_twice(pool_id: str, other: str) -> ObjectFailed:
    return ObjectFailed(
        f"add TLS to pool {pool_id}",
        f"{other} of this stack manages it already",
        "Remove one of the two, or give ca, client_certificate and crl to the Pool itself. If the resource was "
        "renamed, give it an alias of its old name.",
    )


def _no_pool(missing: ObjectNotFound) -> ObjectFailed:
    return ObjectFailed(missing.action, missing.reason, "Correct the id, or the project and region of the resource.")
