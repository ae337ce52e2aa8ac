"""Updates of a pool in place: the update request, health monitor, members, and TLS that takes effect."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.members import MemberCreate
from gcore_tls_provider.api.wire.pools import PoolPatch
from gcore_tls_provider.errors import BadRequest, MethodNotAllowed, NotFound, ObjectNotFound
from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import Properties
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.kinds.pool import health_monitor, members, tls_activation
from gcore_tls_provider.lifecycle.kinds.pool.inputs import PoolInputs
from gcore_tls_provider.lifecycle.kinds.pool.members import MemberInputs
from gcore_tls_provider.lifecycle.run.operation import Operation


def update_pool(
    operation: Operation, pool_id: str, olds: Properties, inputs: PoolInputs, fields: Sequence[Field]
) -> None:
    """Change the given fields of a pool; the caller holds the lock of its load balancer.

    Args:
        operation: The update.
        pool_id: ID of the pool.
        olds: Previous outputs.
        inputs: New inputs.
        fields: Changed fields.
    """
    given = inputs.model_dump(exclude_none=True)
    patch = {each.name: given.get(each.name, each.removed) for each in fields if each.change == "in place"}
    names = {each.name for each in fields}
    load_balancer_id = str(olds["load_balancer_id"])
    wanted_monitor = inputs.health_monitor if "health_monitor" in names else None
    # Read the monitor: an interrupted update, or another client, can have changed it since the last output.
    live_monitor = operation.send(routes.get_pool(pool_id)).healthmonitor if "health_monitor" in names else None
    keeps_monitor = live_monitor is not None and wanted_monitor is not None and live_monitor.type == wanted_monitor.type
    if live_monitor is not None and not keeps_monitor:
        _delete_monitor(operation, load_balancer_id, pool_id)
    if wanted_monitor is not None and keeps_monitor:
        patch["healthmonitor"] = health_monitor.patch_body(wanted_monitor)
    if patch:
        patch_pool(operation, load_balancer_id, pool_id, inputs.protocol, PoolPatch.model_validate(patch))
    # An interrupted update can have enabled TLS without switching the health monitor off and on.
    previous = tls_activation.PLAINTEXT if Record.of(olds).partial else olds
    if tls_activation.activates_tls(previous, given) and ("health_monitor" not in names or keeps_monitor):
        up = None if inputs.health_monitor is None else inputs.health_monitor.admin_state_up
        tls_activation.cycle_health_monitor(operation, load_balancer_id, pool_id, up=up)
    if wanted_monitor is not None and not keeps_monitor:
        call = routes.create_health_monitor(pool_id, health_monitor.create_body(wanted_monitor))
        operation.retry_while_locked(load_balancer_id, lambda: operation.send_and_wait(call))
    if "members" in names:
        _change_members(operation, load_balancer_id, pool_id, inputs.members, olds.get("members"))


def patch_pool(operation: Operation, load_balancer_id: str, pool_id: str, protocol: str, patch: PoolPatch) -> None:
    """Send one update of a pool, in the variant that Gcore accepts, and wait for its task."""
    request = routes.update_pool(pool_id, protocol, patch)
    operation.retry_while_locked(load_balancer_id, lambda: operation.send_and_wait(request))


def _delete_monitor(operation: Operation, load_balancer_id: str, pool_id: str) -> None:
    call = routes.delete_health_monitor(pool_id)
    try:
        operation.retry_while_locked(load_balancer_id, lambda: operation.send(call))
    except (BadRequest, ObjectNotFound):
        # A request that is repeated after its response was lost finds no monitor, which is a 400.
        if operation.send(routes.get_pool(pool_id)).healthmonitor is not None:
            raise
    operation.wait_until_unlocked(load_balancer_id, call.description)


def _change_members(
    operation: Operation, load_balancer_id: str, pool_id: str, wanted: Sequence[MemberInputs], known: object
) -> None:
    """Add members before removing others, so that the pool never has fewer than now and than wanted.

    Members that must be replaced are replaced one by one, or one half and then the other half.
    """
    changes = members.member_changes(operation.send(routes.get_pool(pool_id)).members, wanted, known)
    if not changes.are_few and _replace_all_members(operation, load_balancer_id, pool_id, changes.lists):
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
            operation.retry_while_locked(load_balancer_id, partial(operation.send_and_wait, call))
        except ObjectNotFound:
            # A delete that is repeated after its response was lost finds no member any more.
            if call.route is not routes.DELETE_MEMBER:
                raise


def _replace_all_members(
    operation: Operation, load_balancer_id: str, pool_id: str, lists: Sequence[Sequence[MemberCreate]]
) -> bool:
    """Send whole lists of members; return False if Gcore lacks that route, the newest of the members' routes."""
    for number, each in enumerate(lists):
        call = routes.replace_members(pool_id, each)
        try:
            operation.retry_while_locked(load_balancer_id, partial(operation.send_and_wait, call))
        except (NotFound, MethodNotAllowed) as error:
            if number:
                raise
            if isinstance(error, ObjectNotFound):
                # Raises if the pool itself is gone.
                operation.send(routes.get_pool(pool_id))
            return False
    return True
