"""Configuration: sources of each value, and errors about invalid and missing values."""

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
    "allowPlaintext": "true",
    "dialect": "guide",
    "taskTimeout": "60.5",
    "parallel": "8",
}


def read(configured: dict[str, str], environment: dict[str, str] | None = None) -> Configuration:
    return Configuration.read({f"gcore:{key}": value for key, value in configured.items()}.get, environment or {})


def variables(values: dict[str, str]) -> dict[str, str]:
    return {ENVIRONMENT[key]: value for key, value in values.items()}


def values_of(configuration: Configuration) -> tuple[object, ...]:
    key = configuration.api_key
    return (
        key.get_secret_value() if key else None,
        configuration.project_id,
        configuration.region_id,
        configuration.base_url,
        configuration.allow_plaintext,
        configuration.dialect,
        configuration.task_timeout,
        configuration.parallel,
    )


def test_every_value_is_read_from_the_stack_or_the_environment() -> None:
    expected = (CANARY, 11, 22, "https://api.example/", True, "guide", 60.5, 8)
    assert values_of(read(VALUES)) == expected
    assert values_of(read({}, variables(VALUES))) == expected


def test_values_that_are_not_set_have_defaults() -> None:
    assert values_of(read({})) == (None, None, None, PUBLIC_API, False, "auto", None, 64)


@pytest.mark.parametrize("key", VALUES)
def test_the_stack_takes_precedence_over_the_environment(key: str) -> None:
    others = {"baseUrl": "https://other.example", "dialect": "openapi", "allowPlaintext": "false"}
    other = {**VALUES, key: others.get(key, "7")}
    assert values_of(read({key: other[key]}, variables(VALUES))) == values_of(read(other))


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_value_counts_as_not_set(blank: str) -> None:
    assert read({"apiKey": blank}).api_key is None
    assert read({"projectId": blank}, {"GCORE_CLOUD_PROJECT_ID": " 5\n"}).project_id == (None if blank else 5)


INVALID = {
    "projectId": ("eleven", "0", "-3", "1.5"),
    "regionId": ("x", "0"),
    "baseUrl": ("api.gcore.com", "ftp://api.gcore.com", "/cloud", "http://"),
    "allowPlaintext": ("maybe", "2"),
    "dialect": ("GUIDE", "v2"),
    "taskTimeout": ("30m", "0", "1801", "nan", "inf"),
    "parallel": ("0", "257", "many"),
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in INVALID.items() for value in values])
def test_an_invalid_value_is_reported_with_its_key_and_its_variable(key: str, value: str) -> None:
    values = {**VALUES, key: value}
    for configured, environment in ((values, None), ({}, variables(values))):
        with pytest.raises(ConfigurationError) as caught:
            read(configured, environment)
        message = str(caught.value)
        assert message.startswith(f"gcore:{key} (or {ENVIRONMENT[key]}) cannot be used: ")
        assert message.count("gcore:") == 1
        assert message.endswith(".")
        assert "\n" not in message
        assert "pydantic" not in message
        assert CANARY not in message
        assert caught.value.__cause__ is None


PLAINTEXT = (
    "http://api.gcore.com",
    "http://10.0.0.1:8080",
    "http://[2001:db8::1]",
    "http://localhost.example.com",
    "HTTP://emulator:8080/path",
    "http://0.0.0.0:8080",
)


@pytest.mark.parametrize("url", PLAINTEXT)
def test_plain_http_to_another_machine_is_an_error_unless_it_is_allowed(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read({"baseUrl": url})
    message = str(caught.value)
    assert message.startswith("gcore:baseUrl (or GCORE_BASE_URL) cannot be used: it is plain HTTP to another machine")
    assert "`pulumi config set gcore:allowPlaintext true` or GCORE_ALLOW_PLAINTEXT=true" in message
    with pytest.raises(ConfigurationError, match="gcore:baseUrl"):
        read({}, {"GCORE_BASE_URL": url, "GCORE_ALLOW_PLAINTEXT": "0"})
    for allowed in (
        read({"baseUrl": url, "allowPlaintext": "true"}),
        read({}, {"GCORE_BASE_URL": url, "GCORE_ALLOW_PLAINTEXT": "1"}),
    ):
        assert (allowed.base_url.lower().startswith("http://"), allowed.is_plaintext) == (True, True)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:8080", "http://localhost:1", "https://10.0.0.1"]
)
def test_https_and_loopback_addresses_need_no_permission(url: str) -> None:
    assert not read({"baseUrl": url}).is_plaintext


def test_a_named_provider_config_needs_its_own_permission_for_plaintext() -> None:
    values = {"eu:baseUrl": "http://10.0.0.1", "gcore:allowPlaintext": "true"}
    with pytest.raises(ConfigurationError) as caught:
        Configuration.read(values.get, {"GCORE_ALLOW_PLAINTEXT": "true"}, "eu")
    assert "`pulumi config set eu:allowPlaintext true`." in str(caught.value)
    assert "GCORE_ALLOW_PLAINTEXT" not in str(caught.value)
    assert Configuration.read({**values, "eu:allowPlaintext": "true"}.get, {}, "eu").is_plaintext


def test_all_invalid_values_are_reported_together() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read({key: values[0] for key, values in INVALID.items()})
    for key in INVALID:
        assert f"gcore:{key} (or {ENVIRONMENT[key]})" in str(caught.value)


def test_all_missing_values_are_reported_when_a_connection_is_needed() -> None:
    configuration = read({"baseUrl": "https://api.example"})
    with pytest.raises(ConfigurationError) as caught:
        configuration.connection()
    message = str(caught.value)
    for key in ("apiKey", "projectId", "regionId"):
        secret = " --secret" if key == "apiKey" else ""
        assert f"`pulumi config set{secret} gcore:{key} ...`" in message
        assert ENVIRONMENT[key] in message


@pytest.mark.parametrize("key", ["apiKey", "projectId", "regionId"])
def test_only_missing_values_are_reported(key: str) -> None:
    configuration = read({name: value for name, value in VALUES.items() if name != key})
    with pytest.raises(ConfigurationError) as caught:
        configuration.connection()
    named = {name for name in ENVIRONMENT if f"gcore:{name}" in str(caught.value)}
    assert named == {key}


def test_the_location_of_an_object_takes_precedence_over_the_configured_one() -> None:
    configuration = read({"apiKey": CANARY})
    connection = configuration.connection(Location(3, 4))
    assert (connection.project_id, connection.region_id) == (3, 4)
    connection = read(VALUES).connection(Location(3, 4))
    assert (connection.project_id, connection.region_id) == (3, 4)
    assert (connection.base_url, connection.dialect) == ("https://api.example", "guide")


def test_no_text_form_shows_the_api_key() -> None:
    configuration = read(VALUES)
    texts = [repr(configuration), str(configuration), configuration.model_dump_json(), repr(configuration.connection())]
    assert not [text for text in texts if CANARY in text]
    assert configuration.connection().api_key.get_secret_value() == CANARY
