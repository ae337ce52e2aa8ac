"""Several accounts and regions in one stack, on two emulators at once."""

from __future__ import annotations

import pytest

from gcore_emulator import Emulator
from tests.engine.accounts import EU, configure_abroad
from tests.engine.conftest import API_KEY, EU_API_KEY, EU_PROJECT, EU_REGION, PROJECT, REGION, NewProgram
from tests.engine.stack import Stack

pytestmark = pytest.mark.engine

ONE = """
import gcore_tls_provider as gcore

gcore.LoadBalancer("web"{more})
"""


def rewrite(stack: Stack, more: str) -> None:
    (stack.program / "__main__.py").write_text(ONE.format(more=more))


def test_a_load_balancer_moves_to_another_account_made_first(
    new_program: NewProgram, emulator: Emulator, abroad: tuple[Emulator, str]
) -> None:
    there, url = abroad
    stack = new_program(ONE.format(more=""))
    configure_abroad(stack, url)
    stack.up().expect_success()
    rewrite(stack, f', provider_config="{EU}"')
    preview = stack.preview("--diff").expect_success()
    assert preview.counts()["to replace"] == 1
    shown = preview.lines()
    assert f'+ provider_config: "{EU}"' in [each.replace(" :", ":") for each in shown]
    assert any(f"region_id : {REGION} => {EU_REGION}" in each.replace("region_id:", "region_id :") for each in shown)
    stack.up().expect_success()
    assert (len(emulator.account.load_balancers), len(there.account.load_balancers)) == (0, 1)
    stack.preview().expect_nothing_to_do()
    stack.refresh().expect_nothing_to_do()
    stack.destroy().expect_success()
    assert not there.account.load_balancers
    made = [index for index, each in enumerate(there.requests) if each.method == "POST"]
    deleted = [index for index, each in enumerate(emulator.requests) if each.method == "DELETE"]
    assert made and deleted


def test_another_name_for_the_same_place_changes_nothing(new_program: NewProgram, emulator: Emulator, url: str) -> None:
    stack = new_program(ONE.format(more=""))
    stack.configure({"alias:projectId": PROJECT, "alias:regionId": REGION, "alias:baseUrl": url})
    stack.configure_secret("alias:apiKey", API_KEY)
    stack.up().expect_success()
    begin = len(emulator.requests)
    rewrite(stack, ', provider_config="alias"')
    assert stack.preview().expect_success().counts() == {"to update": 1, "unchanged": 1}
    stack.up().expect_success()
    assert [each for each in emulator.requests[begin:] if each.method != "GET"] == []
    stack.preview().expect_nothing_to_do()
    # From now on it is asked with the other key.
    del stack.variables["GCORE_API_KEY"]
    stack.refresh().expect_nothing_to_do()
    stack.destroy().expect_success()
    assert not emulator.account.load_balancers


@pytest.mark.parametrize("dialect", ["openapi"], indirect=True)
def test_what_is_wrong_names_namespace_and_key(new_program: NewProgram, abroad: tuple[Emulator, str]) -> None:
    stack = new_program(ONE.format(more=f', provider_config="{EU}"'))
    (error,) = stack.preview().expect_failure().errors
    assert "provider_config: Nothing is configured in the namespace 'gcore-eu'" in error
    # The environment's key doesn't hold for it, and a preview needs none.
    stack.configure({f"{EU}:projectId": EU_PROJECT, f"{EU}:regionId": EU_REGION, f"{EU}:baseUrl": abroad[1]})
    stack.preview().expect_success()
    (error,) = stack.up().expect_failure().errors
    assert "gcore-eu:apiKey isn't configured" in error
    assert "environment variables don't hold for a named provider config" in error
    stack.configure_secret(f"{EU}:apiKey", "2_wrong_canary")
    failed = stack.up().expect_failure()
    assert "`gcore-eu:apiKey`" in failed.output
    assert "canary" not in failed.output


@pytest.mark.parametrize("dialect", ["openapi"], indirect=True)
def test_no_key_is_in_the_state(new_program: NewProgram, abroad: tuple[Emulator, str]) -> None:
    stack = new_program(ONE.format(more=f', provider_config="{EU}"'))
    configure_abroad(stack, abroad[1])
    done = stack.up("--diff").expect_success()
    for text in (done.output, stack.state_text(), stack.preview("--diff").output):
        assert EU_API_KEY not in text
        assert API_KEY not in text
