"""Warnings that a run adds to a resource's diagnostics: events, which no check can find beforehand.

A finding has a code and is reported by a check (`certificates/findings`); a warning has none, and never stops a run.
"""

from __future__ import annotations

from typing import Final

from gcore_tls_provider.certificates.findings.table import Message

_CLEAR_PENDING: Final = "If Pulumi still reports pending operations, run `pulumi refresh --clear-pending-creates`."

UNHEALTHY: Final = Message(
    "Gcore reports {kind} '{name}' ({object_id}) as unhealthy: {problems}.",
    "An object in provisioning status ERROR cannot be changed, only deleted. Operating status ERROR means that health "
    "probes fail, or that everything below the object does: check the backends.",
)
TAKEN_OVER: Final = Message(
    "{kind} {object_id} was an orphan of an interrupted run and was taken over.", _CLEAR_PENDING
)
ORPHAN_DELETED: Final = Message(
    "{kind} {object_id} ('{name}') was an orphan of an interrupted run and was deleted.", _CLEAR_PENDING
)
ORPHAN_IN_USE: Final = Message(
    "{kind} {object_id} ('{name}') is an orphan of an interrupted run, but another object uses it now, so it stays.",
    "Delete it at Gcore if nothing needs it.",
)
ORPHANS_NOT_DELETED: Final = Message(
    "Orphans that an interrupted run has left of this {kind} could not be found or deleted: {reason}",
    "`gcore-tls orphans` lists them.",
)
STATE_UNREADABLE: Final = Message(
    "Cannot read the stack's state (`pulumi stack export`), so the objects of this run get random names: if this run "
    "is interrupted, the next run cannot recognize its objects.",
    "Make `pulumi stack export` work in the project's folder.",
)
PARTIAL_STATE_NOT_SAVED: Final = Message(
    "The stack's state cannot keep the partially applied object ({object_id}): this version of the Pulumi SDK is "
    "unknown.",
    "Run `gcore-tls orphans` to find it; after a failed update, `pulumi up --refresh` shows what was changed.",
)
TLS_PART_KEPT: Final = Message(
    "The previous TLS part of pool {pool_id} is unknown, so its TLS part stays as it is.",
    "Change it with the tool that manages the pool.",
)
TLS_VALUES_KEPT: Final = Message(
    "Another client has changed {names} of pool {pool_id} since TLS was added to it: these values stay.",
    "If they should not, change them with the tool that manages the pool.",
)
HEALTH_MONITOR_OFF: Final = Message(
    "Pool {pool_id} already speaks TLS, and its health monitor is off.",
    "If an earlier run was interrupted, it can have left it off; then switch it on.",
)

API_IN_PLAINTEXT: Final = Message(
    "`{namespace}:baseUrl` is plain HTTP to another machine, so the API key and private keys cross the network "
    "unencrypted.",
    "Use an https URL, and remove `{namespace}:allowPlaintext`.",
)
LOGS_CONTAIN_SECRETS: Final = Message(
    "This run uses {settings}, so Pulumi writes private keys and passwords unencrypted to its log.",
    "Run without that setting. Delete the log of this run, and replace the keys if anyone else could read it.",
)

WARNINGS: Final[tuple[Message, ...]] = (
    UNHEALTHY,
    TAKEN_OVER,
    ORPHAN_DELETED,
    ORPHAN_IN_USE,
    ORPHANS_NOT_DELETED,
    STATE_UNREADABLE,
    PARTIAL_STATE_NOT_SAVED,
    TLS_PART_KEPT,
    TLS_VALUES_KEPT,
    HEALTH_MONITOR_OFF,
    API_IN_PLAINTEXT,
    LOGS_CONTAIN_SECRETS,
)
"""All warnings, in the order of the documentation."""
