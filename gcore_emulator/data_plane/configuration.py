"""HAProxy's configuration of one load balancer: a pure function of the stored objects.

The lines and their order are those of Octavia's templates (`octavia/common/jinja/haproxy/combined_listeners`). Three
consequences surprise users:

1. A TLS server line has `sni ssl_fc_sni`: with a CA, the backend's certificate must contain the name that the client
   requested from the load balancer.
2. A health monitor of type HTTPS adds `check-ssl verify none`, and a server has one `verify`: without a CRL, which adds
   `verify required`, HAProxy does not verify backends at all.
3. With `addr` or `port`, a check does not use TLS, unless the monitor has type HTTPS.

Differences from Octavia, because this is one process on a user's machine: no `daemon` and `user`, no global `maxconn`
(it needs more file descriptors than a user has), 127.0.0.1 and a free port instead of the VIP, a log format with the
reason of a failed TLS handshake, no peers. Differences because Gcore's API has fewer or other fields:

- Octavia's `tls_enabled` is derived: it is true for a pool with one of the three secrets, and for an HTTPS pool behind
  a listener that uses HTTP. Behind another listener, an HTTPS pool passes the clients' bytes through.
- A backend has the mode of its listener, except for an HTTP pool behind a TCP listener: HAProxy rejects a `tcp`
  backend of an `http` frontend.
- Timeouts come from the listener, and those that it does not set from the pool.
- `allowed_cidrs` are rules of a firewall in Octavia, which drops packets from other networks; here HAProxy closes the
  connection.
- Octavia has no `user_list`. Passwords are hashes of crypt(3); a user whose hash HAProxy cannot read cannot log in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePath

from gcore_emulator.account import EmulatedAccount, Listener, LoadBalancer, Pool
from gcore_emulator.behavior import Behavior
from gcore_emulator.data_plane.checks import PING_SCRIPT, check_lines
from gcore_emulator.data_plane.escaping import escape_haproxy_arg
from gcore_emulator.data_plane.identity_pem import UnreadableSecret, identity_pem
from gcore_emulator.data_plane.servers import PoolFiles, server_line
from gcore_emulator.data_plane.tls import CIPHERS, LISTENER_ALPN, OLD_VERSIONS_OFF

HOST = "127.0.0.1"
"""Address on which all load balancers listen."""

TIMEOUT_CLIENT, TIMEOUT_CONNECT, TIMEOUT_SERVER = 50_000, 5_000, 50_000
"""Octavia's defaults, in milliseconds."""

IDLE_SECONDS = 5
"""Idle timeout of a client's connection if `idle-close` is `on-response`."""

_STICK_SIZE = "10k"
_BALANCE = {"ROUND_ROBIN": "roundrobin", "LEAST_CONNECTIONS": "leastconn", "SOURCE_IP": "source"}
_MODES = {"HTTP": "http", "TERMINATED_HTTPS": "http", "PROMETHEUS": "http", "HTTPS": "tcp", "TCP": "tcp"}
_PROXIED = ("PROXY", "PROXYV2")
_LOG_FORMAT = {
    "http": '"%ci %ST %tsc %Tt %rc %s %[bc_err_str] %[ssl_bc_err_str] %{+Q}r"',
    "tcp": '"%ci - %tsc %Tt %rc %s %[bc_err_str] %[ssl_bc_err_str] -"',
}


@dataclass(frozen=True)
class Configuration:
    """Configuration of one HAProxy.

    Attributes:
        text: Configuration file.
        files: Content of the files that it names, by name in the private folder, private keys included. A name is
            derived from the content (SHA-256), so no file ever changes.
        listener_ids: IDs of the listeners that it serves. If empty, there is nothing to run.
        unserved: Reason for each listener that cannot be served because a secret is missing or unreadable, by ID.
    """

    text: str
    files: Mapping[str, bytes] = field(repr=False)
    listener_ids: tuple[str, ...]
    unserved: Mapping[str, str]


def configuration(
    balancer: LoadBalancer, account: EmulatedAccount, ports: Mapping[str, int], behavior: Behavior, folder: PurePath
) -> Configuration:
    """Return the configuration of a load balancer.

    Args:
        balancer: Load balancer.
        account: Account with its listeners, pools and secrets.
        ports: Local port of each of its listeners, by the listener's ID.
        behavior: Behavior options, of which `pool-alpn` and `idle-close` matter.
        folder: Absolute path of the private folder, without blanks.
    """
    return _Renderer(account, ports, behavior, folder).render(balancer)


def served_listeners(listeners: Iterable[Listener]) -> list[Listener]:
    """Return the listeners that HAProxy can serve: all except UDP."""
    return [listener for listener in listeners if listener.protocol in _MODES]


class _Renderer:
    def __init__(
        self, account: EmulatedAccount, ports: Mapping[str, int], behavior: Behavior, folder: PurePath
    ) -> None:
        self._account = account
        self._ports = ports
        self._behavior = behavior
        self._folder = folder
        self._files: dict[str, bytes] = {}
        self._pings = False

    def render(self, balancer: LoadBalancer) -> Configuration:
        sections: dict[str, list[str]] = {}
        unserved: dict[str, str] = {}
        listeners = served_listeners(self._account.listeners_of(balancer.id)) if balancer.admin_state_up else []
        for listener in listeners:
            if not listener.admin_state_up:
                continue
            files = dict(self._files)
            try:
                sections[listener.id] = self._listener(listener)
            except UnreadableSecret as error:
                self._files = files
                unserved[listener.id] = str(error)
        lines = [*self._global(balancer), *(line for section in sections.values() for line in section)]
        return Configuration("\n".join([*lines, ""]), self._files, tuple(sections), unserved)

    def _global(self, balancer: LoadBalancer) -> Iterator[str]:
        yield f"# Configuration for loadbalancer {balancer.id}"
        yield "global"
        yield "    log stdout format raw local0"
        yield f"    stats socket {self._folder}/s mode 0600 level user"
        yield f"    server-state-file {self._folder}/state"
        yield "    nbthread 1"
        # If HAProxy adapts itself to a limit of file descriptors, it does not count the pipes of the splice options.
        yield "    no strict-limits"
        if self._pings:
            yield "    external-check"
            yield "    insecure-fork-wanted"
        yield ""
        yield "defaults"
        yield "    log global"
        yield "    retries 3"
        yield "    option redispatch"
        yield "    option splice-request"
        yield "    option splice-response"
        yield "    option http-keep-alive"

    def _listener(self, listener: Listener) -> list[str]:
        mode = _MODES[listener.protocol]
        pools = [pool for pool in self._account.pools_behind(listener.id) if pool.admin_state_up]
        users = _users(listener) if mode == "http" else []
        lines = [*users, "", f"frontend {listener.id}", f"    maxconn {listener.connection_limit}"]
        if listener.protocol == "TERMINATED_HTTPS":
            lines.append("    redirect scheme https if !{ ssl_fc }")
        lines.append(self._bind(listener))
        lines.append(f"    mode {mode}")
        lines += _admission(listener, mode)
        lines += [f"    default_backend {pool.id}:{listener.id}" for pool in pools]
        lines.append(f"    timeout client {_timeout('timeout_client_data', TIMEOUT_CLIENT, listener, pools)}")
        if listener.protocol == "PROMETHEUS":
            lines.append("    http-request use-service prometheus-exporter if { path /metrics }")
            lines.append("    http-request reject")
        if mode == "http" and self._behavior.idle_close == "on-response":
            lines.append("    option idle-close-on-response")
            lines.append(f"    timeout http-keep-alive {IDLE_SECONDS}s")
        lines.append(f"    log-format {_LOG_FORMAT[mode]}")
        for pool in pools:
            lines += ["", *self._pool(listener, pool, mode)]
        return lines

    def _bind(self, listener: Listener) -> str:
        bind = f"    bind {HOST}:{self._ports[listener.id]}"
        secret_ids = [*([listener.secret_id] if listener.secret_id else []), *listener.sni_secret_ids]
        if not secret_ids:
            return bind
        paths = [self._identity(secret_id) for secret_id in secret_ids]
        crt_list = self._file("".join(f"{path}\n" for path in paths).encode(), "list")
        return f"{bind} ssl crt-list {crt_list} ciphers {CIPHERS} {OLD_VERSIONS_OFF} alpn {LISTENER_ALPN}"

    def _pool(self, listener: Listener, pool: Pool, listener_mode: str) -> Iterator[str]:
        mode = "http" if pool.protocol == "HTTP" else listener_mode
        plain_http = mode == "http" and pool.protocol not in _PROXIED
        monitor = pool.health_monitor if pool.health_monitor and pool.health_monitor.admin_state_up else None
        yield f"backend {pool.id}:{listener.id}"
        yield f"    mode {mode}"
        if mode == "http":
            yield "    http-reuse safe"
        yield f"    balance {_BALANCE[pool.lb_algorithm]}"
        yield from _persistence(pool)
        if monitor is not None:
            self._pings |= monitor.type == "PING"
            yield "    load-server-state-from-file global"
            ping = self._file(PING_SCRIPT, "sh") if monitor.type == "PING" else None
            yield from check_lines(monitor, ping)
        if listener.insert_x_forwarded and plain_http:
            yield "    option forwardfor"
            # Octavia writes %[dst_port]: on a real load balancer this is the listener's port, here a free local port.
            yield f"    http-request set-header X-Forwarded-Port {listener.protocol_port}"
        if listener.insert_x_forwarded and mode == "http" and listener_mode == "http":
            scheme = "https" if listener.protocol == "TERMINATED_HTTPS" else "http"
            yield f"    http-request set-header X-Forwarded-Proto {scheme}"
        yield f"    fullconn {listener.connection_limit}"
        yield "    option allbackups"
        yield f"    timeout connect {_timeout('timeout_member_connect', TIMEOUT_CONNECT, listener, [pool])}"
        yield f"    timeout server {_timeout('timeout_member_data', TIMEOUT_SERVER, listener, [pool])}"
        files = self._pool_files(pool) if _speaks_tls(pool, listener_mode) else None
        under_tls = listener.protocol in ("TERMINATED_HTTPS", "PROMETHEUS")
        for member in pool.members:
            yield "    " + server_line(
                pool, member, files, monitor=monitor, under_tls=under_tls, alpn=self._behavior.pool_alpn
            )

    def _pool_files(self, pool: Pool) -> PoolFiles:
        return PoolFiles(
            client_certificate=pool.secret_id and self._identity(pool.secret_id),
            ca=pool.ca_secret_id and self._raw(pool.ca_secret_id),
            crl=pool.crl_secret_id and self._raw(pool.crl_secret_id),
        )

    def _identity(self, secret_id: str) -> str:
        return self._file(identity_pem(self._blob(secret_id)), "pem")

    def _raw(self, secret_id: str) -> str:
        return self._file(self._blob(secret_id), "pem")

    def _blob(self, secret_id: str) -> bytes:
        secret = self._account.secrets.get(secret_id)
        if secret is None:
            raise UnreadableSecret(f"secret {secret_id} does not exist")
        return secret.payload

    def _file(self, content: bytes, ending: str) -> str:
        name = f"{sha256(content).hexdigest()}.{ending}"
        self._files[name] = content
        return f"{self._folder}/{name}"


def _users(listener: Listener) -> list[str]:
    """Return a user list with the listener's name, if it has users."""
    users = [
        f"    user {escape_haproxy_arg(user.username)} password {escape_haproxy_arg(user.encrypted_password)}"
        for user in listener.user_list
    ]
    return ["", f"userlist {listener.id}", *users] if users else []


def _admission(listener: Listener, mode: str) -> Iterator[str]:
    """Yield the access rules: allowed networks, and user names with passwords."""
    # One line for each network, because HAProxy accepts at most 64 words in a line.
    yield from (f"    acl allowed src {network}" for network in listener.allowed_cidrs or ())
    if listener.allowed_cidrs:
        yield "    tcp-request connection reject unless allowed"
    if listener.user_list and mode == "http":
        yield f"    http-request auth unless {{ http_auth({listener.id}) }}"


def _speaks_tls(pool: Pool, listener_mode: str) -> bool:
    return any(pool.secret_ids) or (pool.protocol == "HTTPS" and listener_mode == "http")


def _persistence(pool: Pool) -> Iterator[str]:
    persistence = pool.session_persistence
    if persistence is None:
        return
    if persistence.type == "SOURCE_IP":
        yield f"    stick-table type ipv6 size {_STICK_SIZE}"
        yield "    stick on src"
    elif persistence.type == "APP_COOKIE":
        cookie = escape_haproxy_arg(persistence.cookie_name or "")
        yield f"    stick-table type string len 64 size {_STICK_SIZE}"
        yield f"    stick store-response res.cook({cookie})"
        yield f"    stick match req.cook({cookie})"
    else:
        yield "    cookie SRV insert indirect nocache"


def _timeout(name: str, default: int, listener: Listener, pools: Iterable[Pool]) -> int:
    """Return a timeout in milliseconds. As in Octavia, 0 selects the default instead of no timeout."""
    values = [value for value in (getattr(owner, name) for owner in (listener, *pools)) if value]
    return values[0] if values else default
