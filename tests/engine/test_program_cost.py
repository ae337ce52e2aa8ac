"""What a program costs beyond what it declares, counted: at its end, in commands that it runs, in what it loads."""

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

looked = []
wait = asyncio.wait


async def counted(tasks, **options):
    given = list(tasks)
    looked.append(len(given))
    return await wait(given, **options)


asyncio.wait = counted
atexit.register(lambda: Path("looked").write_text(str(sum(looked))))
for number in range(int(os.environ["COUNT"])):
    LoadBalancer(f"web-{number}", flavor="lb1-1-2")
"""


@pytest.mark.engine
def test_outputs_are_hardly_looked_at(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (source / "__main__.py").write_text(PROGRAM)
    stack = Stack.of(source, tmp_path / "stack", {"COUNT": "60"})
    stack.preview().expect_success()
    # Without `pulumi_internals/registrations.py`, over three hundred for each resource, and growing with their number.
    assert int((stack.program / "looked").read_text()) <= 10 * 60


ONE = """\
import atexit
import gc
import sys
from pathlib import Path

from gcore_tls_provider import LoadBalancer

LoadBalancer("web", flavor="lb1-1-2")
atexit.register(lambda: Path("passed").write_text(f"{gc.get_freeze_count()} {'cryptography' in sys.modules}"))
"""

COUNTING = """\
#!/bin/sh
echo "$PPID $*" >> "{log}"
exec "{pulumi}" "$@"
"""


@pytest.fixture
def one(tmp_path: Path) -> Stack:
    """A program with one resource."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (source / "__main__.py").write_text(ONE)
    return Stack.of(source, tmp_path / "stack", {})


@pytest.mark.engine
def test_the_state_is_read_once_and_by_the_program(one: Stack, tmp_path: Path) -> None:
    """Beside the program, and not a second time by the provider."""
    pulumi = shutil.which("pulumi")
    assert pulumi is not None
    log, folder = tmp_path / "exports", tmp_path / "bin"
    folder.mkdir()
    (folder / "pulumi").write_text(COUNTING.format(log=log, pulumi=pulumi))
    (folder / "pulumi").chmod(0o755)
    # The command itself is the real one, with all that lies beside it; what it starts finds the counting one first.
    one.variables["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    one.preview().expect_success()
    exports = [line for line in log.read_text().splitlines() if "stack export" in line]
    assert len(exports) == 1


@pytest.mark.engine
def test_a_program_loads_no_cryptography_and_passes_garbage_over(one: Stack) -> None:
    one.preview().expect_success()
    passed, cryptography = (one.program / "passed").read_text().split()
    assert int(passed) > 10_000
    assert cryptography == "False"
