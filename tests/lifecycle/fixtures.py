"""What the fields of other objects can refer to, made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fake_engine.account import Resource, World


@dataclass
class Things:
    """Ids of objects of a world; each method gives the same id for the same number."""

    world: World
    _made: dict[tuple[str, int], Resource] = field(default_factory=dict)

    def ca(self, number: int = 1) -> str:
        return self._once("ca", number, lambda name: self.world.ca(name))

    def crl(self, number: int = 1) -> str:
        return self._once("crl", number, lambda name: self.world.crl(name))

    def client(self, number: int = 1) -> str:
        return self._once("client", number, lambda name: self.world.client_certificate(name))

    def certificate(self, number: int = 1) -> str:
        return self._once("certificate", number, lambda name: self.world.listener_certificate(name))

    def balancer(self, number: int = 1) -> str:
        return self._once("balancer", number, lambda name: self.world.load_balancer(name))

    def listener(self, number: int = 1) -> str:
        """A listener of the first load balancer."""
        self.balancer()
        return self._once(
            "listener",
            number,
            lambda name: self.world.listener(self._made["balancer", 1], name, protocol_port=8000 + number),
        )

    def pool(self, number: int = 1) -> str:
        """A pool of the first load balancer that no listener has."""
        self.balancer()
        return self._once(
            "pool", number, lambda name: self.world.pool(self._made["balancer", 1], name, protocol="HTTP")
        )

    def _once(self, kind: str, number: int, make: Callable[[str], Resource]) -> str:
        if (kind, number) not in self._made:
            self._made[kind, number] = make(f"{kind}-{number}")
        return self._made[kind, number].id
