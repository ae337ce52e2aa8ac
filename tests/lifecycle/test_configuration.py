"""Configuration: where each value comes from, and what is said of values that are wrong or missing."""

from __future__ import annotations

import pytest

from gcore_tls_provider.api.connection import PUBLIC_API, Location
from gcore_tls_provider.errors import ConfigurationError
from gcore_tls_provider.lifecycle.run.configuration import ENVIRONMENT, Configuration

CANARY = "1234$canary"
VALUES = {
    "apiKey": CANARY,
    "projectId": "11",
    "regionId": "22",
    "baseUrl": "https://api.example/",
    "dialect": "guide",
    "taskTimeout": "60.5",
    "parallel": "8",
}


def read(configured: dict[str, str], environment: dict[str, str] | None = None) -> Configuration:
    return Configuration.read({f"gcore:{key}": value for key, value in configured.items()}.get, environment or {})


def variables(values: dict[str, str]) -> dict[str, str]:
    return {ENVIRONMENT[key]: value for key, value in values.items()}


def shown(configuration: Configuration) -> tuple[object, ...]:
    key = configuration.api_key
    return (
        key.get_secret_value() if key else None,
        configuration.project_id,
        configuration.region_id,
        configuration.base_url,
        configuration.dialect,
        configuration.task_timeout,
        configuration.parallel,
    )


def test_every_value_from_either_place() -> None:
    expected = (CANARY, 11, 22, "https://api.example/", "guide", 60.5, 8)
    assert shown(read(VALUES)) == expected
    assert shown(read({}, variables(VALUES))) == expected


def test_defaults() -> None:
    assert shown(read({})) == (None, None, None, PUBLIC_API, "auto", None, 64)


@pytest.mark.parametrize("key", VALUES)
def test_the_stack_comes_before_the_environment(key: str) -> None:
    other = {**VALUES, key: {"baseUrl": "http://other.example", "dialect": "openapi"}.get(key, "7")}
    assert shown(read({key: other[key]}, variables(VALUES))) == shown(read(other))


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_value_is_none(blank: str) -> None:
    assert read({"apiKey": blank}).api_key is None
    assert read({"projectId": blank}, {"GCORE_CLOUD_PROJECT_ID": " 5\n"}).project_id == (None if blank else 5)


WRONG = {
    "projectId": ("eleven", "0", "-3", "1.5"),
    "regionId": ("x", "0"),
    "baseUrl": ("api.gcore.com", "ftp://api.gcore.com", "/cloud", "http://"),
    "dialect": ("GUIDE", "v2"),
    "taskTimeout": ("30m", "0", "1801", "nan", "inf"),
    "parallel": ("0", "257", "many"),
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_wrong_value_is_named_with_both_its_places(key: str, value: str) -> None:
    values = {**VALUES, key: value}
    for configured, environment in ((values, None), ({}, variables(values))):
        with pytest.raises(ConfigurationError) as caught:
            read(configured, environment)
        message = str(caught.value)
        assert message.startswith(f"gcore:{key} (or {ENVIRONMENT[key]}) can't be used: ")
        assert message.count("gcore:") == 1
        assert message.endswith(".")
        assert "\n" not in message
        assert "pydantic" not in message
        assert CANARY not in message
        assert caught.value.__cause__ is None


def test_all_wrong_values_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read({key: values[0] for key, values in WRONG.items()})
    for key in WRONG:
        assert f"gcore:{key} (or {ENVIRONMENT[key]})" in str(caught.value)


def test_what_is_missing_is_said_at_the_first_request_all_of_it() -> None:
    configuration = read({"baseUrl": "https://api.example"})
    with pytest.raises(ConfigurationError) as caught:
        configuration.connection()
    message = str(caught.value)
    for key in ("apiKey", "projectId", "regionId"):
        secret = " --secret" if key == "apiKey" else ""
        assert f"`pulumi config set{secret} gcore:{key} ...`" in message
        assert ENVIRONMENT[key] in message


@pytest.mark.parametrize("key", ["apiKey", "projectId", "regionId"])
def test_only_what_is_missing_is_named(key: str) -> None:
    configuration = read({name: value for name, value in VALUES.items() if name != key})
    with pytest.raises(ConfigurationError) as caught:
        configuration.connection()
    named = {name for name in ENVIRONMENT if f"gcore:{name}" in str(caught.value)}
    assert named == {key}


def test_an_objects_own_place_comes_before_the_configured_one() -> None:
    configuration = read({"apiKey": CANARY})
    connection = configuration.connection(Location(3, 4))
    assert (connection.project_id, connection.region_id) == (3, 4)
    connection = read(VALUES).connection(Location(3, 4))
    assert (connection.project_id, connection.region_id) == (3, 4)
    assert (connection.base_url, connection.dialect) == ("https://api.example", "guide")


def test_the_key_is_shown_nowhere() -> None:
    configuration = read(VALUES)
    texts = [repr(configuration), str(configuration), configuration.model_dump_json(), repr(configuration.connection())]
    assert not [text for text in texts if CANARY in text]
    assert configuration.connection().api_key.get_secret_value() == CANARY
