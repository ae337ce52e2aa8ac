"""Redaction: no error, log or repr shows a key, payload or password, even if Gcore or a proxy quotes it."""

from __future__ import annotations

import base64
import html
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import pytest
from pydantic import BaseModel, SecretStr

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.redaction import HIDDEN, Redactor, secrets_in
from gcore_tls_provider.api.tasks import Tasks
from gcore_tls_provider.api.wire.tasks import TaskIds
from gcore_tls_provider.certificates import Identity
from gcore_tls_provider.errors import ApiError, HttpStatusError, MalformedResponse, ServerError, TaskFailed
from tests.api.conftest import Emulate
from tests.api.gcore import API_KEY, ScriptedTransport, create_client, json_response, task_body, task_ids_response
from tests.fake_clock import FakeClock

PASSPHRASE = 'Kan4ri"ä\\x'
PIECE = 12
"""Length of a piece of a secret that must not be visible; shorter pieces occur by chance."""


@dataclass(frozen=True)
class SecretCall:
    """Call with secrets in its body.

    Attributes:
        call: Call to send.
        secrets: Its secrets, in every encoding that a server can decode.
    """

    call: Call[TaskIds]
    secrets: tuple[str, ...]

    @property
    def body(self) -> str:
        assert self.call.body is not None
        return self.call.body.model_dump_json(exclude_unset=True)


@pytest.fixture(scope="session")
def secret_calls(identity: Identity) -> dict[str, SecretCall]:
    passphrase = base64.b64encode(PASSPHRASE.encode()).decode()
    pkcs12 = base64.b64encode(identity.to_pkcs12()).decode()
    bundle = identity.to_pem_bundle()
    key = identity.private_key_pem
    variants = routes.create_secret_with_key(
        "web",
        payload_base64=pkcs12,
        certificate=identity.certificate_pem,
        certificate_chain=identity.certificate_pem,
        private_key=key,
    )
    return {
        "passphrase": SecretCall(routes.create_secret_v1("web", passphrase), (passphrase, PASSPHRASE)),
        "pkcs12": SecretCall(variants.guide, (pkcs12,)),
        "pem": SecretCall(
            routes.create_secret_v2("web", base64.b64encode(bundle.encode()).decode()),
            (base64.b64encode(bundle.encode()).decode(), key),
        ),
        "key": SecretCall(variants.openapi, (key,)),
    }


@pytest.fixture(params=["passphrase", "pkcs12", "pem", "key"])
def secret_call(request: pytest.FixtureRequest, secret_calls: dict[str, SecretCall]) -> SecretCall:
    return secret_calls[request.param]


ESCAPES: tuple[Callable[[str], str], ...] = (
    str,
    html.escape,
    quote,
    lambda secret: json.dumps(secret)[1:-1],
    lambda secret: json.dumps(json.dumps(secret))[3:-3],
    lambda secret: repr(secret)[1:-1],
    lambda secret: repr(secret.encode())[2:-1],
)


def pieces(secret: str) -> Iterator[str]:
    """Yield a short secret in every escaping, or the pieces of a long one without the labels of PEM."""
    if len(secret) < 2 * PIECE:
        yield from (escaped for escape in ESCAPES for escaped in (escape(secret), repr(escape(secret))[1:-1]))
        return
    for line in secret.splitlines():
        if not line.startswith("-----"):
            yield from (line[start : start + PIECE] for start in range(len(line) - PIECE + 1))


def assert_hidden(text: str, *secrets: str) -> None:
    for secret in (API_KEY, *secrets):
        for piece in pieces(secret):
            assert piece not in text


def everything_shown(error: BaseException) -> str:
    """Return every text of an error that a terminal or a log can show."""
    return "\n".join([str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)])


def wrapped_lines(text: str) -> str:
    return "\n".join(text[start : start + 20] for start in range(0, len(text), 20))


def cut_in_the_middle(text: str) -> str:
    return f"{text[: len(text) // 3]}...{text[-len(text) // 3 :]}" if len(text) >= 2 * PIECE else text


QUOTATIONS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in quotes": repr,
    "as JSON": json.dumps,
    "as JSON in JSON": lambda secret: json.dumps(json.dumps(secret)),
    "as bytes": lambda secret: repr(secret.encode()),
    "in HTML": lambda secret: html.escape(secret),
    "in a URL": lambda secret: quote(secret),
    "in brackets": lambda secret: f"[type=string_type, input_value={secret}, input_type=str]",
    "in a sentence": lambda secret: f"payload={secret}, which is not valid",
    "wrapped": wrapped_lines,
    "cut": cut_in_the_middle,
    "after a long text": lambda secret: f"{'long text ' * 58}{secret}",
    "after a PEM block": lambda secret: f"-----BEGIN X-----{'A' * 1990}-----END X-----{secret}",
}

RESPONSES: dict[str, Callable[[SecretCall, str], httpx.Response]] = {
    "message": lambda secret_call, quoted: json_response(
        {"exception_class": "ValidationError", "message": quoted}, 400
    ),
    "invalid field's reason": lambda secret_call, quoted: json_response(
        {"message": "bad", "invalid_fields": {"payload": [quoted]}}, 400
    ),
    "invalid field's nested reason": lambda secret_call, quoted: json_response(
        {"invalid_fields": {"payload": {"x": [quoted]}}}, 400
    ),
    "request id": lambda secret_call, quoted: json_response({"message": "bad", "request_id": quoted}, 400),
    "text": lambda secret_call, quoted: httpx.Response(502, text=f"<html>{quoted}</html>"),
    "text of a success response": lambda secret_call, quoted: httpx.Response(200, text=f"<html>{quoted}</html>"),
    "other fields": lambda secret_call, quoted: json_response({"message": {"was": quoted}}, 422),
    "field of a success response": lambda secret_call, quoted: json_response({"tasks": {"was": quoted}}),
    "whole body": lambda secret_call, quoted: httpx.Response(400, text=f"{quoted}: {secret_call.body}"),
}


@pytest.mark.parametrize("quotation", QUOTATIONS)
@pytest.mark.parametrize("response_kind", RESPONSES)
def test_an_error_hides_a_secret_that_the_response_quotes(
    response_kind: str, quotation: str, secret_call: SecretCall, clock: FakeClock
) -> None:
    for secret in (*secret_call.secrets, API_KEY):
        client = create_client(
            ScriptedTransport([RESPONSES[response_kind](secret_call, QUOTATIONS[quotation](secret))]), clock
        )
        with pytest.raises((HttpStatusError, MalformedResponse)) as raised:
            client.send(secret_call.call, client.deadline(0.1))
        assert_hidden(everything_shown(raised.value), *secret_call.secrets)


@pytest.mark.parametrize("quotation", QUOTATIONS)
def test_task_failed_hides_a_secret_that_the_task_quotes(
    quotation: str, secret_call: SecretCall, clock: FakeClock
) -> None:
    for secret in secret_call.secrets:
        failed_task = json_response(
            task_body("t1", "ERROR", error=f"reason: {QUOTATIONS[quotation](secret)}", data={"payload": secret})
        )
        client = create_client(ScriptedTransport([task_ids_response("t1"), failed_task]), clock)
        response = client.send(secret_call.call, client.deadline(60))
        with pytest.raises(TaskFailed, match="reason: ") as raised:
            Tasks(client).wait(response.tasks, secret_call.call.description, client.deadline(60))
        assert_hidden(everything_shown(raised.value), *secret_call.secrets)


def test_an_error_hides_a_secret_of_an_earlier_call(secret_call: SecretCall, clock: FakeClock) -> None:
    """A service can quote the body of an earlier request in the response to another one."""
    quoted = f"failed earlier on {secret_call.secrets[-1]}"
    client = create_client(ScriptedTransport([task_ids_response("t1"), json_response({"message": quoted}, 500)]), clock)
    client.send(secret_call.call, client.deadline(60))
    with pytest.raises(ServerError, match="failed earlier on") as raised:
        client.send(routes.list_secrets(0), client.deadline(0.1))
    assert_hidden(everything_shown(raised.value), *secret_call.secrets)


def test_a_network_error_hides_the_key_in_a_quoted_header(clock: FakeClock) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.LocalProtocolError(f"Illegal header value {request.headers['Authorization']!r}")

    client = create_client(httpx.MockTransport(fail), clock)
    with pytest.raises(ApiError) as raised:
        client.send(routes.list_secrets(0), client.deadline(1))
    assert API_KEY not in str(raised.value)


def test_a_call_and_its_body_hide_their_secrets(secret_call: SecretCall) -> None:
    assert_hidden(f"{secret_call.call!r} {secret_call.call.body!r} {secret_call.call.body}", *secret_call.secrets)


def test_the_logs_contain_no_secret(
    secret_calls: dict[str, SecretCall], emulate: Emulate, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    emulated = emulate()
    for secret_call in secret_calls.values():
        emulated.run(secret_call.call)
    assert len(emulated.new_writes()) == len(secret_calls)
    assert any(record.name.startswith("httpcore") for record in caplog.records)
    for secret_call in secret_calls.values():
        assert_hidden(caplog.text, *secret_call.secrets)


# Redactor.


def test_a_redactor_hides_only_confidential_texts() -> None:
    redactor = Redactor("Zm9vYmFyCg==", "correct horse battery staple")
    message = (
        "ValidationError: payload_content_encoding of secret 0d2d3d1f-8f1c-4d46-9a3c-6c1c1f4ef0aa "
        "at /cloud/v1/secrets/1/2 must be base64; BEGIN CERTIFICATE is missing"
    )
    assert redactor.redact(message) == message
    assert redactor.redact("a correct horse battery staple!") == f"a {HIDDEN}!"
    assert redactor.redact("it was foobar") == f"it was {HIDDEN}"


def test_a_redactor_hides_any_pem_and_long_base64(identity: Identity) -> None:
    key = identity.private_key_pem
    pkcs12 = base64.b64encode(identity.to_pkcs12()).decode()
    for text in (key, json.dumps(key), key[:-30], f"x {pkcs12} y"):
        redacted = Redactor().redact(text)
        assert HIDDEN in redacted
        assert_hidden(redacted, key, pkcs12)


KEYS = ["k4n!", "k4nari", "kanari1", "k4nari-8", "4711_kanarienvogel", "k4nari" * 4 + "2345", "k4-" * 20, "k4nari" * 30]
"""Keys from the shortest length to one that no base64 line holds."""

BASE64_ENCODERS: dict[str, Callable[[bytes], str]] = {
    "standard": lambda plain: base64.b64encode(plain).decode(),
    "URL": lambda plain: base64.urlsafe_b64encode(plain).decode(),
    "without padding": lambda plain: base64.b64encode(plain).decode().rstrip("="),
    "twice": lambda plain: base64.b64encode(base64.b64encode(plain)).decode(),
    "percent-encoded": lambda plain: quote(base64.b64encode(plain).decode(), safe=""),
}


@pytest.mark.parametrize("encoder", BASE64_ENCODERS)
@pytest.mark.parametrize("before", [b"", b"x", b"xy", b"APIKey ", b"user:", b"\xff\xfe\xfd\xfc"])
@pytest.mark.parametrize("key", KEYS, ids=len)
def test_a_redactor_hides_a_key_of_any_length_in_base64_at_every_offset(key: str, before: bytes, encoder: str) -> None:
    for after in (b"", b"z", b"zz", b", and more"):
        encoded = BASE64_ENCODERS[encoder](before + key.encode() + after)
        assert Redactor(key).redact(f"it was {encoded}!") == f"it was {HIDDEN}!"


@pytest.mark.parametrize("key", KEYS, ids=len)
def test_a_redactor_hides_a_key_of_any_length_in_a_url(key: str) -> None:
    for encoded in (key, quote(key, safe=""), "".join(f"%{each:02x}" for each in key.encode())):
        assert Redactor(key).redact(f"GET /?key={encoded}&more") == f"GET /?key={HIDDEN}&more"


def test_a_redactor_hides_a_key_that_invisible_characters_divide() -> None:
    for invisible in ("\0", "\u200b", "\x1b", "\u202e"):
        assert Redactor("k4nari-8").redact(invisible.join("k4nari-8")) == HIDDEN


def test_a_redactor_reads_only_the_beginning_of_an_endless_text() -> None:
    redacted = Redactor("k4nari").redact("k4nari" * 3_000_000)
    assert "k4nari" not in redacted
    assert "k4n" not in Redactor("k4nari").redact("x" * (16 * 1024 - 3) + "k4nari", 10**9)


def test_a_redactor_ignores_very_short_texts() -> None:
    assert Redactor("", "a", "abc").redact("abc banana") == "abc banana"


def test_a_redactor_hides_the_longer_of_two_texts_as_a_whole() -> None:
    assert Redactor("pass", "pass-and-more").redact("it is pass-and-more") == f"it is {HIDDEN}"


def test_the_repr_of_a_redactor_hides_its_texts() -> None:
    assert "kanari" not in repr(Redactor("kanari"))


class Body(BaseModel):
    plain: str = "plain"
    secret: SecretStr = SecretStr("one")
    inner: list[dict[str, SecretStr]] = [{"a": SecretStr("two")}]
    deeper: Body | None = None


def test_secrets_in_finds_secrets_at_any_depth() -> None:
    assert list(secrets_in(Body(deeper=Body(secret=SecretStr("three"))))) == ["one", "two", "three", "two"]
    assert list(secrets_in(None)) == []
