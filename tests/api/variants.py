"""Operations in both variants of Gcore's documentation, for tests of dialects."""

from __future__ import annotations

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import RequestVariants
from gcore_tls_provider.api.wire.pools import PoolCreate, PoolPatch
from gcore_tls_provider.api.wire.tasks import TaskIds
from tests.api.gcore import UNKNOWN_ID

SECRET_VARIANTS = routes.create_secret_with_key(
    "web", payload_base64="QUJD", certificate="CERT", certificate_chain="CHAIN", private_key="KEY"
)


def create_pool_variants(load_balancer_id: str = UNKNOWN_ID, **secrets: str) -> RequestVariants[TaskIds]:
    body = PoolCreate(name="backends", lb_algorithm="ROUND_ROBIN", protocol="HTTPS", **secrets)
    return routes.create_pool(load_balancer_id, None, body)


def update_pool_variants(pool_id: str = UNKNOWN_ID, **changes: str) -> RequestVariants[TaskIds]:
    return routes.update_pool(pool_id, "HTTPS", PoolPatch.model_validate(changes))
