"""`gcore-tls discover` prints a program, or one line with the error."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from gcore import Gcore
from typer.testing import CliRunner

from gcore_emulator import Emulator, Settings, TaskSeconds, serving
from gcore_tls_provider.cli.app import app

KEY = "1234_discover"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    settings = Settings(api_key=KEY, projects=frozenset({1}), regions=frozenset({7}), task_seconds=TaskSeconds(0.0))
    with serving(Emulator(settings)) as base_url:
        yield base_url


@pytest.fixture
def environment(url: str) -> dict[str, str]:
    return {
        "GCORE_API_KEY": KEY,
        "GCORE_CLOUD_PROJECT_ID": "1",
        "GCORE_CLOUD_REGION_ID": "7",
        "GCORE_BASE_URL": url,
    }


@pytest.fixture
def load_balancer_id(environment: dict[str, str]) -> str:
    """ID of a load balancer that was created with Gcore's SDK."""
    client = Gcore(
        api_key=KEY,
        base_url=environment["GCORE_BASE_URL"],
        cloud_project_id=1,
        cloud_region_id=7,
    )
    return client.cloud.load_balancers.create_and_poll(name="theirs").id


def test_discover_prints_a_program_without_the_api_key(environment: dict[str, str], load_balancer_id: str) -> None:
    result = CliRunner().invoke(app, ["discover", "--load-balancer", load_balancer_id], env=environment)
    assert (result.exit_code, result.stderr) == (0, "")
    ast.parse(result.stdout)
    assert load_balancer_id in result.stdout
    assert KEY not in result.stdout


FAILURES = {
    "no such load balancer": ({}, ["--load-balancer", UNKNOWN_ID], "have no load balancer with this ID"),
    "no key": ({"GCORE_API_KEY": ""}, ["--load-balancer", UNKNOWN_ID], "GCORE_API_KEY"),
    "wrong key": ({"GCORE_API_KEY": "1_wrong"}, ["--load-balancer", UNKNOWN_ID], "401"),
    "unknown value of --secrets": ({}, ["--load-balancer", UNKNOWN_ID, "--secrets", "steal"], "steal"),
    "no id": ({}, ["--secrets", "refer"], "--load-balancer"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_discover_fails_with_exit_code_2_and_names_the_cause(case: str, environment: dict[str, str]) -> None:
    variables, arguments, expected = FAILURES[case]
    result = CliRunner().invoke(app, ["discover", *arguments], env={**environment, **variables})
    assert result.exit_code == 2
    assert result.stdout == ""
    assert expected in result.stderr
    assert "Traceback" not in result.stderr
    assert "1_wrong" not in result.stderr
