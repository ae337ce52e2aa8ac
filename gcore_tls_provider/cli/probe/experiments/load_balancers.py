"""Load balancers: create with nested objects, write while locked, filter by name, unknown fields."""

from __future__ import annotations

from collections.abc import Iterator

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.wire.listeners import NestedListenerCreate
from gcore_tls_provider.api.wire.load_balancers import LoadBalancer, LoadBalancerCreate, LoadBalancerPatch
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.pools import NestedPoolCreate
from gcore_tls_provider.api.wire.tasks import Task, TaskIds
from gcore_tls_provider.cli.probe.account import ProbedAccount
from gcore_tls_provider.cli.probe.experiments.experiment import REJECTED, Experiment, determined, undetermined
from gcore_tls_provider.cli.probe.report import ProbeFinding
from gcore_tls_provider.errors import BadRequest, Conflict, TaskFailed

_UNKNOWN_FIELD = "gcore_tls_probe"
_ATTEMPTS = 3


class _PatchWithUnknownField(LoadBalancerPatch):
    """Update with a field that is in no documentation."""

    gcore_tls_probe: str = "unknown"


def _nested(account: ProbedAccount) -> Iterator[ProbeFinding]:
    try:
        task = _create(account, "HTTPS")
        pair = determined("protocol-pairs", "lax", "a TERMINATED_HTTPS listener was created with an HTTPS pool")
    except REJECTED as rejection:
        task = _create(account, "HTTP")
        pair = determined(
            "protocol-pairs", "octavia", f"accepted with an HTTP pool; with an HTTPS pool: {rejection.reason}"
        )
    account.shared.load_balancer = account.created_id(task, "loadbalancers")
    if account.shared.server_secret is None:
        yield undetermined("protocol-pairs", "no secret for a TERMINATED_HTTPS listener could be created")
    else:
        account.shared.listener = account.wait_until_unlocked().listeners[0].id
        yield pair
    created = task.created_resources
    listed = [kind for kind in ("listeners", "pools") if getattr(created, kind, None)]
    evidence = f"besides the load balancer, the task lists: {', '.join(listed) or 'nothing'}"
    if len(listed) == 1:
        yield undetermined("created-resources", f"no value describes this: {evidence}")
    else:
        yield determined("created-resources", "all" if listed else "load-balancer-only", evidence)


def _create(account: ProbedAccount, pool_protocol: str) -> Task:
    """Create a load balancer with a nested listener and pool, and return the finished task.

    Raises:
        ApiError: The API rejected the request, or its task failed.
    """
    name = account.name_for("load-balancer")
    listener: dict[str, object] = {"name": account.name_for("listener"), "protocol": "HTTP", "protocol_port": 80}
    if account.shared.server_secret is None:
        pool_protocol = "HTTP"
    else:
        listener |= {"protocol": "TERMINATED_HTTPS", "protocol_port": 443, "secret_id": account.shared.server_secret}
    pool = {"name": account.name_for("nested"), "protocol": pool_protocol, "lb_algorithm": "ROUND_ROBIN"}
    nested = NestedListenerCreate.model_validate({**listener, "pools": [NestedPoolCreate.model_validate(pool)]})
    fields: dict[str, object] = {"name": name, "listeners": [nested]}
    fields |= {"flavor": account.flavor} if account.flavor else {}
    fields |= {"vip_network_id": account.network} if account.network else {}
    return account.create_and_wait(routes.create_load_balancer(LoadBalancerCreate.model_validate(fields)), name)


def _write_while_locked(account: ProbedAccount) -> Iterator[ProbeFinding]:
    for attempt in range(_ATTEMPTS):
        balancer = account.wait_until_unlocked().id
        names = [account.name_for(f"load-balancer-{attempt}{each}") for each in "ab"]
        writes = [routes.update_load_balancer(balancer, LoadBalancerPatch(name=each)) for each in names]
        first = account.send(writes[0])
        second = TaskIds(tasks=[])
        try:
            second = account.send(writes[1])
            # The second write was queued only if the first was still running when the API accepted the second.
            queued = first.tasks and account.send(routes.get_task(first.tasks[0])).state in ("NEW", "RUNNING")
            account.wait_for_tasks(second, writes[1].description)
        except Conflict as rejection:
            yield determined("locked-load-balancer", "409", rejection.reason)
            return
        except TaskFailed as failed:
            yield determined("locked-load-balancer", "task-error", failed.reason)
            return
        finally:
            account.wait_for_tasks(first, writes[0].description)
        if queued:
            yield determined(
                "locked-load-balancer", "queue", "a write was accepted during another one, and ran after it"
            )
            return
    yield undetermined(
        "locked-load-balancer", f"in {_ATTEMPTS} attempts the first write finished before the second began"
    )


def _filter(account: ProbedAccount) -> Iterator[ProbeFinding]:
    name = account.wait_until_unlocked().name

    def matches(name_filter: str) -> int:
        call = Call(
            routes.LIST_LOAD_BALANCERS,
            "list load balancers by name",
            Page[LoadBalancer].model_validate,
            query={"name": name_filter, "limit": 10},
        )
        return account.read_after_lag(call).count

    whole, part = matches(name), matches(name[:-1])
    evidence = (
        f"a filter by the whole name of a load balancer matches {whole}, one by all but its last character {part}"
    )
    if whole == 0:
        yield undetermined("name-filter", f"no value describes this: {evidence}")
    else:
        yield determined("name-filter", "substring" if part else "exact", evidence)


def _unknown_field(account: ProbedAccount) -> Iterator[ProbeFinding]:
    balancer = account.wait_until_unlocked()
    body = _PatchWithUnknownField(name=account.name_for("load-balancer"), gcore_tls_probe="unknown")
    try:
        account.send_and_wait(routes.update_load_balancer(balancer.id, body))
    except BadRequest as rejection:
        yield determined("unknown-fields", "reject", rejection.reason)
    else:
        yield determined("unknown-fields", "ignore", f"an update with the field {_UNKNOWN_FIELD} was accepted")


EXPERIMENTS = (
    Experiment(("protocol-pairs", "created-resources"), _nested),
    Experiment(("name-filter",), _filter),
    Experiment(("unknown-fields",), _unknown_field),
    Experiment(("locked-load-balancer",), _write_while_locked),
)
"""Experiments on a load balancer, which the first one creates."""
