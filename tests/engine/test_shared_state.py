"""A team's state in an S3-compatible bucket: two people, one stack, and what the second one is told."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest
from moto.server import ThreadedMotoServer

from gcore_emulator import Emulator
from gcore_emulator.settings import Dialect
from gcore_tls_provider.certificates import DevelopmentFiles
from tests.engine.stack import ROOT, Stack

pytestmark = pytest.mark.engine

BUCKET = "state"
STORE = {
    "AWS_ACCESS_KEY_ID": "team",
    "AWS_SECRET_ACCESS_KEY": "bucket",
    # The server sends no checksums; without this, each command warns of it.
    "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
}
WITHIN = 60.0
LOCKED = "the stack is currently locked by 1 lock(s)"

PROGRAM = """\
import os, pathlib, time
import pulumi
from gcore_tls_provider import CertificateAuthority, from_file

{held}
ca = CertificateAuthority("backends", certificate=from_file(pulumi.Config().require("ca")))
pulumi.export("subject", ca.subject)
"""

HELD = """\
here = pathlib.Path(__file__).parent
(here / "started").touch()
end = time.monotonic() + 60
while not (here / "go-on").exists() and time.monotonic() < end:
    time.sleep(0.05)
"""


@pytest.fixture(params=["openapi"])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """One of them: the state is the engine's."""
    chosen: Dialect = request.param
    return chosen


@pytest.fixture
def bucket() -> Iterator[str]:
    """The address of a bucket as Pulumi wants it, on a server of this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    httpx.put(f"http://{host}:{port}/{BUCKET}").raise_for_status()
    yield f"s3://{BUCKET}?endpoint={host}:{port}&disableSSL=true&s3ForcePathStyle=true&region=us-east-1"
    server.stop()


def until_there(path: Path) -> None:
    end = monotonic() + WITHIN
    while not path.exists():
        assert monotonic() < end, f"{path.name} never came"
        sleep(0.05)


def test_two_people_want_the_same_stack(
    bucket: str, tmp_path: Path, url: str, emulator: Emulator, files: DevelopmentFiles
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "Pulumi.yaml").write_text("name: shared\nruntime: python\n")
    (source / "__main__.py").write_text(PROGRAM.format(held=HELD))
    account = {"GCORE_API_KEY": "1_0123456789abcdef", "GCORE_CLOUD_PROJECT_ID": "1", "GCORE_CLOUD_REGION_ID": "7"}
    variables = {**account, **STORE, "GCORE_BASE_URL": url, "PULUMI_BACKEND_URL": bucket}
    first = Stack.of(source, tmp_path / "first", variables)
    first.configure({"ca": str(files.ca)})
    # A checkout of the same commit on another machine.
    second = Stack(tmp_path / "second", tmp_path / "second-home", variables)
    shutil.copytree(first.program, second.program)
    (second.program / "__main__.py").write_text(PROGRAM.format(held=""))
    second.run("stack", "select", second.name).expect_success()

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(first.up)
        try:
            until_there(first.program / "started")
            refused = second.up().expect_failure()
        finally:
            (first.program / "go-on").touch()
        running.result().expect_success()

    assert LOCKED in refused.output
    assert re.search(r"created by \S+@\S+ \(pid \d+\) at ", refused.output), refused.output
    assert "Traceback" not in refused.output
    assert len(emulator.account.secrets) == 1
    second.up().expect_nothing_to_do()
    assert second.outputs() == first.outputs()
    second.destroy().expect_success()
    assert not emulator.account.secrets


def test_the_page_says_what_pulumi_says() -> None:
    page = (ROOT / "docs" / "teams.md").read_text()
    assert "s3ForcePathStyle=true" in page
    assert LOCKED in page
