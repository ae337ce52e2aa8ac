"""Flavors of load balancers: their sizes."""

from __future__ import annotations

from gcore_tls_provider.api.wire.model import ResponseBody


class Flavor(ResponseBody):
    """A size. Requests contain its `flavor_name`; `ram` is in MiB."""

    flavor_id: str
    flavor_name: str
    ram: int
    vcpus: int


class PricedFlavor(Flavor):
    """A size with its price, in lists that request prices."""

    currency_code: str | None = None
    price_per_hour: float | None = None
    price_per_month: float | None = None
    price_status: str | None = None
