"""Several accounts and regions in one stack, on two emulators at once."""

from __future__ import annotations

import pytest

from gcore_emulator import Emulator
from tests.engine.accounts import EU, configure_eu_account
from tests.engine.conftest import API_KEY, EU_API_KEY, EU_PROJECT, EU_REGION, PROJECT, REGION, NewProgram
from tests.engine.stack import Stack

pytestmark = pytest.mark.engine

ONE = """
import gcore_tls_provider as gcore

gcore.LoadBalancer("web"{more})
"""


def rewrite(stack: Stack, more: str) -> None:
    """Replace the program, with more arguments of its resource."""
    (stack.program / "__main__.py").write_text(ONE.format(more=more))


def test_a_moved_load_balancer_is_created_in_the_new_account_and_deleted_in_the_old_one(
    new_program: NewProgram, emulator: Emulator, eu_account: tuple[Emulator, str]
) -> None:
    eu_emulator, url = eu_account
    stack = new_program(ONE.format(more=""))
    configure_eu_account(stack, url)
    stack.up().expect_success()
    rewrite(stack, f', provider_config="{EU}"')
    preview = stack.preview("--diff").expect_success()
    assert preview.counts()["to replace"] == 1
    shown = preview.lines()
    assert f'+ provider_config: "{EU}"' in [each.replace(" :", ":") for each in shown]
    assert any(f"region_id : {REGION} => {EU_REGION}" in each.replace("region_id:", "region_id :") for each in shown)
    stack.up().expect_success()
    assert (len(emulator.account.load_balancers), len(eu_emulator.account.load_balancers)) == (0, 1)
    stack.preview().expect_no_changes()
    stack.refresh().expect_no_changes()
    stack.destroy().expect_success()
    assert not eu_emulator.account.load_balancers
    created = [index for index, each in enumerate(eu_emulator.requests) if each.method == "POST"]
    deleted = [index for index, each in enumerate(emulator.requests) if each.method == "DELETE"]
    assert created and deleted


def test_another_provider_config_of_the_same_location_writes_nothing(
    new_program: NewProgram, emulator: Emulator, url: str
) -> None:
    stack = new_program(ONE.format(more=""))
    stack.configure({"alias:projectId": PROJECT, "alias:regionId": REGION, "alias:baseUrl": url})
    stack.configure_secret("alias:apiKey", API_KEY)
    stack.up().expect_success()
    begin = len(emulator.requests)
    rewrite(stack, ', provider_config="alias"')
    assert stack.preview().expect_success().counts() == {"to update": 1, "unchanged": 1}
    stack.up().expect_success()
    assert [each for each in emulator.requests[begin:] if each.method != "GET"] == []
    stack.preview().expect_no_changes()
    # The provider now uses the other key.
    del stack.variables["GCORE_API_KEY"]
    stack.refresh().expect_no_changes()
    stack.destroy().expect_success()
    assert not emulator.account.load_balancers


@pytest.mark.parametrize("dialect", ["openapi"], indirect=True)
def test_configuration_errors_name_the_namespace_and_the_key(
    new_program: NewProgram, eu_account: tuple[Emulator, str]
) -> None:
    stack = new_program(ONE.format(more=f', provider_config="{EU}"'))
    (error,) = stack.preview().expect_failure().errors
    assert "provider_config: The stack's configuration has no values in the namespace 'gcore-eu'" in error
    # The key of the environment does not apply to it, and a preview needs no key.
    stack.configure({f"{EU}:projectId": EU_PROJECT, f"{EU}:regionId": EU_REGION, f"{EU}:baseUrl": eu_account[1]})
    stack.preview().expect_success()
    (error,) = stack.up().expect_failure().errors
    assert "gcore-eu:apiKey is not configured" in error
    assert "environment variables do not apply to a named provider config" in error
    stack.configure_secret(f"{EU}:apiKey", "2_wrong_canary")
    failed = stack.up().expect_failure()
    assert "`gcore-eu:apiKey`" in failed.output
    assert "canary" not in failed.output


@pytest.mark.parametrize("dialect", ["openapi"], indirect=True)
def test_the_state_and_the_output_contain_no_api_key(new_program: NewProgram, eu_account: tuple[Emulator, str]) -> None:
    stack = new_program(ONE.format(more=f', provider_config="{EU}"'))
    configure_eu_account(stack, eu_account[1])
    done = stack.up("--diff").expect_success()
    for text in (done.output, stack.state_text(), stack.preview("--diff").output):
        assert EU_API_KEY not in text
        assert API_KEY not in text
