"""State of a team in an S3-compatible bucket: two users, one stack."""

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
    # The server sends no checksums. Without this setting, each command prints a warning.
    "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
}
WAIT_SECONDS = 60.0
LOCKED = "the stack is currently locked by 1 lock(s)"

PROGRAM = """\
import os, pathlib, time
import pulumi
from gcore_tls_provider import CertificateAuthority, from_file

{wait}
ca = CertificateAuthority("backends", certificate=from_file(pulumi.Config().require("ca")))
pulumi.export("subject", ca.subject)
"""

WAIT = """\
here = pathlib.Path(__file__).parent
(here / "started").touch()
end = time.monotonic() + 60
while not (here / "go-on").exists() and time.monotonic() < end:
    time.sleep(0.05)
"""


@pytest.fixture(params=["openapi"])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Return one dialect: the engine's state does not depend on it."""
    chosen: Dialect = request.param
    return chosen


@pytest.fixture
def bucket() -> Iterator[str]:
    """Yield the URL of a bucket on a local server, for Pulumi."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    httpx.put(f"http://{host}:{port}/{BUCKET}").raise_for_status()
    yield f"s3://{BUCKET}?endpoint={host}:{port}&disableSSL=true&s3ForcePathStyle=true&region=us-east-1"
    server.stop()


def wait_for_file(path: Path) -> None:
    """Wait until a file exists, or fail at the time limit."""
    end = monotonic() + WAIT_SECONDS
    while not path.exists():
        assert monotonic() < end, f"{path.name} was not created"
        sleep(0.05)


def test_a_second_concurrent_up_fails_with_the_holder_of_the_lock(
    bucket: str, tmp_path: Path, url: str, emulator: Emulator, files: DevelopmentFiles
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "Pulumi.yaml").write_text("name: shared\nruntime: python\n")
    (source / "__main__.py").write_text(PROGRAM.format(wait=WAIT))
    account = {"GCORE_API_KEY": "1_0123456789abcdef", "GCORE_CLOUD_PROJECT_ID": "1", "GCORE_CLOUD_REGION_ID": "7"}
    variables = {**account, **STORE, "GCORE_BASE_URL": url, "PULUMI_BACKEND_URL": bucket}
    first = Stack.of(source, tmp_path / "first", variables)
    first.configure({"ca": str(files.ca)})
    # Another checkout of the same commit.
    second = Stack(tmp_path / "second", tmp_path / "second-home", variables)
    shutil.copytree(first.program, second.program)
    (second.program / "__main__.py").write_text(PROGRAM.format(wait=""))
    second.run("stack", "select", second.name).expect_success()

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(first.up)
        try:
            wait_for_file(first.program / "started")
            rejected = second.up().expect_failure()
        finally:
            (first.program / "go-on").touch()
        running.result().expect_success()

    assert LOCKED in rejected.output
    assert re.search(r"created by \S+@\S+ \(pid \d+\) at ", rejected.output), rejected.output
    assert "Traceback" not in rejected.output
    assert len(emulator.account.secrets) == 1
    second.up().expect_no_changes()
    assert second.outputs() == first.outputs()
    second.destroy().expect_success()
    assert not emulator.account.secrets


def test_the_teams_page_quotes_pulumi_s_message() -> None:
    page = (ROOT / "docs" / "teams.md").read_text()
    assert "s3ForcePathStyle=true" in page
    assert LOCKED in page
