"""Real HTTPS requests through the load balancer: those that go through, and those that must be refused."""

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
from bootstrap.reporting import ScriptError, say
from bootstrap.system_packages import HAPROXY, ensure_program
from demonstration import backends
from demonstration.backends import ADDRESSES, Answer, Backends
from demonstration.background import becomes
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
class Refusal:
    """A request that must be refused.

    Attributes:
        what: What is wrong, in a few words.
        by: Who refuses.
        statuses: What a client may be answered. 503: the load balancer found no backend that it trusts. The other
            three are a backend's refusal: nginx says 400, and where the handshake ends otherwise, 502 or 503 follows.
        reasons: What the reason given may be, in OpenSSL's words.
    """

    what: str
    by: str
    statuses: Sequence[int]
    reasons: Sequence[str]


REFUSALS: Mapping[BackendKind, Refusal] = {
    BackendKind.of_other_ca: Refusal(
        "the backend's certificate is of another CA", LOAD_BALANCER, (503,), ("unknown ca",)
    ),
    BackendKind.revoked: Refusal(
        "the backend's certificate is revoked", LOAD_BALANCER, (503,), ("certificate revoked",)
    ),
    BackendKind.expired: Refusal(
        "the backend's certificate has expired", LOAD_BALANCER, (503,), ("certificate expired",)
    ),
    BackendKind.trusting_other_ca: Refusal(
        "the backend doesn't know the client certificate's CA",
        BACKEND,
        (400, 502, 503),
        ("unable to verify the first certificate", "unable to get local issuer certificate"),
    ),
}


@dataclass(frozen=True)
class Seen:
    """Response as a client received it.

    Attributes:
        status: The HTTP status.
        subject: The subject of the listener certificate. The client verified names, dates and issuer.
        body: The response's text.
    """

    status: int
    subject: str
    body: str


@dataclass(frozen=True)
class Traffic:
    """The way through a load balancer.

    Attributes:
        emulator: Whose load balancer it is.
        outputs: What the stack says of it.
        backends: Its backends.
        ca: The CA that clients trust, PEM.
    """

    emulator: Emulator
    outputs: Outputs
    backends: Backends
    ca: Path

    def show(self) -> None:
        """Create all requests and print what both sides saw. The good backends run at the end.

        Raises:
            ScriptError: Something is answered otherwise than it must be.
        """
        endpoint = self.emulator.endpoint(self.outputs.listener_id)
        if endpoint is None:
            say("      nothing carries the listener: no traffic")
            return
        if not self._backends_are_members():
            say(f"      none of the demo's backends ({', '.join(ADDRESSES)}) is a member: no traffic")
            return
        program = self.backends.ensure(BackendKind.good).program
        self._await_members()
        say(f"      clients connect to port {endpoint[1]} of {endpoint[0]}; the backends are {program} on port 8443")
        say("")
        say("\n".join(table(self._accepted(endpoint))))
        say("")
        try:
            say("\n".join(table(self._refused(endpoint))))
        finally:
            self.backends.ensure(BackendKind.good)

    def _accepted(self, endpoint: tuple[str, int]) -> list[Sequence[str]]:
        rows: list[Sequence[str]] = [
            ("asked for", "answer", "certificate that the client saw", "by", "certificate that the backend saw")
        ]
        for name in (SERVER_NAME, SNI_NAME):
            seen = self._ask(endpoint, name)
            try:
                said = Answer.model_validate_json(seen.body)
            except ValidationError:
                raise _unexpected(f"a request for {name}", seen.status, "200") from None
            rows.append((name, str(seen.status), seen.subject, said.backend, said.client))
        return rows

    def _refused(self, endpoint: tuple[str, int]) -> list[Sequence[str]]:
        rows: list[Sequence[str]] = [("what is wrong", "answer", "refused by", "because")]
        for kind, refusal in REFUSALS.items():
            self.backends.ensure(kind)
            seen = self._ask(endpoint, SERVER_NAME)
            if seen.status not in refusal.statuses:
                expected = " or ".join(map(str, refusal.statuses))
                raise _unexpected(f"a request while {refusal.what}", seen.status, expected)

            reason = _reason(refusal.by)
            if reason not in refusal.reasons:
                raise ScriptError(
                    f"a request while {refusal.what} was answered with {seen.status}, and for another reason: "
                    f"{reason or 'none was given'}. HAProxy's lines are at the end of {LOG_FILE}."
                )
            rows.append((refusal.what, str(seen.status), refusal.by, reason))
        return rows

    def _ask(self, endpoint: tuple[str, int], name: str) -> Seen:
        """Asks for a name on a connection of its own, as a browser would: by SNI, and the certificate must fit."""
        context = ssl.create_default_context(cafile=str(self.ca))
        try:
            with (
                socket.create_connection(endpoint, REQUEST_SECONDS) as plain,
                context.wrap_socket(plain, server_hostname=name) as connection,
            ):
                client = http.client.HTTPConnection(name)
                client.sock = connection
                client.request("GET", "/")
                answer = client.getresponse()
                return Seen(answer.status, _subject(connection), answer.read().decode(errors="replace"))
        except (OSError, http.client.HTTPException) as error:
            raise ScriptError(
                f"a request for {name} failed: {error}. HAProxy's lines are at the end of {LOG_FILE}."
            ) from error

    def _backends_are_members(self) -> bool:
        return any(address in ADDRESSES for address in self._members())

    def _await_members(self) -> None:
        """Wait until the health checks have found the backends: at once, unless they were away for a while."""

        def online() -> bool:
            statuses = self._members()
            return all(statuses[address] == "ONLINE" for address in ADDRESSES if address in statuses)

        if online():
            return
        say("      waiting until health checks have found the backends")
        if not becomes(online, seconds=ONLINE_SECONDS):
            raise ScriptError(
                f"the members are {self._members()} after {ONLINE_SECONDS} s. HAProxy's lines in {LOG_FILE} say why."
            )

    def _members(self) -> Mapping[str, str]:
        """Return the operating statuses of the pool's members, by address."""
        try:
            pool = self.emulator.client().cloud.load_balancers.pools.get(self.outputs.pool_id)
        except GcoreError as error:
            raise ScriptError(f"the pool can't be read: {error}") from error
        return {member.address: member.operating_status or "" for member in pool.members}

    def curl(self) -> str | None:
        """Return a command with which a user makes such a request; None if nothing carries the listener."""
        endpoint = self.emulator.endpoint(self.outputs.listener_id)
        if endpoint is None:
            return None
        host, port = endpoint
        target = f"--cacert {self.ca.relative_to(ROOT)} --connect-to ::{host}:{port}"
        return f"curl {target} https://{SERVER_NAME}"


def missing_for_traffic() -> str | None:
    """Sees to it that requests can be sent through the load balancer; returns why not, if that can't be."""
    try:
        say(f"      {ensure_program(HAPROXY)}")
    except ScriptError as error:
        say(f"      {error}")
        say("      going on without: the load balancer is made all the same, but carries no requests")
        return str(error).partition("\n")[0]
    if not backends.possible():
        reason = f"this system doesn't have {ADDRESSES[0]}, where the demo's backends listen on Linux."
        say(f"      {reason} Going on without: the load balancer is made all the same, but carries no requests")
        return reason
    return None


def _subject(connection: ssl.SSLSocket) -> str:
    der = connection.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(der).subject.rfc4514_string() if der else ""


def _reason(refused_by: str) -> str:
    """Why the running backends and the load balancer didn't come together: known a moment after the answer."""

    def reason() -> str:
        told, found = backends.reasons()
        return told if refused_by == LOAD_BALANCER else found

    becomes(lambda: bool(reason()), seconds=REASON_SECONDS)
    return reason()


def _unexpected(request: str, status: int, expected: str) -> ScriptError:
    return ScriptError(
        f"{request} was answered with {status} in place of {expected}. HAProxy's lines are at the end of {LOG_FILE}."
    )
