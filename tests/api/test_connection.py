"""Connection to Gcore: accepted and rejected values, and values that no error shows."""

from __future__ import annotations

import base64
import socket
import threading
import traceback
from urllib.parse import quote

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.client import Client
from gcore_tls_provider.api.connection import PUBLIC_API, Connection
from gcore_tls_provider.errors import ApiError, ConfigurationError, Unreachable
from tests.api.gcore import ScriptedTransport, task_ids_response
from tests.api.hostile_server import hostile_server, response, send_all


def connection(api_key: str = "1234_key", base_url: str = PUBLIC_API) -> Connection:
    return Connection(api_key=SecretStr(api_key), project_id=1, region_id=2, base_url=base_url)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://api.gcore.com", "https://api.gcore.com"),
        ("https://api.gcore.com/", "https://api.gcore.com"),
        ("HTTPS://API.gcore.com//", "https://api.gcore.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://gateway.test/gcore/", "https://gateway.test/gcore"),
    ],
)
def test_a_base_url_is_normalized(given: str, expected: str) -> None:
    assert connection(base_url=given).base_url == expected


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
def test_an_unusable_base_url_is_rejected_without_showing_it(given: str) -> None:
    with pytest.raises(ValidationError) as raised:
        connection(base_url=given)
    (error,) = raised.value.errors(include_url=False, include_input=False)
    assert error["loc"] == ("base_url",)
    assert len(error["msg"].splitlines()) == 1
    assert "geheim" not in str(raised.value)


def test_a_connection_does_not_show_the_key() -> None:
    created = connection("1234_key")
    assert "1234_key" not in f"{created!r} {created} {created.model_dump()} {created.model_dump_json()}"


def test_a_validation_error_does_not_show_the_key() -> None:
    with pytest.raises(ValidationError) as raised:
        Connection.model_validate({"api_key": "1234_key", "project_id": "x", "region_id": 1, "dialect": "1234_key"})
    assert "1234_key" not in str(raised.value)


@pytest.mark.parametrize("key", ["1234_abc", "1234$abc", "a" * 200])
def test_the_key_is_sent_unchanged(key: str) -> None:
    transport = ScriptedTransport([task_ids_response()])
    Client(connection(key), transport=transport)._http.get("/")
    assert transport.requests[0].headers["Authorization"] == f"APIKey {key}"


@pytest.mark.parametrize(
    "key", ["", "geheim geheim", "geheim\n", "geheim\ngeheim", "geheim\x00", "geheimä", "\tgeheim"]
)
def test_an_unsendable_key_is_rejected_without_showing_it(key: str) -> None:
    """The HTTP library's own error quotes the whole header."""
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
def test_unusable_http_settings_of_the_machine_raise_configuration_error(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=variable):
        Client(connection())


PROXY_PASSWORDS = ["geheim#geheim", "geheim/geheim", "12/geheim", "12#geheim", "12?geheim", "geheim%zz/"]


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("password", PROXY_PASSWORDS)
def test_an_unusable_proxy_is_rejected_by_name_without_its_password(
    password: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f"http://user:{password}@127.0.0.1:1")
    with pytest.raises(ConfigurationError, match=variable.upper()) as raised:
        Client(connection())
    assert "%23" in str(raised.value)
    assert "geheim" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("password", ["ge-heim#1", "ge/heim", "ge@heim", "geheim123", "geh:eim", "g%eim"])
@pytest.mark.parametrize("is_quoted", [True, False], ids=["as written", "as sent"])
def test_an_echoed_proxy_password_is_hidden(password: str, is_quoted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = base64.b64encode(f"user:{password}".encode()).decode()

    def refuse(to: socket.socket, request: bytes, _stopped: threading.Event) -> None:
        assert f"Proxy-Authorization: Basic {sent}".encode() in request
        quoted = f"{quote(password, safe='')} {password}" if is_quoted else f"Basic {sent}"
        to.sendall(response(quoted.encode(), status=f"407 {quoted}"))
        to.close()

    with hostile_server(refuse) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", f"//user:{quote(password, safe='')}@"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        client = Client(connection(base_url="http://gcore.test"))
        with pytest.raises(ApiError, match="407") as raised:
            client.send(routes.list_secrets(0), client.deadline(0.5))
        client.close()
    for text in (password, quote(password, safe=""), sent):
        assert text not in f"{raised.value} {raised.value!r}"


def test_an_echoed_proxy_password_is_hidden_when_a_tunnel_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = base64.b64encode(b"user:geheim").decode()
    with hostile_server(send_all(response(b"", status=f"407 no Basic {sent} geheim"))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//user:geheim@"))
        client = Client(connection(base_url="https://gcore.test"))
        with pytest.raises(Unreachable, match="407 no Basic") as raised:
            client.send(routes.list_secrets(0), client.deadline(0.5))
        client.close()
    assert "geheim" not in str(raised.value)
    assert sent not in str(raised.value)


def test_close_closes_the_connections() -> None:
    client = Client(connection(), transport=httpx.MockTransport(lambda _request: httpx.Response(200)))
    client.close()
    assert client._http.is_closed
