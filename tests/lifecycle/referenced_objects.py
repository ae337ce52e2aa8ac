"""Objects that the fields of other objects refer to, each created on first use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fake_engine.stack import FakeStack, Resource


@dataclass
class ReferencedObjects:
    """IDs of objects of a stack; each method returns the same ID for the same number."""

    stack: FakeStack
    _created: dict[tuple[str, int], Resource] = field(default_factory=dict)

    def ca(self, number: int = 1) -> str:
        return self._create_once("ca", number, lambda name: self.stack.ca(name))

    def crl(self, number: int = 1) -> str:
        return self._create_once("crl", number, lambda name: self.stack.crl(name))

    def client_certificate(self, number: int = 1) -> str:
        return self._create_once("client", number, lambda name: self.stack.client_certificate(name))

    def listener_certificate(self, number: int = 1) -> str:
        return self._create_once("certificate", number, lambda name: self.stack.listener_certificate(name))

    def load_balancer(self, number: int = 1) -> str:
        return self._create_once("balancer", number, lambda name: self.stack.load_balancer(name))

    def listener(self, number: int = 1) -> str:
        """Return a listener of the first load balancer."""
        self.load_balancer()
        return self._create_once(
            "listener",
            number,
            lambda name: self.stack.listener(self._created["balancer", 1], name, protocol_port=8000 + number),
        )

    def pool(self, number: int = 1) -> str:
        """Return a pool of the first load balancer that no listener uses."""
        self.load_balancer()
        return self._create_once(
            "pool", number, lambda name: self.stack.pool(self._created["balancer", 1], name, protocol="HTTP")
        )

    def _create_once(self, kind: str, number: int, create: Callable[[str], Resource]) -> str:
        if (kind, number) not in self._created:
            self._created[kind, number] = create(f"{kind}-{number}")
        return self._created[kind, number].id
