"""API clients: one per provider config, project and region, created at the first request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gcore_tls_provider.api.clock import Clock
from gcore_tls_provider.api.connection import NAMESPACE, Location
from gcore_tls_provider.api.redaction import Redactor
from gcore_tls_provider.lifecycle.run.configuration import Configuration

if TYPE_CHECKING:
    import httpx

    from gcore_tls_provider.api.client import Client
    from gcore_tls_provider.api.tasks import Tasks


@dataclass(frozen=True)
class Account:
    """Client and task waiter of one project and region.

    Attributes:
        client: Client that sends requests.
        tasks: Waiter for tasks, shared by all threads.
    """

    client: Client
    tasks: Tasks


def default_only(namespace: str) -> Configuration:
    """Return an empty configuration, for processes that know no other namespace than `gcore`."""
    return Configuration(namespace=namespace)


class Accounts:
    """Configurations by namespace, and clients by location. Threads share it.

    Args:
        configuration: Configuration of the namespace `gcore`.
        clock: Source of time.
        transport: HTTP transport; None for the network.
        read_configuration: Read the configuration of another namespace; raise `ConfigurationError` if unusable.
    """

    def __init__(
        self,
        configuration: Configuration,
        clock: Clock,
        transport: httpx.BaseTransport | None,
        read_configuration: Callable[[str], Configuration],
    ) -> None:
        """Open no connection."""
        self._clock = clock
        self._transport = transport
        self._read_configuration = read_configuration
        self._redactor = Redactor()
        self._lock = threading.Lock()
        self._configurations = {NAMESPACE: self._redacted(configuration)}
        self._accounts: dict[Location, Account] = {}

    def configuration_of(self, provider_config: str | None) -> Configuration:
        """Return the configuration of a namespace, read once.

        Args:
            provider_config: Namespace; None for `gcore`.

        Raises:
            ConfigurationError: A value is present and unusable.
        """
        namespace = provider_config or NAMESPACE
        with self._lock:
            if namespace not in self._configurations:
                self._configurations[namespace] = self._redacted(self._read_configuration(namespace))
            return self._configurations[namespace]

    def plaintext_namespaces(self) -> tuple[str, ...]:
        """Return the namespaces, of those read so far, whose requests cross a network unencrypted."""
        with self._lock:
            return tuple(name for name, each in self._configurations.items() if each.is_plaintext)

    def at(self, location: Location | None) -> Account:
        """Return the client and the task waiter of a location, created once.

        Args:
            location: Project, region and provider config; None for the configured ones.

        Raises:
            ConfigurationError: The API key, the project or the region is missing.
        """
        # Imported late: a preview sends no request and loads no HTTP client.
        from gcore_tls_provider.api.client import Client
        from gcore_tls_provider.api.tasks import Tasks

        provider_config = location.provider_config if location else None
        connection = self.configuration_of(provider_config).connection(location)
        key = Location(connection.project_id, connection.region_id, provider_config)
        with self._lock:
            if key not in self._accounts:
                client = Client(connection, clock=self._clock, transport=self._transport, redactor=self._redactor)
                self._accounts[key] = Account(client, Tasks(client))
            return self._accounts[key]

    def _redacted(self, configuration: Configuration) -> Configuration:
        """Register the API key, so that no account's errors show another account's key."""
        if configuration.api_key is not None:
            self._redactor.add([configuration.api_key.get_secret_value()])
        return configuration
