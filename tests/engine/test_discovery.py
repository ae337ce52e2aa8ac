"""The program that `discover` prints, on the real engine: it adopts what is there, and changes nothing."""

from __future__ import annotations

import re

import pytest

from gcore_tls_provider.certificates import DevelopmentFiles
from gcore_tls_provider.discovery.command import discover
from gcore_tls_provider.emulator import Emulator
from tests.engine.conftest import NewProgram
from tests.engine.foreign import Portal

pytestmark = pytest.mark.engine

WRITES = ("POST", "PUT", "PATCH", "DELETE")


def writes(emulator: Emulator, begin: int) -> list[str]:
    """Those that were done: a route that a dialect hasn't is tried in vain."""
    return [str(each.route) for each in emulator.calls[begin:] if each.method in WRITES and each.status == 200]


def test_the_printed_program_adopts_and_changes_nothing(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator, url: str
) -> None:
    ids = Portal(url).load_balancer(files, members=["10.0.0.11", "10.0.0.12"], port=8443, mutual_tls=True)
    begin = len(emulator.calls)
    stack = new_program("")
    text = discover(ids["loadBalancer"], environment=stack.variables)
    (stack.program / "__main__.py").write_text(text)
    keys = re.findall(r"^# pulumi config set (\w+) ", text, re.MULTILINE)
    assert keys == ["server", "serverKey", "authority", "client", "clientKey"]
    paths = (files.server, files.server_key, files.ca, files.client, files.client_key)
    stack.configure({key: str(path) for key, path in zip(keys, paths, strict=True)})

    preview = stack.preview().expect_success()
    assert preview.counts() == {"to create": 7}
    assert sum("is adopted" in each for each in preview.diagnostics) == 6
    assert not [each for each in preview.diagnostics if "Adoption changes it" in each]
    stack.up().expect_success()
    assert writes(emulator, begin) == []
    assert stack.outputs() == {"load_balancer_id": ids["loadBalancer"]}
    stack.preview().expect_nothing_to_do()
    stack.refresh().expect_nothing_to_do()

    without = re.sub(r"^    existing_id=.*\n", "", text, flags=re.MULTILINE)
    assert without != text
    (stack.program / "__main__.py").write_text(without)
    stack.preview().expect_nothing_to_do()


def test_what_differs_is_all_that_is_written(
    new_program: NewProgram, files: DevelopmentFiles, emulator: Emulator, url: str
) -> None:
    ids = Portal(url).load_balancer(files, members=["10.0.0.11"], port=8443, mutual_tls=False)
    begin = len(emulator.calls)
    stack = new_program("")
    text = discover(ids["loadBalancer"], secrets="refer", environment=stack.variables)
    changed = text.replace('lb_algorithm="ROUND_ROBIN"', 'lb_algorithm="SOURCE_IP"').replace(
        '    flavor="lb1-1-2",\n', '    flavor="lb1-1-2",\n    tags={"team": "platform"},\n'
    )
    if changed.count("SOURCE_IP") == 0:
        changed = changed.replace('    protocol="HTTP",\n', '    protocol="HTTP",\n    lb_algorithm="SOURCE_IP",\n')
    (stack.program / "__main__.py").write_text(changed)
    preview = stack.preview().expect_success()
    differing = [each for each in preview.diagnostics if "Adoption changes it" in each]
    assert len(differing) == 2
    stack.up().expect_success()
    assert len(writes(emulator, begin)) == 2
    stack.preview().expect_nothing_to_do()
