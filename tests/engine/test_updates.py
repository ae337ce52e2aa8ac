"""Updates in place with the real engine: TLS and members of a pool."""

from __future__ import annotations

import pytest

from gcore_emulator import Emulator
from gcore_emulator.account import Pool
from gcore_tls_provider.certificates import DevelopmentFiles
from tests.engine.conftest import NewProgram
from tests.engine.stack import Stack

pytestmark = pytest.mark.engine

PROGRAM = """
import gcore_tls_provider as gcore
from gcore_tls_provider import from_file

lb = gcore.LoadBalancer("web")
listener = gcore.Listener("web", load_balancer=lb, protocol="HTTP", protocol_port=80)
ca = gcore.CertificateAuthority("backends", certificate=from_file("{files.ca}"))
crl = gcore.RevocationList("backends", revocation_list=from_file("{files.crl}"), ca=ca)
client = gcore.ClientCertificate(
    "to-backends", certificate=from_file("{files.client}"), private_key=from_file("{files.client_key}")
)
gcore.Pool("web", listener=listener, load_balancer=lb, {pool})
"""
PLAIN = """protocol="HTTP", health_monitor={"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3},
    members=[{"address": "10.0.0.11", "protocol_port": 8080}, {"address": "10.0.0.12", "protocol_port": 8080}]"""
MUTUAL = PLAIN.replace('"HTTP"', '"HTTPS", ca=ca, client_certificate=client, crl=crl')
NO_CRL = MUTUAL.replace(", crl=crl", "")
REWEIGHTED = PLAIN.replace('"10.0.0.12", "protocol_port": 8080', '"10.0.0.12", "protocol_port": 8080, "weight": 7')
ADDED = REWEIGHTED.replace("]", ', {"address": "10.0.0.13", "protocol_port": 8080}]')
REMOVED = ADDED.replace('{"address": "10.0.0.11", "protocol_port": 8080}, ', "")


def pool(emulator: Emulator) -> Pool:
    (only,) = emulator.account.pools.values()
    return only


def tls(emulator: Emulator) -> tuple[str, bool, bool, bool]:
    """Return the protocol, and whether the pool has a CA, a client certificate and a CRL."""
    only = pool(emulator)
    return only.protocol, bool(only.ca_secret_id), bool(only.secret_id), bool(only.crl_secret_id)


def test_tls_and_members_of_a_pool_change_in_place(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator
) -> None:
    def text(properties: str) -> str:
        return PROGRAM.format(files=files, pool=properties)

    def up(stack: Stack, properties: str) -> list[tuple[str, str]]:
        """Deploy the program with this pool, and return the write requests."""
        (stack.program / "__main__.py").write_text(text(properties))
        begin = len(emulator.requests)
        done = stack.up().expect_success()
        assert done.counts().get("updated") == 1, done.output
        assert "replaced" not in done.counts()
        requests = [each for each in emulator.requests[begin:] if each.method != "GET"]
        return [(each.method, str(each.route).rpartition("{region_id}")[2]) for each in requests]

    stack = new_program(text(PLAIN))
    stack.up().expect_success()
    pool_id, members = pool(emulator).id, {each.address: each.id for each in pool(emulator).members}
    assert tls(emulator) == ("HTTP", False, False, False)

    update = ("PATCH", "/{pool_id}"), ("PUT", "/{pool_id}")
    for properties, expected, updates in (
        (MUTUAL, ("HTTPS", True, True, True), 3),  # TLS is activated: the health monitor is switched off and on
        (NO_CRL, ("HTTPS", True, True, False), 1),
        (PLAIN, ("HTTP", False, False, False), 1),
    ):
        sent = up(stack, properties)
        assert [each for each in sent if each[0] == sent[-1][0]] in [[each] * updates for each in update]
        assert tls(emulator) == expected

    assert [each[0] for each in up(stack, REWEIGHTED)] == ["PATCH"]
    assert [each[0] for each in up(stack, ADDED)] == ["POST"]
    assert [each[0] for each in up(stack, REMOVED)] == ["DELETE"]
    now = {each.address: (each.id, each.weight) for each in pool(emulator).members}
    assert now.keys() == {"10.0.0.12", "10.0.0.13"}
    assert now["10.0.0.12"] == (members["10.0.0.12"], 7)
    assert pool(emulator).id == pool_id
    stack.preview().expect_no_changes()
