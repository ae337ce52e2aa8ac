"""Plan of a probe: the objects that it creates, for how long, and their price in Gcore's price list."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.wire.flavors import PricedFlavor
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.cli.probe.account import ProbedAccount
from gcore_tls_provider.errors import ConfigurationError

MINUTES: Final = 20
"""Approximate lifetime of the load balancer: about twenty writes, each of up to a minute by Gcore's documentation."""


class ProbePlan(BaseModel):
    """Objects that a probe creates.

    Attributes:
        name: Prefix of all names.
        flavor: Flavor of the load balancer; None for the default of a region that lists no flavors.
        price: Price from the price list, or the statement that there is none.
        public: Whether the VIP is a public address.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    flavor: str | None
    price: str
    public: bool

    def sentences(self) -> tuple[str, ...]:
        """Return the plan as text."""
        size = f"of flavor {self.flavor}" if self.flavor else "of the region's default flavor"
        address = "a public address" if self.public else "an address in your network"
        return (
            f"This creates one load balancer {size} with {address} for about {MINUTES} minutes (and a second one if "
            "Gcore fails to create the first), with one listener and up to four pools without members, and up "
            "to ten secrets with certificates that are generated for this probe.",
            f"All names begin with {self.name}-. Nothing else in the project is changed. At the end, and after an "
            "error or Ctrl-C, everything is deleted.",
            f"Price: {self.price}. Only the load balancer and its public address can cost money; your contract has "
            "your prices.",
        )


def make_plan(account: ProbedAccount) -> ProbePlan:
    """Choose the flavor and read its price, without creating anything.

    Raises:
        ConfigurationError: The region does not have the flavor.
        ApiError: Gcore cannot be reached, or rejects the request.
    """
    flavors = account.send(
        Call(
            routes.LIST_FLAVORS,
            "list load balancer flavors with their prices",
            Page[PricedFlavor].model_validate,
            query={"limit": routes.PAGE, "include_prices": True},
        )
    ).results
    candidates = [each for each in flavors if account.flavor in (None, each.flavor_name)]
    if account.flavor and not candidates:
        names = ", ".join(each.flavor_name for each in flavors) or "none"
        raise ConfigurationError(
            f"The region has no load balancer flavor '{account.flavor}'. Set --flavor to one of: {names}."
        )
    smallest = min(candidates, key=lambda each: (each.price_per_hour or 0.0, each.vcpus, each.ram), default=None)
    account.flavor = smallest.flavor_name if smallest else None
    return ProbePlan(name=account.name, flavor=account.flavor, price=_price(smallest), public=account.network is None)


def _price(flavor: PricedFlavor | None) -> str:
    if flavor is None or flavor.price_per_hour is None:
        return "not listed by Gcore's API"
    return f"{flavor.price_per_hour:g} {flavor.currency_code or ''} an hour for the load balancer".replace("  ", " ")
