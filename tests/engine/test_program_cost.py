"""Cost of a program with the real engine: awaited outputs, state exports and imports."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.engine.stack import Stack

PROGRAM = """\
import asyncio
import atexit
import os
from pathlib import Path

from gcore_tls_provider import LoadBalancer

awaited = []
wait = asyncio.wait


async def count(tasks, **options):
    awaitables = list(tasks)
    awaited.append(len(awaitables))
    return await wait(awaitables, **options)


asyncio.wait = count
atexit.register(lambda: Path("awaited").write_text(str(sum(awaited))))
for number in range(int(os.environ["COUNT"])):
    LoadBalancer(f"web-{number}", flavor="lb1-1-2")
"""


@pytest.mark.engine
def test_the_number_of_awaited_tasks_is_linear_in_the_number_of_resources(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (source / "__main__.py").write_text(PROGRAM)
    stack = Stack.of(source, tmp_path / "stack", {"COUNT": "60"})
    stack.preview().expect_success()
    # Without `pulumi_internals/registrations.py`, more than 300 for each resource, and more with each resource.
    assert int((stack.program / "awaited").read_text()) <= 10 * 60


ONE = """\
import atexit
import gc
import sys
from pathlib import Path

from gcore_tls_provider import LoadBalancer

LoadBalancer("web", flavor="lb1-1-2")
atexit.register(lambda: Path("frozen").write_text(f"{gc.get_freeze_count()} {'cryptography' in sys.modules}"))
"""

COUNTING = """\
#!/bin/sh
echo "$PPID $*" >> "{log}"
exec "{pulumi}" "$@"
"""


@pytest.fixture
def one(tmp_path: Path) -> Stack:
    """Return a stack of a program with one resource."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (source / "__main__.py").write_text(ONE)
    return Stack.of(source, tmp_path / "stack", {})


@pytest.mark.engine
def test_the_state_is_exported_only_once_in_a_preview(one: Stack, tmp_path: Path) -> None:
    """The program exports it in the background, and the provider process does not export it again."""
    pulumi = shutil.which("pulumi")
    assert pulumi is not None
    log, folder = tmp_path / "exports", tmp_path / "bin"
    folder.mkdir()
    (folder / "pulumi").write_text(COUNTING.format(log=log, pulumi=pulumi))
    (folder / "pulumi").chmod(0o755)
    # The test starts the real `pulumi`. Its child processes find the counting script first.
    one.variables["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    one.preview().expect_success()
    exports = [line for line in log.read_text().splitlines() if "stack export" in line]
    assert len(exports) == 1


@pytest.mark.engine
def test_a_program_does_not_import_cryptography_and_freezes_its_heap(one: Stack) -> None:
    one.preview().expect_success()
    frozen, cryptography = (one.program / "frozen").read_text().split()
    assert int(frozen) > 10_000
    assert cryptography == "False"
