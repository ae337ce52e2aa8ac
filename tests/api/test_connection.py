"""Where Gcore is and who asks: what is accepted, and what is never shown."""

from __future__ import annotations

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from gcore_tls_provider.api.client import Client
from gcore_tls_provider.api.connection import PUBLIC_API, Connection
from gcore_tls_provider.errors import ConfigurationError
from tests.api.gcore import Script, tasks


def connection(api_key: str = "1234_key", base_url: str = PUBLIC_API) -> Connection:
    return Connection(api_key=SecretStr(api_key), project_id=1, region_id=2, base_url=base_url)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://api.gcore.com", "https://api.gcore.com"),
        ("https://api.gcore.com/", "https://api.gcore.com"),
        ("HTTPS://API.gcore.com//", "https://api.gcore.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://gateway.test/gcore/", "https://gateway.test/gcore"),
    ],
)
def test_a_base_url(given: str, kept: str) -> None:
    assert connection(base_url=given).base_url == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "api.gcore.com",
        "ftp://api.gcore.com",
        "https://",
        "https://api.gcore.com:99999",
        "https://user:geheim@api.gcore.com",
        "https://:geheim@api.gcore.com",
        "https://user@api.gcore.com",
        "https://api.gcore.com?key=geheim",
        "https://api.gcore.com#geheim",
        "https://user:geheim@api.gcore.com:99999",
    ],
)
def test_a_base_url_that_cant_be_used(given: str) -> None:
    with pytest.raises(ValidationError) as raised:
        connection(base_url=given)
    (found,) = raised.value.errors(include_url=False, include_input=False)
    assert found["loc"] == ("base_url",)
    assert len(found["msg"].splitlines()) == 1
    assert "geheim" not in str(raised.value)


def test_the_key_is_not_shown() -> None:
    shown = connection("1234_key")
    assert "1234_key" not in f"{shown!r} {shown} {shown.model_dump()} {shown.model_dump_json()}"


def test_a_wrong_value_does_not_show_the_key() -> None:
    with pytest.raises(ValidationError) as raised:
        Connection.model_validate({"api_key": "1234_key", "project_id": "x", "region_id": 1, "dialect": "1234_key"})
    assert "1234_key" not in str(raised.value)


@pytest.mark.parametrize("key", ["1234_abc", "1234$abc", "a" * 200])
def test_a_key_goes_out_as_it_is(key: str) -> None:
    script = Script([tasks()])
    Client(connection(key), transport=script)._http.get("/")
    assert script.requests[0].headers["Authorization"] == f"APIKey {key}"


@pytest.mark.parametrize(
    "key", ["", "geheim geheim", "geheim\n", "geheim\ngeheim", "geheim\x00", "geheimä", "\tgeheim"]
)
def test_a_key_that_cant_be_sent(key: str) -> None:
    """The HTTP library would quote the whole header in its error."""
    with pytest.raises(ConfigurationError, match="gcore:apiKey") as raised:
        Client(connection(key))
    assert "geheim" not in str(raised.value)
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("HTTPS_PROXY", "gopher://proxy.test"),
        ("ALL_PROXY", "socks5://proxy.test"),
    ],
)
def test_settings_of_the_machine_that_cant_be_used(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=variable):
        Client(connection())


def test_closing_closes_the_connections() -> None:
    client = Client(connection(), transport=httpx.MockTransport(lambda _request: httpx.Response(200)))
    client.close()
    assert client._http.is_closed
