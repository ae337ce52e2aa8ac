"""The parts that all operations of one process share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gcore_tls_provider.api.clock import Clock, SystemClock
from gcore_tls_provider.lifecycle.recovery.stack_reader import StackReader
from gcore_tls_provider.lifecycle.run.accounts import Accounts, default_only
from gcore_tls_provider.lifecycle.run.claims import ObjectClaims
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from gcore_tls_provider.lifecycle.run.engine_port import EnginePort
from gcore_tls_provider.lifecycle.run.locks import LoadBalancerLocks

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True)
class Session:
    """Clients, locks and the stack's state, shared by the threads of one process.

    Attributes:
        configuration: Configuration of the namespace `gcore`.
        engine: Engine that this process works for.
        clock: Source of time.
        accounts: API clients by provider config, project and region.
        locks: One lock per load balancer.
        stack: Reader of the stack's state.
        claims: Objects that resources of this process have created, adopt or change.
    """

    configuration: Configuration
    engine: EnginePort
    clock: Clock
    accounts: Accounts
    locks: LoadBalancerLocks
    stack: StackReader
    claims: ObjectClaims = field(default_factory=ObjectClaims)

    @classmethod
    def start(
        cls,
        configuration: Configuration,
        engine: EnginePort,
        *,
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
        read_configuration: Callable[[str], Configuration] = default_only,
    ) -> Session:
        """Create a session; open no connection and read no state yet.

        Args:
            configuration: Configuration of the namespace `gcore`.
            engine: Engine that this process works for.
            clock: Source of time; None for the system's.
            transport: HTTP transport of all clients; None for the network.
            read_configuration: Read the configuration of another namespace; raise `ConfigurationError` if unusable.
        """
        clock = clock or SystemClock()
        return cls(
            configuration,
            engine,
            clock,
            Accounts(configuration, clock, transport, read_configuration),
            LoadBalancerLocks(),
            StackReader(engine, clock),
        )
