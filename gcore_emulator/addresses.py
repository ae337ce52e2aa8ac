"""Addresses of load balancers, from the ranges that are reserved for documentation and for private networks.

They are derived from the port or network that the client names, so that the same request gets the same address again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from uuid import NAMESPACE_URL, uuid5

from gcore_emulator.account import Vip
from gcore_tls_provider.api.wire.load_balancers import LoadBalancerCreate

_PUBLIC = (IPv4Network("192.0.2.0/24"), IPv4Network("198.51.100.0/24"), IPv4Network("203.0.113.0/24"))
_PRIVATE = IPv4Network("10.0.0.0/8")
_SIX = IPv6Network("2001:db8::/32")


def vip_for(load_balancer_id: str, request: LoadBalancerCreate, taken: Collection[str]) -> Vip:
    """Return the VIP of a new load balancer.

    Args:
        load_balancer_id: ID of the new load balancer.
        request: Request that creates it.
        taken: Addresses of other load balancers.
    """
    seed = request.vip_port_id or load_balancer_id
    place = request.vip_subnet_id if request.vip_network_id else None
    family = request.vip_ip_family or "ipv4"
    private = request.vip_network_id is not None or request.vip_port_id is not None
    four = _free(seed, taken, private)
    six = str(_SIX[_number(seed) % 2**64 + 1])
    subnet_id = place or _id(f"subnet:{request.vip_network_id or seed}")
    return Vip(
        address=six if family == "ipv6" else four,
        port_id=request.vip_port_id or _id(f"port:{load_balancer_id}"),
        subnet_id=subnet_id,
        instance_addresses=(_neighbor(seed, "master", family), _neighbor(seed, "backup", family)),
        reserved=request.vip_port_id is not None,
        family=family,
        additional_address=six if family == "dual" else None,
    )


def floating_address(floating_ip_id: str) -> str:
    """Return the address of a floating IP."""
    return _free(floating_ip_id, (), private=False)


def _free(seed: str, taken: Collection[str], private: bool) -> str:
    start = _number(seed)
    hosts = 3 * 254
    for step in range(hosts):
        number = start + step
        address = _PRIVATE[number % (2**24 - 2) + 1] if private else _PUBLIC[number % 3][number // 3 % 254 + 1]
        if str(address) not in taken:
            return str(address)
    return str(_PRIVATE[start % (2**24 - 2) + 1])


def _neighbor(seed: str, role: str, family: str) -> str:
    number = _number(f"{seed}:{role}")
    neighbor: IPv4Address | IPv6Address
    neighbor = _SIX[number % 2**64 + 1] if family == "ipv6" else _PRIVATE[number % (2**24 - 2) + 1]
    return str(neighbor)


def _id(seed: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"emulator:{seed}"))


def _number(seed: str) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:12], "big")
