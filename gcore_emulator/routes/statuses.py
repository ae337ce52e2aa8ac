"""Routes of status trees."""

from gcore_emulator import responses
from gcore_emulator.errors import not_found
from gcore_emulator.request_context import CurrentContext
from gcore_emulator.routes.router import router
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.statuses import LoadBalancerStatus

routes = router("statuses")


@routes.get("/v1/loadbalancers/{project_id}/{region_id}/status")
async def list_statuses(context: CurrentContext) -> Page[LoadBalancerStatus]:
    """List the statuses of all load balancers and of the objects below them, without paging."""
    traffic_statuses = context.traffic_statuses()
    rows = [
        responses.status_tree(one, context.account, traffic_statuses)
        for one in context.account.load_balancers.read_all(context.location)
    ]
    return Page[LoadBalancerStatus](count=len(rows), results=rows)


@routes.get("/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}/status")
async def get_status(context: CurrentContext, load_balancer_id: str) -> LoadBalancerStatus:
    """Read the statuses of one load balancer and of the objects below it."""
    found = context.account.load_balancers.read(context.location, load_balancer_id)
    if found is None:
        raise not_found("Load balancer", load_balancer_id)
    return responses.status_tree(found, context.account, context.traffic_statuses())
