"""HTTPS requests through the load balancer: requests that must succeed and requests that must fail."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from gcore import GcoreError
from pydantic import ValidationError

from bootstrap.places import ROOT
from bootstrap.reporting import ScriptError, print_line
from bootstrap.system_packages import HAPROXY, ensure_program
from demonstration import backends
from demonstration.backends import ADDRESSES, BackendResponse, Backends
from demonstration.background import wait_until
from demonstration.certificates import SERVER_NAME, SNI_NAME, BackendKind
from demonstration.emulator import LOG_FILE, Emulator
from demonstration.stack import Outputs
from demonstration.summary import table

REQUEST_SECONDS = 30
ONLINE_SECONDS = 90
"""Time limit for backends to become ONLINE again: three successful health checks, ten seconds apart, and a margin."""

REASON_SECONDS = 5

LOAD_BALANCER, BACKEND = "the load balancer", "the backend"


@dataclass(frozen=True)
class ExpectedRejection:
    """A request that the load balancer or the backend must reject.

    Attributes:
        defect: The defect, as a clause.
        by: The side that rejects.
        statuses: Allowed statuses of the response. 503: the load balancer has no backend that it trusts. When a
            backend rejects the client certificate, nginx responds with 400. If the backend ends the handshake, the
            load balancer responds with 502 or 503.
        reasons: Allowed reasons, as OpenSSL reports them.
    """

    defect: str
    by: str
    statuses: Sequence[int]
    reasons: Sequence[str]


REJECTIONS: Mapping[BackendKind, ExpectedRejection] = {
    BackendKind.of_other_ca: ExpectedRejection(
        "another CA issued the backend's certificate", LOAD_BALANCER, (503,), ("unknown ca",)
    ),
    BackendKind.revoked: ExpectedRejection(
        "the backend's certificate is revoked", LOAD_BALANCER, (503,), ("certificate revoked",)
    ),
    BackendKind.expired: ExpectedRejection(
        "the backend's certificate has expired", LOAD_BALANCER, (503,), ("certificate expired",)
    ),
    BackendKind.trusting_other_ca: ExpectedRejection(
        "the backend does not trust the client certificate's CA",
        BACKEND,
        (400, 502, 503),
        ("unable to verify the first certificate", "unable to get local issuer certificate"),
    ),
}


@dataclass(frozen=True)
class ClientResponse:
    """Response to a client.

    Attributes:
        status: HTTP status.
        subject: Subject of the listener certificate. The client verified names, dates and issuer.
        body: Text of the response.
    """

    status: int
    subject: str
    body: str


@dataclass(frozen=True)
class Traffic:
    """Requests through a load balancer.

    Attributes:
        emulator: Emulator of the load balancer.
        outputs: The stack's outputs.
        backends: Backends of the load balancer.
        ca: CA that clients trust, PEM.
    """

    emulator: Emulator
    outputs: Outputs
    backends: Backends
    ca: Path

    def show(self) -> None:
        """Send all requests and print the certificates that both sides received. Run the good backends at the end.

        Raises:
            ScriptError: A response is not as expected.
        """
        endpoint = self.emulator.endpoint(self.outputs.listener_id)
        if endpoint is None:
            print_line("      no HAProxy serves the listener: no requests")
            return
        if not self._backends_are_members():
            print_line(f"      none of the demo's backends ({', '.join(ADDRESSES)}) is a member: no requests")
            return
        program = self.backends.ensure(BackendKind.good).program
        self._await_members()
        print_line(f"      clients connect to port {endpoint[1]} of {endpoint[0]}; backends: {program} on port 8443")
        print_line("")
        print_line("\n".join(table(self._accepted_rows(endpoint))))
        print_line("")
        try:
            print_line("\n".join(table(self._rejected_rows(endpoint))))
        finally:
            self.backends.ensure(BackendKind.good)

    def _accepted_rows(self, endpoint: tuple[str, int]) -> list[Sequence[str]]:
        rows: list[Sequence[str]] = [("request for", "status", "server certificate", "backend", "client certificate")]
        for name in (SERVER_NAME, SNI_NAME):
            response = self._get(endpoint, name)
            try:
                details = BackendResponse.model_validate_json(response.body)
            except ValidationError:
                raise _unexpected_status(f"a request for {name}", response.status, "200") from None
            rows.append((name, str(response.status), response.subject, details.backend, details.client))
        return rows

    def _rejected_rows(self, endpoint: tuple[str, int]) -> list[Sequence[str]]:
        rows: list[Sequence[str]] = [("defect", "status", "rejected by", "reason")]
        for kind, rejection in REJECTIONS.items():
            self.backends.ensure(kind)
            response = self._get(endpoint, SERVER_NAME)
            if response.status not in rejection.statuses:
                expected = " or ".join(map(str, rejection.statuses))
                raise _unexpected_status(f"a request while {rejection.defect}", response.status, expected)

            reason = _reason(rejection.by)
            if reason not in rejection.reasons:
                raise ScriptError(
                    f"the response to a request while {rejection.defect} has the expected status {response.status}, "
                    f"but the log has another reason: {reason or 'none'}. See the end of {LOG_FILE}."
                )
            rows.append((rejection.defect, str(response.status), rejection.by, reason))
        return rows

    def _get(self, endpoint: tuple[str, int], name: str) -> ClientResponse:
        """Request a name on a new connection with SNI, and verify the certificate, as a browser does."""
        context = ssl.create_default_context(cafile=str(self.ca))
        try:
            with (
                socket.create_connection(endpoint, REQUEST_SECONDS) as plain,
                context.wrap_socket(plain, server_hostname=name) as connection,
            ):
                client = http.client.HTTPConnection(name)
                client.sock = connection
                client.request("GET", "/")
                response = client.getresponse()
                return ClientResponse(response.status, _subject(connection), response.read().decode(errors="replace"))
        except (OSError, http.client.HTTPException) as error:
            raise ScriptError(
                f"a request for {name} failed: {error}. See HAProxy's lines at the end of {LOG_FILE}."
            ) from error

    def _backends_are_members(self) -> bool:
        return any(address in ADDRESSES for address in self._members())

    def _await_members(self) -> None:
        """Wait until the health checks report all backends as ONLINE."""

        def online() -> bool:
            statuses = self._members()
            return all(statuses[address] == "ONLINE" for address in ADDRESSES if address in statuses)

        if online():
            return
        print_line("      waiting until health checks report the backends as ONLINE")
        if not wait_until(online, seconds=ONLINE_SECONDS):
            raise ScriptError(
                f"not all members are ONLINE after {ONLINE_SECONDS} s: {self._members()}. "
                f"See HAProxy's lines in {LOG_FILE}."
            )

    def _members(self) -> Mapping[str, str]:
        """Return the operating statuses of the pool's members, by address."""
        try:
            pool = self.emulator.client().cloud.load_balancers.pools.get(self.outputs.pool_id)
        except GcoreError as error:
            raise ScriptError(f"the pool could not be read: {error}. Run this again.") from error
        return {member.address: member.operating_status or "" for member in pool.members}

    def curl(self) -> str | None:
        """Return a command that sends such a request, or None if no HAProxy serves the listener."""
        endpoint = self.emulator.endpoint(self.outputs.listener_id)
        if endpoint is None:
            return None
        host, port = endpoint
        target = f"--cacert {self.ca.relative_to(ROOT)} --connect-to ::{host}:{port}"
        return f"curl {target} https://{SERVER_NAME}"


def prepare_traffic() -> str | None:
    """Install HAProxy if it is missing. Return None if requests are possible, otherwise the reason why not."""
    try:
        print_line(f"      {ensure_program(HAPROXY)}")
    except ScriptError as error:
        print_line(f"      {error}")
        print_line("      continuing: the demo creates the load balancer, but cannot send requests through it")
        return str(error).partition("\n")[0]
    if not backends.addresses_exist():
        reason = f"this system has no address {ADDRESSES[0]}, on which the demo's backends listen on Linux."
        print_line(
            f"      {reason} Continuing: the demo creates the load balancer, but cannot send requests through it"
        )
        return reason
    return None


def _subject(connection: ssl.SSLSocket) -> str:
    der = connection.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(der).subject.rfc4514_string() if der else ""


def _reason(rejected_by: str) -> str:
    """Return the reason of a failed handshake. The backends log it a moment after the response."""

    def reason() -> str:
        alert, error = backends.handshake_errors()
        return alert if rejected_by == LOAD_BALANCER else error

    wait_until(lambda: bool(reason()), seconds=REASON_SECONDS)
    return reason()


def _unexpected_status(request: str, status: int, expected: str) -> ScriptError:
    return ScriptError(
        f"the response to {request} has the status {status} instead of {expected}. "
        f"See HAProxy's lines at the end of {LOG_FILE}."
    )
