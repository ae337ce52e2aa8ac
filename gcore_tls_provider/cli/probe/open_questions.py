"""What is asked: the emulator's questions by their names, and what can't be found out from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

QUESTIONS: Final[Mapping[str, str]] = {
    "pool-routes": "Which routes make and change pools?",
    "v2-secret-payload": "What does POST v2 secrets take?",
    "v1-secrets": "Does POST v1 secrets take a CA and a revocation list?",
    "unknown-route": "What does a route answer that doesn't exist?",
    "pem-client-secret": "May a pool's client certificate be PEM?",
    "secret-in-use": "What does deleting a secret answer that is in use?",
    "secret-users": "Whose use of a secret counts?",
    "busy-load-balancer": "What becomes of a write to a busy load balancer?",
    "rate-limit": "How many requests a second are answered?",
    "retry-after": "Does a 429 say when to come back?",
    "null-secret-id": "What does null do to a pool's secret ids?",
    "null-health-monitor": "What does null do to a pool's health monitor?",
    "created-resources": "What does the task of a nested create list?",
    "unique-names": "Must names be unique?",
    "name-filter": "How do the lists' filters compare names?",
    "unknown-fields": "What becomes of a field that the API doesn't know?",
    "protocol-pairs": "Does a TERMINATED_HTTPS listener take an HTTPS pool?",
    "protocol-change": "What does changing a pool's protocol do?",
    "failed-task": "What does a failed task leave behind?",
    "read-lag": "How many reads show an old state after a write?",
    "quota": "How many objects may there be?",
    "quota-status": "Which status says that a quota is exceeded?",
    "unauthenticated-body": "How is the body of a 401 shaped?",
    "finished-task-life": "How long can a finished task be read?",
    "pool-alpn": "What do pools offer to TLS members by ALPN?",
    "idle-close": "What does a reload do to idle connections?",
}
"""The emulator's questions (`gcore-emulator --set`), in its order."""

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
"""The kinds of tasks of what a probe does, as `gcore-emulator --task-seconds` names them."""

UNANSWERED: Final[Mapping[str, str]] = {
    "retry-after": "it shows only where there are too many requests, and there weren't",
    "failed-task": "a create can't be made to fail, and none has failed by itself",
    "quota": "an account's quota isn't for a probe to fill up, and none was exceeded by itself",
    "quota-status": "an account's quota isn't for a probe to fill up, and none was exceeded by itself",
    "pool-alpn": "it takes traffic and a backend that the load balancer reaches; look at that backend's handshakes",
    "idle-close": "it takes traffic and a backend that the load balancer reaches; watch an idle connection during a "
    "change",
}
"""Why a question has no answer, where nothing has happened that answers it."""
