"""The provider process: one session, and what its handlers share beyond it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gcore_tls_provider.dynamic.diagnostics import Diagnostics
from gcore_tls_provider.errors import GcoreTlsError
from gcore_tls_provider.lifecycle.inputs.reference_cache import CertificateCache
from gcore_tls_provider.lifecycle.recovery.orphans import StackCleanup
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from gcore_tls_provider.lifecycle.run.warnings import API_IN_PLAINTEXT, LOGS_CONTAIN_SECRETS
from gcore_tls_provider.lifecycle.session import Session
from gcore_tls_provider.pulumi_internals.engine_client import EngineClient
from gcore_tls_provider.pulumi_internals.secret_logs import settings_that_log_secrets
from gcore_tls_provider.pulumi_internals.worker_threads import raise_max_workers

DEBUG: Final = "GCORE_TLS_DEBUG"
"""Environment variable: set to 1 for full tracebacks instead of one line."""

_STACK: Final = ""
"""URN of messages about the whole run."""


def is_debugging() -> bool:
    """Return whether the user wants full tracebacks."""
    return os.environ.get(DEBUG, "") not in ("", "0")


@dataclass
class ProviderProcess:
    """State of one provider process. Threads share it.

    Attributes:
        session: Clients, locks and the stack's state.
        diagnostics: Findings that were reported.
        certificates: Certificates that checks have published.
        cleanup: Removal of the stack's orphans, for a destroy.
        program_ran: A program has run: a destroy has none.
        is_update: The program runs in an update, not only in a preview.
    """

    session: Session
    diagnostics: Diagnostics
    certificates: CertificateCache = field(default_factory=CertificateCache)
    cleanup: StackCleanup = field(default_factory=StackCleanup)
    program_ran: bool = False
    is_update: bool = False

    @classmethod
    def of(cls, session: Session) -> ProviderProcess:
        """Return the state around a session."""
        return cls(session, Diagnostics(session.engine))

    def warn_about_plaintext(self) -> None:
        """Warn about every provider config that sends secrets unencrypted, once per run."""
        for namespace in self.session.accounts.plaintext_namespaces():
            self.session.engine.warn(_STACK, " ".join(API_IN_PLAINTEXT.fill(namespace=namespace)))

    def warn_about_logs(self) -> None:
        """Warn if Pulumi writes secrets to its own logs in this run."""
        settings = settings_that_log_secrets(os.environ)
        if settings:
            self.session.engine.warn(_STACK, " ".join(LOGS_CONTAIN_SECRETS.fill(settings=" with ".join(settings))))


_process: ProviderProcess | None = None
_starting = threading.Lock()


def start(configured: Callable[[str], str | None]) -> ProviderProcess:
    """Return the state of this process, created at the first call: all resources share its clients and locks.

    Args:
        configured: Return the value of a full configuration key such as `gcore:apiKey`, or None.
    """
    global _process
    with _starting:
        if _process is None:
            engine = EngineClient.of_this_process()
            session = Session.start(
                Configuration.read(configured, os.environ),
                engine,
                read_configuration=lambda namespace: Configuration.read(configured, {}, namespace),
            )
            _process = ProviderProcess.of(session)
            engine.exit_with_engine()
            _process.warn_about_logs()
        return _process


def is_started() -> bool:
    """Return whether this process was configured."""
    return _process is not None


def current() -> ProviderProcess:
    """Return the state of this process, and let it handle as many resources at once as configured.

    Raises:
        GcoreTlsError: The provider was not configured.
    """
    if _process is None:
        raise GcoreTlsError(
            "The provider was called before it was configured. This is a bug in gcore-tls-provider; please report it."
        )
    raise_max_workers(_process.session.configuration.parallel)
    return _process
