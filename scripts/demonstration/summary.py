"""Summary of the deployment: the graph of objects from the API, and facts about the certificates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from gcore import Gcore, GcoreError
from gcore.resources.cloud import CloudResource

from bootstrap.reporting import ScriptError
from demonstration.stack import Outputs


def graph_lines(client: Gcore, outputs: Outputs) -> list[str]:
    """Return lines about the load balancer and its objects, read from the API.

    Args:
        client: Gcore's SDK.
        outputs: The stack's outputs, with the IDs of the objects.

    Raises:
        ScriptError: The API reports an error.
    """
    try:
        return table(_graph_rows(client.cloud, outputs))
    except GcoreError as error:
        raise ScriptError(
            f"the objects of the stack could not be read: {error}. If you deleted an object by hand, run "
            '`eval "$(scripts/env)"` and `pulumi up --refresh`.'
        ) from error


def _graph_rows(cloud: CloudResource, outputs: Outputs) -> list[tuple[str, str, str]]:
    balancer = cloud.load_balancers.get(outputs.load_balancer_id)
    listener = cloud.load_balancers.listeners.get(outputs.listener_id)
    pool = cloud.load_balancers.pools.get(outputs.pool_id)

    def secret(role: str, secret_id: str | None) -> tuple[str, str, str]:
        return (role, cloud.secrets.get(secret_id).name if secret_id else "none", secret_id or "")

    rows = [
        ("load balancer", f"{balancer.name}: {balancer.provisioning_status}, VIP {balancer.vip_address}", balancer.id),
        (
            "  listener",
            f"{listener.name}: {listener.provisioning_status}, {listener.protocol} on {listener.protocol_port}",
            listener.id,
        ),
        secret("    certificate", listener.secret_id),
        *(secret("    SNI certificate", secret_id) for secret_id in listener.sni_secret_id or []),
        (
            "    pool",
            f"{pool.name}: {pool.provisioning_status}, {pool.protocol}, {pool.lb_algorithm}",
            pool.id,
        ),
        secret("      client certificate", pool.secret_id),
        secret("      CA", pool.ca_secret_id),
        secret("      CRL", pool.crl_secret_id),
    ]
    if pool.healthmonitor:
        monitor = pool.healthmonitor
        rows.append(("      health monitor", f"{monitor.type} every {monitor.delay} s", monitor.id))
    rows += [("      member", f"{member.address}:{member.protocol_port}", member.id) for member in pool.members]
    return rows


def certificate_lines(outputs: Outputs, now: datetime | None = None) -> list[str]:
    """Return a line for each certificate: its role, subject, remaining days and fingerprint, from the stack's outputs.

    Args:
        outputs: The stack's outputs.
        now: The start of the remaining days. The default is the current time.
    """
    moment = now or datetime.now(timezone.utc)
    rows = [("role", "subject", "days left", "SHA-256 fingerprint")]
    for role, certificate in outputs.certificates.items():
        end = certificate.not_after or certificate.next_update
        rows.append(
            (
                role,
                certificate.subject or f"CRL of {certificate.issuer}",
                str((end - moment).days) if end else "-",
                certificate.fingerprint_sha256,
            )
        )
    return table(rows)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "    " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
