"""Custom timeouts of resources, and durations in the notation of Pulumi."""

from __future__ import annotations

import pulumi
import pytest

from gcore_tls_provider import LoadBalancer
from gcore_tls_provider.resources.resource import parse_duration
from tests.resources.kinds import PROGRAMS, every_kind, only_resource
from tests.resources.program import run


@every_kind
def test_custom_timeouts_reach_the_provider_in_seconds(kind: str) -> None:
    limits = pulumi.CustomTimeouts(create="1h30m", delete="90s")
    resource = only_resource(lambda: PROGRAMS[kind]("it", pulumi.ResourceOptions(custom_timeouts=limits)))
    assert resource.context["timeouts"] == {"create": 5400.0, "delete": 90.0}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1d", 86400),
        ("1.5h", 5400),
        ("500ms", 0.5),
        ("1m0.5s", 60.5),
    ],
)
def test_duration_is_converted_to_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "5min", "-5m", "1h 30m", "m5", "5m!"])
def test_invalid_duration_is_an_error(text: str) -> None:
    with pytest.raises(pulumi.RunError, match="is not a duration"):
        parse_duration(text)


def test_invalid_custom_timeout_ends_the_program() -> None:
    limits = pulumi.CustomTimeouts(create="soon")
    with pytest.raises(pulumi.RunError, match="custom_timeouts: 'soon' is not a duration"):
        run(lambda: LoadBalancer("it", opts=pulumi.ResourceOptions(custom_timeouts=limits)))
