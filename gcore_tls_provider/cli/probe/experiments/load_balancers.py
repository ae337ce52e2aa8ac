"""The load balancer: made with all that is nested in it, busy, found by its name, given a field that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.wire.listeners import NestedListenerCreate
from gcore_tls_provider.api.wire.load_balancers import LoadBalancer, LoadBalancerCreate, LoadBalancerPatch
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.pools import NestedPoolCreate
from gcore_tls_provider.api.wire.tasks import Task, TaskIds
from gcore_tls_provider.cli.probe.account import ProbedAccount, seen
from gcore_tls_provider.cli.probe.experiments.experiment import REFUSED, Experiment, found, open_still
from gcore_tls_provider.cli.probe.report import Finding
from gcore_tls_provider.errors import BadRequest, Conflict, TaskFailed

_UNKNOWN = "gcore_tls_probe"
_ATTEMPTS = 3


class _StrangePatch(LoadBalancerPatch):
    """An update with a field that no document knows."""

    gcore_tls_probe: str = "unknown"


def _nested(account: ProbedAccount) -> Iterator[Finding]:
    try:
        task = _create(account, "HTTPS")
        pair = found("protocol-pairs", "lax", "a TERMINATED_HTTPS listener was made with an HTTPS pool")
    except REFUSED as refused:
        task = _create(account, "HTTP")
        pair = found("protocol-pairs", "octavia", f"taken with an HTTP pool; with an HTTPS pool: {seen(refused)}")
    account.made.load_balancer = account.created(task, "loadbalancers")
    if account.made.server is None:
        yield open_still("protocol-pairs", "no secret for a TERMINATED_HTTPS listener could be made")
    else:
        account.made.listener = account.free().listeners[0].id
        yield pair
    made = task.created_resources
    listed = [kind for kind in ("listeners", "pools") if getattr(made, kind, None)]
    evidence = f"beside the load balancer: {', '.join(listed) or 'nothing'}"
    if len(listed) == 1:
        yield open_still("created-resources", f"neither: {evidence}")
    else:
        yield found("created-resources", "all" if listed else "load-balancer-only", evidence)


def _create(account: ProbedAccount, pool_protocol: str) -> Task:
    """A load balancer with a listener and a pool.

    Raises:
        ApiError: it was refused, or its task failed.
    """
    name = account.named("load-balancer")
    listener: dict[str, object] = {"name": account.named("listener"), "protocol": "HTTP", "protocol_port": 80}
    if account.made.server is None:
        pool_protocol = "HTTP"
    else:
        listener |= {"protocol": "TERMINATED_HTTPS", "protocol_port": 443, "secret_id": account.made.server}
    pool = {"name": account.named("nested"), "protocol": pool_protocol, "lb_algorithm": "ROUND_ROBIN"}
    nested = NestedListenerCreate.model_validate({**listener, "pools": [NestedPoolCreate.model_validate(pool)]})
    fields: dict[str, object] = {"name": name, "listeners": [nested]}
    fields |= {"flavor": account.flavor} if account.flavor else {}
    fields |= {"vip_network_id": account.network} if account.network else {}
    return account.begin(routes.create_load_balancer(LoadBalancerCreate.model_validate(fields)), name)


def _busy(account: ProbedAccount) -> Iterator[Finding]:
    for attempt in range(_ATTEMPTS):
        balancer = account.free().id
        names = [account.named(f"load-balancer-{attempt}{each}") for each in "ab"]
        writes = [routes.update_load_balancer(balancer, LoadBalancerPatch(name=each)) for each in names]
        first = account.send(writes[0])
        second = TaskIds(tasks=[])
        try:
            second = account.send(writes[1])
            # It waits in a queue only if the first was still being done when it was taken.
            waited = first.tasks and account.send(routes.get_task(first.tasks[0])).state in ("NEW", "RUNNING")
            account.finish(second, writes[1].description)
        except Conflict as refused:
            yield found("busy-load-balancer", "409", seen(refused))
            return
        except TaskFailed as failed:
            yield found("busy-load-balancer", "task-error", seen(failed))
            return
        finally:
            account.finish(first, writes[0].description)
        if waited:
            yield found("busy-load-balancer", "queue", "a write was taken during another one, and done after it")
            return
    yield open_still("busy-load-balancer", f"{_ATTEMPTS} times the first write was over before the second came")


def _filter(account: ProbedAccount) -> Iterator[Finding]:
    name = account.free().name

    def rows(wanted: str) -> int:
        call = Call(
            routes.LIST_LOAD_BALANCERS,
            "list load balancers by name",
            Page[LoadBalancer].model_validate,
            query={"name": wanted, "limit": 10},
        )
        return account.read(call).count

    whole, part = rows(name), rows(name[:-1])
    evidence = f"by a load balancer's whole name: {whole} found, by all of it but its end: {part}"
    if whole == 0:
        yield open_still("name-filter", f"neither: {evidence}")
    else:
        yield found("name-filter", "substring" if part else "exact", evidence)


def _unknown_field(account: ProbedAccount) -> Iterator[Finding]:
    balancer = account.free()
    body = _StrangePatch(name=account.named("load-balancer"), gcore_tls_probe="unknown")
    try:
        account.do(routes.update_load_balancer(balancer.id, body))
    except BadRequest as refused:
        yield found("unknown-fields", "refuse", seen(refused))
    else:
        yield found("unknown-fields", "ignore", f"an update with the field {_UNKNOWN} was taken")


EXPERIMENTS = (
    Experiment(("protocol-pairs", "created-resources"), _nested),
    Experiment(("name-filter",), _filter),
    Experiment(("unknown-fields",), _unknown_field),
    Experiment(("busy-load-balancer",), _busy),
)
"""The first makes the load balancer."""
