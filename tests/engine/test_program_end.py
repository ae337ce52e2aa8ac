"""What the end of a program costs, counted: the SDK can look at each output each time that one is resolved."""

from __future__ import annotations

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
    # Without what `resources/registrations.py` does, over three hundred for each resource, and more the more there are.
    assert int((stack.program / "looked").read_text()) <= 10 * 60
