"""Behavior options of the emulator, and the reasons why a probe cannot find out some of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

BEHAVIOR_OPTIONS: Final[Mapping[str, str]] = {
    "pool-routes": "Which routes create and update pools?",
    "v2-secret-payload": "Which payload does POST v2 secrets accept?",
    "v1-secrets": "Does POST v1 secrets accept a CA and a CRL?",
    "unknown-route": "What is the response to an unknown route?",
    "pem-client-secret": "Can a pool's client certificate be PEM?",
    "secret-in-use": "What is the response to deleting a secret in use?",
    "secret-users": "Which objects count as users of a secret?",
    "locked-load-balancer": "What happens to a write to a locked load balancer?",
    "rate-limit": "How many requests per second does the API allow?",
    "retry-after": "Does a 429 response carry Retry-After?",
    "null-secret-id": "What does null do to a pool's secret IDs?",
    "null-health-monitor": "What does null do to a pool's health monitor?",
    "created-resources": "Which objects does the task of a nested create list?",
    "unique-names": "Must names be unique?",
    "name-filter": "How do the lists' filters compare names?",
    "unknown-fields": "What happens to an unknown field?",
    "protocol-pairs": "Does a TERMINATED_HTTPS listener accept an HTTPS pool?",
    "protocol-change": "What does changing a pool's protocol do?",
    "failed-task": "Which objects does a failed task leave?",
    "read-lag": "How many reads return the old state after a write?",
    "quota": "How many objects does the quota allow?",
    "quota-status": "Which status reports an exceeded quota?",
    "unauthenticated-body": "Which shape does the body of a 401 have?",
    "finished-task-retention": "How long can a finished task be read?",
    "pool-alpn": "Which protocols do pools offer to TLS members in ALPN?",
    "idle-close": "What does a reload do to idle connections?",
}
"""Behavior options of the emulator (`gcore-emulator --behavior`), in its order, each as a question."""

TASK_TYPES: Final = (
    "create_secret",
    "delete_secret",
    "create_loadbalancer",
    "update_loadbalancer",
    "delete_loadbalancer",
    "create_lbpool",
    "patch_lbpool",
    "delete_lbpool",
    "delete_lblistener",
)
"""Types of the tasks that a probe starts, as in `gcore-emulator --task-seconds`."""

REASONS_UNANSWERED: Final[Mapping[str, str]] = {
    "retry-after": "it needs a 429 response, and there was none",
    "failed-task": "a probe cannot make a create fail, and none failed by itself",
    "quota": "a probe does not use up the account's quota, and no quota was exceeded",
    "quota-status": "a probe does not use up the account's quota, and no quota was exceeded",
    "pool-alpn": "it needs traffic and a backend that the load balancer reaches; inspect that backend's TLS handshakes",
    "idle-close": "it needs traffic and a backend that the load balancer reaches; watch an idle connection during an "
    "update",
}
"""Reason why an option has no value unless something happens by chance that shows it."""
