"""Pools: which routes there are, what null does, what a change of the protocol does."""

from __future__ import annotations

from collections.abc import Iterator

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import RequestVariant
from gcore_tls_provider.api.wire.health_monitors import HealthMonitorCreate
from gcore_tls_provider.api.wire.pools import PoolCreate, PoolPatch
from gcore_tls_provider.cli.probe.account import LOOK_SECONDS, MOST_READS, ProbedAccount, seen
from gcore_tls_provider.cli.probe.experiments.experiment import REFUSED, Experiment, found, open_still
from gcore_tls_provider.cli.probe.report import Finding
from gcore_tls_provider.errors import MethodNotAllowed, NotFound, ObjectNotFound

_SHAPES: tuple[RequestVariant, ...] = ("openapi", "guide")


def _routes(account: ProbedAccount) -> Iterator[Finding]:
    made: dict[RequestVariant, str] = {}
    answers = []
    for shape in _SHAPES:
        try:
            made[shape] = _create(account, shape, f"pool-{shape}", mutual_tls=not made)
        except (NotFound, MethodNotAllowed) as refused:
            answers.append(seen(refused))
    if not made:
        yield open_still("pool-routes", f"neither way of making pools is there: {'; '.join(answers)}")
        return
    pools = list(made.values())
    if len(pools) == 1:
        pools.append(_create(account, next(iter(made)), "pool-second", mutual_tls=False))
    account.made.mtls_pool, account.made.plain_pool = pools
    changed: list[RequestVariant] = []
    for shape in _SHAPES:
        body = PoolPatch(name=account.named(f"changed-{shape}"))
        account.free()
        try:
            account.do(routes.update_pool(pools[1], account.pool(pools[1]).protocol, body).of(shape))
            changed.append(shape)
        except (NotFound, MethodNotAllowed) as refused:
            answers.append(seen(refused))
    account.made.pool_update = next(iter(changed), None)
    evidence = f"made by {_pair(list(made))}, changed by {_pair(changed)}"
    evidence = "; ".join([evidence, *answers])
    if list(made) != changed:
        yield open_still("pool-routes", f"no choice fits: {evidence}")
    else:
        yield found("pool-routes", "both" if len(changed) == 2 else changed[0], evidence)


def _pair(shapes: list[RequestVariant]) -> str:
    names = {"openapi": "OpenAPI's route", "guide": "the guide's"}
    return " and ".join(names[each] for each in shapes) or "neither route"


def _create(account: ProbedAccount, shape: RequestVariant, part: str, *, mutual_tls: bool) -> str:
    """A pool without members or a listener, with a health monitor.

    Raises:
        ApiError: it was refused, or its task failed.
    """
    balancer = account.free()
    fields: dict[str, object] = {
        "name": account.named(part),
        "protocol": "HTTPS" if mutual_tls else "HTTP",
        "lb_algorithm": "ROUND_ROBIN",
        "healthmonitor": HealthMonitorCreate(type="TCP", delay=60, timeout=10, max_retries=3),
    }
    if mutual_tls:
        secrets = {"ca_secret_id": account.made.ca, "secret_id": account.made.client}
        fields |= {field: secret for field, secret in secrets.items() if secret}
    call = routes.create_pool(balancer.id, None, PoolCreate.model_validate(fields)).of(shape)
    pool = account.create(call, "pools", account.named(part))
    for _ in range(MOST_READS):
        try:
            account.send(routes.get_pool(pool))
            break
        except ObjectNotFound:
            account.clock.sleep(LOOK_SECONDS / 2)
    return pool


def _null_secrets(account: ProbedAccount) -> Iterator[Finding]:
    pool = account.need(account.made.mtls_pool, "no pool could be made")
    before = account.pool(pool)
    named = [field for field in ("ca_secret_id", "secret_id") if getattr(before, field)]
    if not named:
        yield open_still("null-secret-id", "no pool with secrets could be made")
        return
    try:
        after = account.update_pool(pool, PoolPatch.model_validate(dict.fromkeys(named)))
    except REFUSED as refused:
        yield found("null-secret-id", "refuse", seen(refused))
        return
    kept = [field for field in named if getattr(after, field)]
    if not kept:
        yield found("null-secret-id", "unset", f"{', '.join(named)}: unset")
    elif kept == named:
        yield found("null-secret-id", "ignore", f"{', '.join(named)}: as before")
    else:
        yield open_still("null-secret-id", f"no choice fits: of {', '.join(named)} {', '.join(kept)} is as before")


def _null_monitor(account: ProbedAccount) -> Iterator[Finding]:
    pool = account.need(account.made.plain_pool, "no pool could be made")
    if account.pool(pool).healthmonitor is None:
        yield open_still("null-health-monitor", "no pool with a health monitor could be made")
        return
    try:
        after = account.update_pool(pool, PoolPatch(healthmonitor=None))
    except REFUSED as refused:
        yield open_still("null-health-monitor", f"neither: it is refused: {seen(refused)}")
        return
    gone = after.healthmonitor is None
    evidence = f"the health monitor is {'gone' if gone else 'as before'}"
    yield found("null-health-monitor", "delete" if gone else "ignore", evidence)


def _protocol(account: ProbedAccount) -> Iterator[Finding]:
    pool = account.need(account.made.plain_pool, "no pool could be made")
    name = account.pool(pool).name
    try:
        after = account.update_pool(pool, PoolPatch(protocol="HTTPS"))
    except REFUSED as refused:
        yield found("protocol-change", "refuse", seen(refused))
        return
    except ObjectNotFound:
        others = [each for each in account.rows(routes.list_pools) if each.name == name and each.id != pool]
        if others:
            yield found("protocol-change", "new-id", f"pool {pool} is gone, and {others[0].id} has its name")
        else:
            yield open_still("protocol-change", f"no choice fits: pool {pool} is gone, and no other has its name")
        return
    if after.protocol == "HTTPS":
        yield found("protocol-change", "keep-id", "the pool has the new protocol and its old id")
    else:
        yield open_still("protocol-change", f"no choice fits: the update was taken, and the pool is {after.protocol}")


EXPERIMENTS = (
    Experiment(("pool-routes",), _routes),
    Experiment(("null-secret-id",), _null_secrets),
    Experiment(("null-health-monitor",), _null_monitor),
    Experiment(("protocol-change",), _protocol),
)
"""The first makes the pools."""
