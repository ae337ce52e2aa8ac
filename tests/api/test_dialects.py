"""Dialects against emulators: requests of the operations that Gcore documents in two variants."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Literal, Protocol

import pytest

from gcore_emulator.settings import Dialect as ServerDialect
from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import RequestVariants
from gcore_tls_provider.api.connection import Dialect
from gcore_tls_provider.api.wire.load_balancers import LoadBalancerCreate
from gcore_tls_provider.api.wire.pools import Pool
from gcore_tls_provider.api.wire.tasks import TaskIds
from gcore_tls_provider.certificates import DevelopmentCa, Identity
from gcore_tls_provider.errors import BadRequest, HttpStatusError, MethodNotAllowed, NotFound
from tests.api.conftest import Emulate
from tests.api.gcore import UNKNOWN_ID, EmulatedAccount
from tests.api.variants import create_pool_variants, update_pool_variants

Operation = Literal["secret", "pool", "update"]

CREATE_SECRET = "POST /cloud/v2/secrets"
GUIDE_POOL = "POST /cloud/v1/loadbalancers pools"
OPENAPI_POOL = "POST /cloud/v1/lbpools"
GUIDE_UPDATE = "PUT /cloud/v1/lbpools"
OPENAPI_UPDATE = "PATCH /cloud/v2/lbpools"


def create_secret_variants(identity: Identity) -> RequestVariants[TaskIds]:
    return routes.create_secret_with_key(
        "web",
        payload_base64=base64.b64encode(identity.to_pkcs12()).decode(),
        certificate=identity.certificate_pem,
        certificate_chain=identity.certificate_pem,
        private_key=identity.private_key_pem,
    )


def short_route(method: str, route: str) -> str:
    """Return a route without IDs: `PUT /cloud/v1/lbpools`."""
    literal = [part for part in route.split("/") if not part.startswith("{")]
    return f"{method} {'/'.join(literal[:4])} {' '.join(literal[4:])}".strip()


@dataclass
class Prepared:
    """Account with a load balancer and a pool, both created without dialect `auto`."""

    account: EmulatedAccount
    identity: Identity
    load_balancer_id: str
    pool_id: str

    def operation(self, name: Operation) -> RequestVariants[TaskIds]:
        if name == "secret":
            return create_secret_variants(self.identity)
        if name == "pool":
            return create_pool_variants(self.load_balancer_id)
        return update_pool_variants(self.pool_id, lb_algorithm="SOURCE_IP")

    def new_writes(self) -> list[tuple[str, int]]:
        """Return the writes since the previous call, with their statuses."""
        return [(short_route(each.method, each.route), each.status) for each in self.account.new_writes()]


class Prepare(Protocol):
    def __call__(self, server_dialect: ServerDialect, client_dialect: Dialect, *settings: str) -> Prepared: ...


@pytest.fixture
def prepare(emulate: Emulate, identity: Identity) -> Prepare:
    def prepared(server_dialect: ServerDialect, client_dialect: Dialect, *settings: str) -> Prepared:
        account = emulate(server_dialect, client_dialect, *settings)
        balancer_id = account.create("loadbalancers", routes.create_load_balancer(LoadBalancerCreate(name="web")))
        pool = create_pool_variants(balancer_id)
        pool_id = account.create("pools", pool.guide if server_dialect == "guide" else pool.openapi)
        account.new_requests()
        return Prepared(account, identity, balancer_id, pool_id)

    return prepared


SUCCESSFUL_REQUESTS = {
    ("both", "guide", "secret"): [(CREATE_SECRET, 200)],
    ("both", "guide", "pool"): [(GUIDE_POOL, 200)],
    ("both", "guide", "update"): [(GUIDE_UPDATE, 200)],
    ("both", "openapi", "secret"): [(CREATE_SECRET, 200)],
    ("both", "openapi", "pool"): [(OPENAPI_POOL, 200)],
    ("both", "openapi", "update"): [(OPENAPI_UPDATE, 200)],
    ("both", "auto", "secret"): [(CREATE_SECRET, 200)],
    ("both", "auto", "pool"): [(OPENAPI_POOL, 200)],
    ("both", "auto", "update"): [(OPENAPI_UPDATE, 200)],
    ("guide", "guide", "secret"): [(CREATE_SECRET, 200)],
    ("guide", "guide", "pool"): [(GUIDE_POOL, 200)],
    ("guide", "guide", "update"): [(GUIDE_UPDATE, 200)],
    ("guide", "auto", "secret"): [(CREATE_SECRET, 200)],
    ("guide", "auto", "pool"): [(OPENAPI_POOL, 405), (GUIDE_POOL, 200)],
    ("guide", "auto", "update"): [(OPENAPI_UPDATE, 404), (GUIDE_UPDATE, 200)],
    ("openapi", "openapi", "secret"): [(CREATE_SECRET, 200)],
    ("openapi", "openapi", "pool"): [(OPENAPI_POOL, 200)],
    ("openapi", "openapi", "update"): [(OPENAPI_UPDATE, 200)],
    ("openapi", "auto", "secret"): [(CREATE_SECRET, 400), (CREATE_SECRET, 200)],
    ("openapi", "auto", "pool"): [(OPENAPI_POOL, 200)],
    ("openapi", "auto", "update"): [(OPENAPI_UPDATE, 200)],
}
"""Requests and statuses by the dialect of the emulator, the dialect of the client, and the operation."""


@pytest.mark.parametrize(("server_dialect", "client_dialect", "name"), SUCCESSFUL_REQUESTS)
def test_each_operation_sends_the_expected_requests(
    server_dialect: ServerDialect, client_dialect: Dialect, name: Operation, prepare: Prepare
) -> None:
    prepared = prepare(server_dialect, client_dialect)
    prepared.account.run(prepared.operation(name))
    assert prepared.new_writes() == SUCCESSFUL_REQUESTS[server_dialect, client_dialect, name]
    # The client remembers the variant that worked and does not try the other one again.
    prepared.account.run(prepared.operation(name))
    assert prepared.new_writes() == SUCCESSFUL_REQUESTS[server_dialect, client_dialect, name][-1:]


ERRORS_OF_FIXED_DIALECTS: dict[tuple[ServerDialect, Dialect, Operation], type[HttpStatusError]] = {
    ("guide", "openapi", "secret"): BadRequest,
    ("guide", "openapi", "pool"): MethodNotAllowed,
    ("guide", "openapi", "update"): NotFound,
    ("openapi", "guide", "secret"): BadRequest,
    ("openapi", "guide", "pool"): NotFound,
    ("openapi", "guide", "update"): MethodNotAllowed,
}


@pytest.mark.parametrize(("server_dialect", "client_dialect", "name"), ERRORS_OF_FIXED_DIALECTS)
def test_a_configured_dialect_is_the_only_one_tried(
    server_dialect: ServerDialect, client_dialect: Dialect, name: Operation, prepare: Prepare
) -> None:
    prepared = prepare(server_dialect, client_dialect)
    with pytest.raises(ERRORS_OF_FIXED_DIALECTS[server_dialect, client_dialect, name]):
        prepared.account.run(prepared.operation(name))
    assert len(prepared.new_writes()) == 1


@pytest.mark.parametrize("name", ["pool", "update"])
@pytest.mark.parametrize("missing_route", ["404", "405", "not-found-error"])
def test_auto_tries_the_other_variant_for_any_response_of_a_missing_route(
    missing_route: str, name: Operation, prepare: Prepare
) -> None:
    prepared = prepare("guide", "auto", f"unknown-route={missing_route}")
    prepared.account.run(prepared.operation(name))
    ((_first, first_status), (_second, status)) = prepared.new_writes()
    assert (first_status, status) == (405 if missing_route == "405" else 404, 200)


@pytest.mark.parametrize("missing_route", ["by-method", "404", "not-found-error"])
@pytest.mark.parametrize("server_dialect", ["both", "guide", "openapi"])
def test_a_missing_object_raises_not_found(server_dialect: ServerDialect, missing_route: str, prepare: Prepare) -> None:
    prepared = prepare(server_dialect, "auto", f"unknown-route={missing_route}")
    for operation in (create_pool_variants(UNKNOWN_ID), update_pool_variants(UNKNOWN_ID, lb_algorithm="SOURCE_IP")):
        with pytest.raises(NotFound) as raised:
            prepared.account.run(operation)
        if server_dialect != "guide":
            assert raised.value.exception_class == "NotFoundError"
            assert len(prepared.new_writes()) == 1
        prepared.account.new_requests()


def test_a_missing_secret_of_a_pool_raises_not_found_without_a_second_variant(prepare: Prepare) -> None:
    prepared = prepare("guide", "auto", "unknown-route=not-found-error")
    for operation in (
        create_pool_variants(prepared.load_balancer_id, ca_secret_id=UNKNOWN_ID),
        update_pool_variants(prepared.pool_id, secret_id=UNKNOWN_ID),
    ):
        with pytest.raises(NotFound):
            prepared.account.run(operation)
        assert len(prepared.new_writes()) == 1


def test_both_variants_create_the_same_pool(prepare: Prepare, ca: DevelopmentCa) -> None:
    pools: list[Pool] = []
    for dialect in ("guide", "openapi"):
        prepared = prepare(dialect, dialect)
        certificate = base64.b64encode(ca.certificate_pem.encode()).decode()
        ca_id = prepared.account.create("secrets", routes.create_secret_v1("ca", certificate))
        prepared.account.run(update_pool_variants(prepared.pool_id, ca_secret_id=ca_id))
        pool = prepared.account.send(routes.get_pool(prepared.pool_id))
        assert pool.ca_secret_id == ca_id
        assert [each.id for each in pool.loadbalancers] == [prepared.load_balancer_id]
        pools.append(
            pool.model_copy(update={"ca_secret_id": None, "loadbalancers": [], "id": "", "creator_task_id": ""})
        )
    assert pools[0] == pools[1]
