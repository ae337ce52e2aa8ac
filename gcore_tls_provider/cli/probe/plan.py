"""What a probe will make, for how long, and what Gcore's price list says of it."""

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
"""How long the load balancer is there, about: some twenty writes, each done within a minute by Gcore's documents."""


class Plan(BaseModel):
    """What will be made.

    Attributes:
        name: what all names begin with.
        flavor: the load balancer's size; None where the region lists none, and its default holds.
        price: what the price list says, or that it says nothing.
        public: whether its VIP is a public address.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    flavor: str | None
    price: str
    public: bool

    def sentences(self) -> tuple[str, ...]:
        """The plan in words."""
        size = f"of flavor {self.flavor}" if self.flavor else "of the region's default flavor"
        address = "a public address" if self.public else "an address in your network"
        return (
            f"One load balancer {size} with {address}, for about {MINUTES} minutes (a second one, where Gcore fails "
            "while it makes the first); on it one listener and up to four pools without members; up to ten secrets, "
            "with certificates made for this probe.",
            f"All names begin with {self.name}-. Nothing else in the project is changed; all of it is removed at the "
            "end, whatever happens.",
            f"Price: {self.price}. What can cost something is the load balancer and its public address; what yours "
            "cost stands in your contract.",
        )


def make_plan(account: ProbedAccount) -> Plan:
    """Chooses the flavor and reads its price; makes nothing.

    Raises:
        ConfigurationError: the region has no such flavor.
        ApiError: Gcore can't be asked.
    """
    flavors = account.send(
        Call(
            routes.LIST_FLAVORS,
            "list load balancer flavors with their prices",
            Page[PricedFlavor].model_validate,
            query={"limit": routes.PAGE, "include_prices": True},
        )
    ).results
    wanted = [each for each in flavors if account.flavor in (None, each.flavor_name)]
    if account.flavor and not wanted:
        names = ", ".join(each.flavor_name for each in flavors) or "none"
        raise ConfigurationError(f"The region has no load balancer flavor '{account.flavor}'; it has: {names}.")
    smallest = min(wanted, key=lambda each: (each.price_per_hour or 0.0, each.vcpus, each.ram), default=None)
    account.flavor = smallest.flavor_name if smallest else None
    return Plan(name=account.name, flavor=account.flavor, price=_price(smallest), public=account.network is None)


def _price(flavor: PricedFlavor | None) -> str:
    if flavor is None or flavor.price_per_hour is None:
        return "Gcore's API names none"
    return f"{flavor.price_per_hour:g} {flavor.currency_code or ''} an hour for the load balancer".replace("  ", " ")
