"""Trees of statuses."""

from gcore_emulator import responses as answers
from gcore_emulator.errors import not_found
from gcore_emulator.request_context import Here
from gcore_emulator.routes.router import router
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.statuses import LoadBalancerStatus

routes = router("statuses")


@routes.get("/v1/loadbalancers/{project_id}/{region_id}/status")
async def list_statuses(call: Here) -> Page[LoadBalancerStatus]:
    """Statuses of all load balancers and of what is below them, unpaged."""
    seen = call.seen()
    rows = [answers.status_tree(one, call.account, seen) for one in call.account.load_balancers.read_all(call.scope)]
    return Page[LoadBalancerStatus](count=len(rows), results=rows)


@routes.get("/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}/status")
async def get_status(call: Here, load_balancer_id: str) -> LoadBalancerStatus:
    """Statuses of one load balancer and of what is below it."""
    found = call.account.load_balancers.read(call.scope, load_balancer_id)
    if found is None:
        raise not_found("Load balancer", load_balancer_id)
    return answers.status_tree(found, call.account, call.seen())
