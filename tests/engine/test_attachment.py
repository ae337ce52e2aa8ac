"""TLS attachment to the pool of another tool, with the real engine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gcore_emulator import Emulator
from gcore_tls_provider.certificates import DevelopmentFiles
from tests.engine.conftest import NewProgram
from tests.engine.other_tool import OtherTool

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
import gcore_tls_provider as gcore
from gcore_tls_provider import from_file

ca = gcore.CertificateAuthority("backends", certificate=from_file("{files.ca}"))
client = gcore.ClientCertificate(
    "to-backends", certificate=from_file("{files.client}"), private_key=from_file("{files.client_key}")
)
gcore.PoolTlsAttachment("{name}", pool="{pool}", ca=ca, client_certificate=client, opts=pulumi.ResourceOptions({opts}))
"""
OLD_URN = "urn:pulumi:test::program::pulumi-python:dynamic/gcore:PoolTlsAttachment::one"


# The test of the example uses both dialects.
@pytest.mark.parametrize("dialect", ["openapi"], indirect=True)
def test_destroy_restores_the_previous_tls_after_a_rename_and_a_refresh(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator, url: str
) -> None:
    other_tool = OtherTool(url)
    pool_id = other_tool.create_load_balancer(files, members=["10.0.0.11"], port=8443, mutual_tls=False)["pool"]
    theirs = other_tool.create_secret("theirs", files.ca.read_bytes())

    def text(name: str, opts: str) -> str:
        return PROGRAM.format(files=files, name=name, pool=pool_id, opts=opts)

    stack = new_program(text("one", ""))
    stack.up().expect_success()
    assert emulator.account.pools[pool_id].protocol == "HTTPS"

    for name, opts in (("two", 'aliases=[pulumi.Alias(name="one")]'), ("three", f'aliases=["{OLD_URN}"]')):
        (stack.program / "__main__.py").write_text(text(name, opts))
        preview = stack.preview().expect_success()
        assert not {"to create", "to replace", "to delete"} & preview.counts().keys(), preview.output
    begin = len(emulator.requests)
    stack.up().expect_success()
    assert {each.method for each in emulator.requests[begin:]} <= {"GET"}
    stack.preview().expect_no_changes()

    emulator.account.put(replace(emulator.account.pools[pool_id], ca_secret_id=theirs))
    assert stack.refresh().expect_success().counts()["updated"] == 1
    stack.destroy().expect_success()
    pool = emulator.account.pools[pool_id]
    assert (pool.protocol, pool.ca_secret_id, pool.secret_id) == ("HTTP", theirs, None)
