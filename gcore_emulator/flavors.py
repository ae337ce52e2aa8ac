"""Flavors (sizes) of load balancers in the emulated region."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from gcore_emulator.errors import invalid
from gcore_tls_provider.api.wire.flavors import Flavor, PricedFlavor

_SIZES = ("1-2", "2-4", "4-8", "8-16")
_NAMES = tuple(f"lb{generation}-{size}" for generation in (1, 2) for size in _SIZES)

DEFAULT_FLAVOR = "lb1-1-2"
"""Flavor of a load balancer whose request names none."""


def _flavor(name: str) -> Flavor:
    _generation, vcpus, gigabytes = name.split("-")
    return Flavor(
        flavor_id=str(uuid5(NAMESPACE_URL, f"emulator:flavor:{name}")),
        flavor_name=name,
        ram=int(gigabytes) * 1024,
        vcpus=int(vcpus),
    )


FLAVORS = {name: _flavor(name) for name in _NAMES}
"""All flavors by name: `lb1-1-2` has one CPU and 2 GiB of memory."""


def check_flavor(name: str) -> str:
    """Return the name if the flavor exists. Raise a 400 otherwise, also for a flavor's ID."""
    if name not in FLAVORS:
        raise invalid({"flavor": f"Flavor {name} could not be found; use one of: {', '.join(FLAVORS)}."})
    return name


def priced(flavor: Flavor) -> PricedFlavor:
    """Return a flavor with its price: one cent per CPU and hour."""
    per_hour = 0.01 * flavor.vcpus
    return PricedFlavor(
        **flavor.model_dump(),
        currency_code="EUR",
        price_per_hour=per_hour,
        price_per_month=round(per_hour * 730, 2),
        price_status="show",
    )
