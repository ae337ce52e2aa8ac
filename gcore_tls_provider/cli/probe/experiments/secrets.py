"""Secrets: which bodies are taken, names, lag, and deleting one that is in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.wire.pools import PoolPatch
from gcore_tls_provider.api.wire.tasks import TaskIds
from gcore_tls_provider.certificates import Identity
from gcore_tls_provider.cli.probe.account import NotAnswerable, ProbedAccount, base64_of, seen
from gcore_tls_provider.cli.probe.experiments.experiment import REFUSED, Experiment, found, open_still
from gcore_tls_provider.cli.probe.report import Finding
from gcore_tls_provider.errors import BadRequest, Conflict, MethodNotAllowed, NotFound, TaskFailed

_NO_ROUTE = (NotFound, MethodNotAllowed)


def _v1(account: ProbedAccount) -> Iterator[Finding]:
    authority = account.material.authority
    refused: dict[str, BadRequest | TaskFailed] = {}
    for part, pem in (("ca", authority.certificate_pem), ("crl", authority.revocation_list())):
        name = account.named(part)
        try:
            secret = account.secret(routes.create_secret_v1(name, base64_of(pem)), name)
        except _NO_ROUTE as error:
            yield found("v1-secrets", "gone", seen(error))
            return
        except REFUSED as error:
            refused[part] = error
        else:
            if part == "ca":
                account.made.ca = secret
    if not refused:
        yield found("v1-secrets", "accept", "a CA and a revocation list, both PEM, were taken")
    elif len(refused) == 2:
        yield found("v1-secrets", "refuse", seen(refused["ca"]))
    else:
        part, answer = refused.popitem()
        yield open_still("v1-secrets", f"neither: one was taken, the other ({part}) wasn't: {seen(answer)}")


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


def _v2(account: ProbedAccount) -> Iterator[Finding]:
    ways: dict[str, Callable[[str, Identity], Call[TaskIds]]] = {"string": _as_string, "object": _as_object}
    taken: dict[str, str] = {}
    answers = {}
    for way, body in ways.items():
        name = account.named(f"server-{way}")
        try:
            taken[way] = account.secret(body(name, account.material.server), name)
            answers[way] = "taken"
        except (*REFUSED, *_NO_ROUTE) as error:
            answers[way] = seen(error)
    evidence = f"base64 of a PKCS12: {answers['string']}; an object of PEM texts: {answers['object']}"
    if len(taken) == 2:
        yield found("v2-secret-payload", "both", evidence)
    elif taken:
        yield found("v2-secret-payload", next(iter(taken)), evidence)
    else:
        yield open_still("v2-secret-payload", f"neither: {evidence}")
    account.made.server = next(iter(taken.values()), None)
    account.made.create_with_key = ways[next(iter(taken))] if taken else _as_v1_string
    name = account.named("client")
    account.made.client = account.secret(account.made.create_with_key(name, account.material.client), name)
    if account.made.server is None:
        name = account.named("server-v1")
        account.made.server = account.secret(_as_v1_string(name, account.material.server), name)


def _lag(account: ProbedAccount) -> Iterator[Finding]:
    lag = account.need(account.lag, "no secret could be made")
    yield found("read-lag", str(lag), f"at most {lag} reads did not see a secret whose task had finished")


def _names(account: ProbedAccount) -> Iterator[Finding]:
    create = account.need(account.made.create_with_key, "no secret with a key could be made")
    account.need(account.made.client, "no secret with a key could be made")
    name = account.named("client")
    try:
        account.secret(create(name, account.material.client), name)
    except Conflict as refused:
        yield found("unique-names", "yes", seen(refused))
    else:
        yield found("unique-names", "no", "a second secret of the same name was made")


def _pem_client(account: ProbedAccount) -> Iterator[Finding]:
    pool = account.need(account.made.mtls_pool, "no pool could be made")
    payload, refusals = base64_of(account.material.client.to_pem_bundle()), []
    for part, create in (("pem-v2", routes.create_secret_v2), ("pem-v1", routes.create_secret_v1)):
        name = account.named(part)
        try:
            pem = account.secret(create(name, payload), name)
        except (*REFUSED, *_NO_ROUTE) as refused:
            refusals.append(seen(refused))
        else:
            break
    else:
        raise NotAnswerable(f"no route takes such a secret: {'; '.join(refusals)}")
    try:
        account.update_pool(pool, PoolPatch(secret_id=pem))
    except REFUSED as refused:
        yield found("pem-client-secret", "refuse", seen(refused))
    else:
        yield found("pem-client-secret", "accept", "a pool was given a secret of certificate and key in PEM")


def _in_use(account: ProbedAccount) -> Iterator[Finding]:
    account.need(account.made.listener, "no listener uses a secret")
    server = account.need(account.made.server, "no listener uses a secret")
    choice, evidence = _deleted(account, server)
    evidence = f"the secret of a listener: {evidence}"
    yield found("secret-in-use", choice, evidence) if choice else open_still("secret-in-use", evidence)
    if choice == "allow":
        yield open_still("secret-users", "nobody's use counts: a secret in use can be deleted")
        return
    pool = account.need(account.made.mtls_pool, "no pool uses a secret")
    client = account.need(account.made.client, "no pool uses a secret")
    if account.update_pool(pool, PoolPatch(secret_id=client)).secret_id != client:
        raise NotAnswerable("the pool doesn't take the secret")
    choice, evidence = _deleted(account, client)
    users = "listeners" if choice == "allow" else "listeners-and-pools"
    yield found("secret-users", users, f"the secret of a pool: {evidence}")


def _deleted(account: ProbedAccount, secret: str) -> tuple[str | None, str]:
    """What deleting a secret in use gives, as a choice of `secret-in-use`, and as evidence."""
    try:
        account.do(routes.delete_secret(secret))
    except BadRequest as refused:
        return "400" if refused.status == 400 else None, seen(refused)
    except Conflict as refused:
        return "409", seen(refused)
    except TaskFailed as failed:
        return "task-error", seen(failed)
    return "allow", "it was deleted"


EXPERIMENTS = (
    Experiment(("v1-secrets",), _v1),
    Experiment(("v2-secret-payload",), _v2),
    Experiment(("read-lag",), _lag),
    Experiment(("unique-names",), _names),
)
"""What needs no load balancer."""

IN_USE = (
    Experiment(("pem-client-secret",), _pem_client),
    Experiment(("secret-in-use", "secret-users"), _in_use),
)
"""What needs a listener and a pool."""
