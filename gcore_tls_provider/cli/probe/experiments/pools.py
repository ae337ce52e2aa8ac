"""Pools: routes, null in updates, changes of the protocol."""

from __future__ import annotations

from collections.abc import Iterator

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import RequestVariant
from gcore_tls_provider.api.wire.health_monitors import HealthMonitorCreate
from gcore_tls_provider.api.wire.pools import PoolCreate, PoolPatch
from gcore_tls_provider.cli.probe.account import MAX_STALE_READS, POLL_SECONDS, ProbedAccount
from gcore_tls_provider.cli.probe.experiments.experiment import REJECTED, Experiment, determined, undetermined
from gcore_tls_provider.cli.probe.report import ProbeFinding
from gcore_tls_provider.errors import MethodNotAllowed, NotFound, ObjectNotFound

_VARIANTS: tuple[RequestVariant, ...] = ("openapi", "guide")


def _routes(account: ProbedAccount) -> Iterator[ProbeFinding]:
    created: dict[RequestVariant, str] = {}
    rejections = []
    for variant in _VARIANTS:
        try:
            created[variant] = _create(account, variant, f"pool-{variant}", mutual_tls=not created)
        except (NotFound, MethodNotAllowed) as rejection:
            rejections.append(rejection.reason)
    if not created:
        yield undetermined("pool-routes", f"no route to create pools works: {'; '.join(rejections)}")
        return
    pools = list(created.values())
    if len(pools) == 1:
        pools.append(_create(account, next(iter(created)), "pool-second", mutual_tls=False))
    account.shared.mtls_pool, account.shared.plain_pool = pools
    updated: list[RequestVariant] = []
    for variant in _VARIANTS:
        body = PoolPatch(name=account.name_for(f"changed-{variant}"))
        account.wait_until_unlocked()
        try:
            account.send_and_wait(routes.update_pool(pools[1], account.read_pool(pools[1]).protocol, body).of(variant))
            updated.append(variant)
        except (NotFound, MethodNotAllowed) as rejection:
            rejections.append(rejection.reason)
    account.shared.pool_update = next(iter(updated), None)
    evidence = f"created by {_route_names(list(created))}, updated by {_route_names(updated)}"
    evidence = "; ".join([evidence, *rejections])
    if list(created) != updated:
        yield undetermined("pool-routes", f"no value describes this: {evidence}")
    else:
        yield determined("pool-routes", "both" if len(updated) == 2 else updated[0], evidence)


def _route_names(variants: list[RequestVariant]) -> str:
    names = {"openapi": "OpenAPI's route", "guide": "the guide's route"}
    return " and ".join(names[each] for each in variants) or "no route"


def _create(account: ProbedAccount, variant: RequestVariant, part: str, *, mutual_tls: bool) -> str:
    """Create a pool without members or a listener, with a health monitor, and return its ID.

    Raises:
        ApiError: The API rejected the request, or its task failed.
    """
    balancer = account.wait_until_unlocked()
    fields: dict[str, object] = {
        "name": account.name_for(part),
        "protocol": "HTTPS" if mutual_tls else "HTTP",
        "lb_algorithm": "ROUND_ROBIN",
        "healthmonitor": HealthMonitorCreate(type="TCP", delay=60, timeout=10, max_retries=3),
    }
    if mutual_tls:
        secrets = {"ca_secret_id": account.shared.ca_secret, "secret_id": account.shared.client_secret}
        fields |= {field: secret for field, secret in secrets.items() if secret}
    call = routes.create_pool(balancer.id, None, PoolCreate.model_validate(fields)).of(variant)
    pool = account.create(call, "pools", account.name_for(part))
    for _ in range(MAX_STALE_READS):
        try:
            account.send(routes.get_pool(pool))
            break
        except ObjectNotFound:
            account.clock.sleep(POLL_SECONDS / 2)
    return pool


def _null_secrets(account: ProbedAccount) -> Iterator[ProbeFinding]:
    pool = account.require(account.shared.mtls_pool, "no pool could be created")
    before = account.read_pool(pool)
    fields = [field for field in ("ca_secret_id", "secret_id") if getattr(before, field)]
    if not fields:
        yield undetermined("null-secret-id", "no pool with secrets could be created")
        return
    try:
        after = account.update_pool(pool, PoolPatch.model_validate(dict.fromkeys(fields)))
    except REJECTED as rejection:
        yield determined("null-secret-id", "reject", rejection.reason)
        return
    kept = [field for field in fields if getattr(after, field)]
    if not kept:
        yield determined("null-secret-id", "unset", f"{', '.join(fields)} became null")
    elif kept == fields:
        yield determined("null-secret-id", "ignore", f"{', '.join(fields)} did not change")
    else:
        yield undetermined(
            "null-secret-id", f"no value describes this: of {', '.join(fields)}, only {', '.join(kept)} did not change"
        )


def _null_monitor(account: ProbedAccount) -> Iterator[ProbeFinding]:
    pool = account.require(account.shared.plain_pool, "no pool could be created")
    if account.read_pool(pool).healthmonitor is None:
        yield undetermined("null-health-monitor", "no pool with a health monitor could be created")
        return
    try:
        after = account.update_pool(pool, PoolPatch(healthmonitor=None))
    except REJECTED as rejection:
        yield undetermined("null-health-monitor", f"no value describes this: the API rejects it: {rejection.reason}")
        return
    deleted = after.healthmonitor is None
    evidence = f"the health monitor {'was deleted' if deleted else 'did not change'}"
    yield determined("null-health-monitor", "delete" if deleted else "ignore", evidence)


def _protocol(account: ProbedAccount) -> Iterator[ProbeFinding]:
    pool = account.require(account.shared.plain_pool, "no pool could be created")
    name = account.read_pool(pool).name
    try:
        after = account.update_pool(pool, PoolPatch(protocol="HTTPS"))
    except REJECTED as rejection:
        yield determined("protocol-change", "reject", rejection.reason)
        return
    except ObjectNotFound:
        others = [each for each in account.list_all(routes.list_pools) if each.name == name and each.id != pool]
        if others:
            yield determined(
                "protocol-change", "new-id", f"pool {pool} no longer exists, and {others[0].id} has its name"
            )
        else:
            yield undetermined(
                "protocol-change",
                f"no value describes this: pool {pool} no longer exists, and no other pool has its name",
            )
        return
    if after.protocol == "HTTPS":
        yield determined("protocol-change", "keep-id", "the pool has the new protocol and its old ID")
    else:
        yield undetermined(
            "protocol-change", f"no value describes this: the update was accepted, but the protocol is {after.protocol}"
        )


EXPERIMENTS = (
    Experiment(("pool-routes",), _routes),
    Experiment(("null-secret-id",), _null_secrets),
    Experiment(("null-health-monitor",), _null_monitor),
    Experiment(("protocol-change",), _protocol),
)
"""Experiments on pools, which the first one creates."""
