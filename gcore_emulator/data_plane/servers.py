"""Server line of a member. The order of its options matters: of two `verify`, HAProxy uses the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gcore_emulator.account import HealthMonitor, Member, Pool
from gcore_emulator.data_plane.tls import CIPHERS, OLD_VERSIONS_OFF, POOL_ALPN


@dataclass(frozen=True)
class PoolFiles:
    """Paths of a pool's TLS files (PEM). Each is None if the pool does not have it."""

    client_certificate: str | None
    ca: str | None
    crl: str | None


def server_line(
    pool: Pool,
    member: Member,
    files: PoolFiles | None,
    *,
    monitor: HealthMonitor | None,
    under_tls: bool,
    alpn: str,
) -> str:
    """Return the line of one member.

    Args:
        pool: Pool.
        member: Member of the pool.
        files: TLS files of the pool; None if it connects to its members in plaintext.
        monitor: Health monitor of the pool, if it is enabled.
        under_tls: Whether the listener terminates TLS.
        alpn: Value of the behavior option `pool-alpn`.
    """
    # As in Octavia, only pools with TLS have ciphers, versions and ALPN.
    offered = POOL_ALPN[alpn] if files is not None else None
    options = [f"server {member.id} {member.address}:{member.protocol_port} weight {member.weight}"]
    if monitor is not None:
        options += _check(monitor, member, offered)
    if pool.session_persistence is not None and pool.session_persistence.type == "HTTP_COOKIE":
        options.append(f"cookie {member.id}")
    if pool.protocol == "PROXY":
        options.append("send-proxy")
    elif pool.protocol == "PROXYV2":
        options.append("send-proxy-v2-ssl-cn" if under_tls else "send-proxy-v2")
    if member.backup:
        options.append("backup")
    if not member.admin_state_up:
        options.append("disabled")
    if files is not None:
        options += _tls(files)
        options += [f"alpn {offered}"] if offered else []
    return " ".join(options)


def _check(monitor: HealthMonitor, member: Member, alpn: str | None) -> Iterator[str]:
    yield "check"
    if monitor.type == "HTTPS":
        yield "check-ssl verify none"
    if alpn is not None:
        yield f"check-alpn {alpn}"
    yield f"inter {monitor.delay}s fall {monitor.max_retries_down} rise {monitor.max_retries}"
    if member.monitor_address is not None:
        # Octavia omits the brackets. HAProxy then rejects an IPv6 address, because its end can be read as a port.
        yield f"addr [{member.monitor_address}]" if ":" in member.monitor_address else f"addr {member.monitor_address}"
    if member.monitor_port is not None:
        yield f"port {member.monitor_port}"


def _tls(files: PoolFiles) -> Iterator[str]:
    yield "ssl"
    if files.client_certificate is not None:
        yield f"crt {files.client_certificate}"
    if files.ca is None:
        yield "verify none"
    else:
        yield f"ca-file {files.ca}"
        if files.crl is not None:
            yield f"crl-file {files.crl} verify required"
    yield f"sni ssl_fc_sni ciphers {CIPHERS} {OLD_VERSIONS_OFF}"
