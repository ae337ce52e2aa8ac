"""What the handlers of one process share: the client, the locks, and what is known of the stack and the account."""

from __future__ import annotations

import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gcore_tls_provider.api.clock import Clock, SystemClock
from gcore_tls_provider.api.connection import NAMESPACE, Location
from gcore_tls_provider.api.redaction import Redactor
from gcore_tls_provider.lifecycle.inputs.reference_cache import CertificateCache
from gcore_tls_provider.lifecycle.recovery.stack_state import ObjectOwners, StackState, parse_export, parse_managed
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from gcore_tls_provider.lifecycle.run.engine_port import EnginePort

if TYPE_CHECKING:
    import httpx

    from gcore_tls_provider.api.client import Client
    from gcore_tls_provider.api.tasks import Tasks

_EXPORT_ATTEMPTS: Final = 5
_EXPORT_PAUSE: Final = 0.3
_GLANCES: Final = 2
_TURN_PAUSE: Final = 1.0


@dataclass(frozen=True)
class Account:
    """What speaks to one project and region.

    Attributes:
        client: sends calls.
        tasks: waits for tasks.
    """

    client: Client
    tasks: Tasks


def _only_one(namespace: str) -> Configuration:
    return Configuration(namespace=namespace)


class Session:
    """One process's work for one configuration. Threads share it.

    Args:
        configuration: where Gcore is and who asks, unless a resource names another connection.
        host: the engine.
        clock: whose time it is.
        transport: what carries the requests: a test's own, or None for the network.
        named: reads the configuration of a connection that a resource names; raises `ConfigurationError`.

    Attributes:
        made: ids of the objects that this process has made or taken over.
        checked: whether a program runs: a destroy has none.
        updates: whether a program runs for more than a preview.
        clearing_up: is held while what dead runs have left of the whole stack is removed.
        cleared_up: whether that was done.
        refused: URNs of the resources whose last check found errors.
        said: code, severity and sentence of all that the last check of a resource found, by its URN.
        seen: what the certificate resources that were checked hold.
        attached: which resource of this process, by URN, has changed the TLS part of a pool, by the pool's id.
        adopting: which resource of this process, by URN, adopts an object, by its id.
    """

    def __init__(
        self,
        configuration: Configuration,
        engine: EnginePort,
        *,
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
        named: Callable[[str], Configuration] = _only_one,
    ) -> None:
        """Opens nothing and asks for nothing yet."""
        self.configuration = configuration
        self.engine = engine
        self.clock: Clock = clock or SystemClock()
        self._transport = transport
        self._named = named
        self._configurations: dict[str, Configuration] = {}
        self._configuring = threading.Lock()
        self._confidential = Redactor()
        self._know_key(configuration)
        self._making = threading.Lock()
        self._accounts: dict[Location, Account] = {}
        self._locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._locating = threading.Lock()
        self._reading_state = threading.Lock()
        self._state: StackState | None = None
        self._stateless_identity: str | None = None
        self._glance: StackState | None = None
        self._glancing: threading.Thread | None = None
        self._settled = False
        self._managed: ObjectOwners | None = None
        self.made: set[str] = set()
        self.updates = False
        self.checked = False
        self.clearing_up = threading.Lock()
        self.cleared_up = False
        self.refused: set[str] = set()
        self.said: dict[str, frozenset[tuple[str, str, str]]] = {}
        self.seen = CertificateCache()
        self.adopting: dict[str, str] = {}
        self.attached: dict[str, str] = {}

    def account(self, scope: Location | None) -> Account:
        """What speaks to a project and region, made at the first request; threads share it, and its polls.

        Args:
            scope: the project and region; None for the configured ones.

        Raises:
            ConfigurationError: the key, the project or the region is missing.
        """
        # A preview asks for nothing, and needs no HTTP client.
        from gcore_tls_provider.api.client import Client
        from gcore_tls_provider.api.tasks import Tasks

        named = scope.provider_config if scope else None
        connection = self.configuration_of(named).connection(scope)
        scope = Location(connection.project_id, connection.region_id, named)
        with self._making:
            if scope not in self._accounts:
                client = Client(
                    connection, clock=self.clock, transport=self._transport, confidential=self._confidential
                )
                self._accounts[scope] = Account(client, Tasks(client))
            return self._accounts[scope]

    def configuration_of(self, connection: str | None) -> Configuration:
        """The configuration of a connection, read once.

        Args:
            connection: the namespace; None for the one that holds where none is named.

        Raises:
            ConfigurationError: a value is there and can't be used.
        """
        if connection in (None, NAMESPACE):
            return self.configuration
        with self._configuring:
            if connection not in self._configurations:
                configuration = self._named(str(connection))
                self._know_key(configuration)
                self._configurations[str(connection)] = configuration
            return self._configurations[str(connection)]

    def _know_key(self, configuration: Configuration) -> None:
        # No account's errors may show another one's key.
        if configuration.api_key is not None:
            self._confidential.add([configuration.api_key.get_secret_value()])

    @contextmanager
    def load_balancer_lock(self, load_balancer_id: str, waiting: Callable[[], None]) -> Iterator[None]:
        """Holds one load balancer for this thread: any write to it or below it locks the whole of it at Gcore.

        Args:
            load_balancer_id: the load balancer.
            waiting: is called now and then while another thread has it.
        """
        with self._locating:
            lock = self._locks[load_balancer_id]
        while not lock.acquire(timeout=_TURN_PAUSE):
            waiting()
        try:
            yield
        finally:
            lock.release()

    def stack_state(self, stack: str, urn: str, attempt: str) -> StackState | None:
        """The stack's state, read once; None where it can't be read.

        Args:
            stack: the stack's name.
            urn: the resource that is being made.
            attempt: which making of it; a state that counts shows it as under way.
        """
        with self._reading_state:
            if self._state is None and self._stateless_identity is None:
                self._state = self._read_state(stack, urn, attempt)
                if self._state is None:
                    self._stateless_identity = secrets.token_hex(16)
                    self.engine.warn(
                        urn,
                        "The stack's state can't be read (`pulumi stack export`), so the objects of this run get "
                        "random names: if the run dies, the next one can't recognise what it left.",
                    )
            return self._state

    def begin_glance(self, stack: str, *, settled: bool = False) -> None:
        """Begins to read the stack's state, which takes a while, on a thread of its own; only the first time.

        Args:
            stack: the stack's name.
            settled: nothing of the run before is under way, as is known already: the state needn't be read.
        """
        with self._making:
            self._settled |= settled
            if self._glancing is None and not self._settled:
                self._glancing = threading.Thread(target=self._glance_at, args=(stack,), name="state", daemon=True)
                self._glancing.start()

    def glance(self, stack: str) -> StackState | None:
        """The stack's state as it was when it was first read, or an empty one where nothing is under way.

        None where it can't be read.

        What it shows as under way may be work of this very run: the object of a making is in `made` then.

        Args:
            stack: the stack's name.
        """
        self.begin_glance(stack)
        if self._glancing is None:
            return StackState.nothing()
        self._glancing.join()
        return self._glance

    def _glance_at(self, stack: str) -> None:
        for again in range(_GLANCES):
            if again:
                self.clock.sleep(_EXPORT_PAUSE)
            exported = self.engine.exported_stack(stack)
            self._glance = parse_export(exported) if exported is not None else None
            if exported is None or self._glance is not None:
                return

    def managed(self, stack: str) -> ObjectOwners | None:
        """Which resources of the stack manage which objects, as it was when it was first asked for.

        Args:
            stack: the stack's name.

        Returns:
            None where the state can't be read.
        """
        with self._reading_state:
            for attempt in range(_EXPORT_ATTEMPTS):
                if self._managed is not None:
                    break
                if attempt:
                    self.clock.sleep(_EXPORT_PAUSE * attempt)
                exported = self.engine.exported_stack(stack)
                self._managed = parse_managed(exported) if exported is not None else None
            return self._managed

    def _read_state(self, stack: str, urn: str, attempt: str) -> StackState | None:
        for again in range(_EXPORT_ATTEMPTS):
            if again:
                self.clock.sleep(_EXPORT_PAUSE * again)
            exported = self.engine.exported_stack(stack)
            state = parse_export(exported) if exported is not None else None
            if state is not None and state.identity and state.under_way(urn, attempt) is not None:
                return state
        return None

    @property
    def stateless_identity(self) -> str:
        """Random text in place of the stack's identity, for this process only: its state can't be read."""
        return self._stateless_identity or ""
