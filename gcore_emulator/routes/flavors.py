"""Flavors of load balancers."""

from gcore_emulator.flavors import FLAVORS, priced
from gcore_emulator.request_context import CurrentContext
from gcore_emulator.routes.router import Limit, Offset, page, router
from gcore_tls_provider.api.wire.flavors import Flavor, PricedFlavor
from gcore_tls_provider.api.wire.pages import Page

routes = router("flavors")


@routes.get("/v1/lbflavors/{project_id}/{region_id}")
async def list_flavors(
    context: CurrentContext, limit: Limit = 1000, offset: Offset = 0, include_prices: bool = False
) -> Page[PricedFlavor] | Page[Flavor]:
    """List flavors, with invented prices if `include_prices` is set."""
    if include_prices:
        return page(Page[PricedFlavor], [priced(flavor) for flavor in FLAVORS.values()], limit, offset)
    return page(Page[Flavor], list(FLAVORS.values()), limit, offset)
