"""Secrets: accepted payloads, names, read lag, and deletion while in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.wire.pools import PoolPatch
from gcore_tls_provider.api.wire.tasks import TaskIds
from gcore_tls_provider.certificates import Identity
from gcore_tls_provider.cli.probe.account import NotAnswerable, ProbedAccount, base64_of
from gcore_tls_provider.cli.probe.experiments.experiment import REJECTED, Experiment, determined, undetermined
from gcore_tls_provider.cli.probe.report import ProbeFinding
from gcore_tls_provider.errors import BadRequest, Conflict, MethodNotAllowed, NotFound, TaskFailed

_NO_ROUTE = (NotFound, MethodNotAllowed)


def _v1(account: ProbedAccount) -> Iterator[ProbeFinding]:
    ca = account.certificates.ca
    rejections: dict[str, BadRequest | TaskFailed] = {}
    for part, pem in (("ca", ca.certificate_pem), ("crl", ca.issue_crl())):
        name = account.name_for(part)
        try:
            secret = account.create_secret(routes.create_secret_v1(name, base64_of(pem)), name)
        except _NO_ROUTE as error:
            yield determined("v1-secrets", "gone", error.reason)
            return
        except REJECTED as error:
            rejections[part] = error
        else:
            if part == "ca":
                account.shared.ca_secret = secret
    if not rejections:
        yield determined("v1-secrets", "accept", "a CA and a CRL, both in PEM, were accepted")
    elif len(rejections) == 2:
        yield determined("v1-secrets", "reject", rejections["ca"].reason)
    else:
        part, rejection = rejections.popitem()
        yield undetermined(
            "v1-secrets", f"no value describes this: one was accepted, the other ({part}) was not: {rejection.reason}"
        )


def _as_string(name: str, identity: Identity) -> Call[TaskIds]:
    return routes.create_secret_v2(name, base64_of(identity.to_pkcs12()))


def _as_object(name: str, identity: Identity) -> Call[TaskIds]:
    return routes.create_secret_with_key(
        name,
        payload_base64="",
        certificate=identity.certificate_pem,
        certificate_chain=identity.chain_pem or identity.certificate_pem,
        private_key=identity.private_key_pem,
    ).openapi


def _as_v1_string(name: str, identity: Identity) -> Call[TaskIds]:
    return routes.create_secret_v1(name, base64_of(identity.to_pkcs12()))


def _v2(account: ProbedAccount) -> Iterator[ProbeFinding]:
    variants: dict[str, Callable[[str, Identity], Call[TaskIds]]] = {"string": _as_string, "object": _as_object}
    accepted: dict[str, str] = {}
    outcomes = {}
    for variant, request in variants.items():
        name = account.name_for(f"server-{variant}")
        try:
            accepted[variant] = account.create_secret(request(name, account.certificates.server), name)
            outcomes[variant] = "accepted"
        except (*REJECTED, *_NO_ROUTE) as error:
            outcomes[variant] = error.reason
    evidence = f"base64 of a PKCS12 file: {outcomes['string']}; object of PEM texts: {outcomes['object']}"
    if len(accepted) == 2:
        yield determined("v2-secret-payload", "both", evidence)
    elif accepted:
        yield determined("v2-secret-payload", next(iter(accepted)), evidence)
    else:
        yield undetermined("v2-secret-payload", f"no value describes this: {evidence}")
    account.shared.server_secret = next(iter(accepted.values()), None)
    account.shared.create_with_key = variants[next(iter(accepted))] if accepted else _as_v1_string
    name = account.name_for("client")
    account.shared.client_secret = account.create_secret(
        account.shared.create_with_key(name, account.certificates.client), name
    )
    if account.shared.server_secret is None:
        name = account.name_for("server-v1")
        account.shared.server_secret = account.create_secret(_as_v1_string(name, account.certificates.server), name)


def _lag(account: ProbedAccount) -> Iterator[ProbeFinding]:
    lag = account.require(account.lag, "no secret could be created")
    yield determined("read-lag", str(lag), f"at most {lag} reads did not find a secret whose task had finished")


def _names(account: ProbedAccount) -> Iterator[ProbeFinding]:
    create = account.require(account.shared.create_with_key, "no secret with a private key could be created")
    account.require(account.shared.client_secret, "no secret with a private key could be created")
    name = account.name_for("client")
    try:
        account.create_secret(create(name, account.certificates.client), name)
    except Conflict as rejection:
        yield determined("unique-names", "yes", rejection.reason)
    else:
        yield determined("unique-names", "no", "a second secret of the same name was created")


def _pem_client(account: ProbedAccount) -> Iterator[ProbeFinding]:
    pool = account.require(account.shared.mtls_pool, "no pool could be made")
    payload, rejections = base64_of(account.certificates.client.to_pem_bundle()), []
    for part, create in (("pem-v2", routes.create_secret_v2), ("pem-v1", routes.create_secret_v1)):
        name = account.name_for(part)
        try:
            pem = account.create_secret(create(name, payload), name)
        except (*REJECTED, *_NO_ROUTE) as rejection:
            rejections.append(rejection.reason)
        else:
            break
    else:
        raise NotAnswerable(f"no route accepts such a secret: {'; '.join(rejections)}")
    try:
        account.update_pool(pool, PoolPatch(secret_id=pem))
    except REJECTED as rejection:
        yield determined("pem-client-secret", "reject", rejection.reason)
    else:
        yield determined(
            "pem-client-secret", "accept", "a pool accepted a secret with certificate and private key in PEM"
        )


def _delete_in_use(account: ProbedAccount) -> Iterator[ProbeFinding]:
    account.require(account.shared.listener, "no listener uses a secret")
    server = account.require(account.shared.server_secret, "no listener uses a secret")
    value, evidence = _delete_secret(account, server)
    evidence = f"secret of a listener: {evidence}"
    yield determined("secret-in-use", value, evidence) if value else undetermined("secret-in-use", evidence)
    if value == "allow":
        yield undetermined("secret-users", "no use counts: a secret in use can be deleted")
        return
    pool = account.require(account.shared.mtls_pool, "no pool uses a secret")
    client = account.require(account.shared.client_secret, "no pool uses a secret")
    if account.update_pool(pool, PoolPatch(secret_id=client)).secret_id != client:
        raise NotAnswerable("the pool did not accept the secret")
    value, evidence = _delete_secret(account, client)
    users = "listeners" if value == "allow" else "listeners-and-pools"
    yield determined("secret-users", users, f"secret of a pool: {evidence}")


def _delete_secret(account: ProbedAccount, secret: str) -> tuple[str | None, str]:
    """Delete a secret in use, and return the value of `secret-in-use` with the evidence."""
    try:
        account.send_and_wait(routes.delete_secret(secret))
    except BadRequest as rejection:
        return "400" if rejection.status == 400 else None, rejection.reason
    except Conflict as rejection:
        return "409", rejection.reason
    except TaskFailed as failed:
        return "task-error", failed.reason
    return "allow", "it was deleted"


EXPERIMENTS = (
    Experiment(("v1-secrets",), _v1),
    Experiment(("v2-secret-payload",), _v2),
    Experiment(("read-lag",), _lag),
    Experiment(("unique-names",), _names),
)
"""Experiments that need no load balancer."""

IN_USE = (
    Experiment(("pem-client-secret",), _pem_client),
    Experiment(("secret-in-use", "secret-users"), _delete_in_use),
)
"""Experiments that need a listener and a pool."""
