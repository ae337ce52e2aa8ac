"""No error, log or repr shows a key, a payload or a password, whatever Gcore or a proxy repeats."""

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
from tests.api.gcore import API_KEY, Script, answer, client_of, task_body, tasks
from tests.fake_clock import FakeClock

PASSPHRASE = 'Kan4ri"ä\\x'
PIECE = 12
"""A piece of a secret that is so long must not be seen; shorter ones occur by chance."""


@dataclass(frozen=True)
class Sent:
    """A call with something secret in its body.

    Attributes:
        call: the call.
        secrets: what is secret about it, in every spelling that a server knows.
    """

    call: Call[TaskIds]
    secrets: tuple[str, ...]

    @property
    def body(self) -> str:
        assert self.call.body is not None
        return self.call.body.model_dump_json(exclude_unset=True)


@pytest.fixture(scope="session")
def sendings(identity: Identity) -> dict[str, Sent]:
    passphrase = base64.b64encode(PASSPHRASE.encode()).decode()
    pkcs12 = base64.b64encode(identity.to_pkcs12()).decode()
    bundle = identity.to_pem_bundle()
    key = identity.private_key_pem
    shapes = routes.create_secret_with_key(
        "web",
        payload_base64=pkcs12,
        certificate=identity.certificate_pem,
        certificate_chain=identity.certificate_pem,
        private_key=key,
    )
    return {
        "passphrase": Sent(routes.create_secret_v1("web", passphrase), (passphrase, PASSPHRASE)),
        "pkcs12": Sent(shapes.guide, (pkcs12,)),
        "pem": Sent(
            routes.create_secret_v2("web", base64.b64encode(bundle.encode()).decode()),
            (base64.b64encode(bundle.encode()).decode(), key),
        ),
        "key": Sent(shapes.openapi, (key,)),
    }


@pytest.fixture(params=["passphrase", "pkcs12", "pem", "key"])
def sent(request: pytest.FixtureRequest, sendings: dict[str, Sent]) -> Sent:
    return sendings[request.param]


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
    """A short secret in all its spellings, a long one's pieces; the labels of PEM are no secret."""
    if len(secret) < 2 * PIECE:
        yield from (escaped for escape in ESCAPES for escaped in (escape(secret), repr(escape(secret))[1:-1]))
        return
    for line in secret.splitlines():
        if not line.startswith("-----"):
            yield from (line[start : start + PIECE] for start in range(len(line) - PIECE + 1))


def assert_shows_nothing(text: str, *secrets: str) -> None:
    for secret in (API_KEY, *secrets):
        for piece in pieces(secret):
            assert piece not in text


def all_of(error: BaseException) -> str:
    """Everything that a terminal or a log could show of an error."""
    return "\n".join([str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)])


def wrapped_lines(text: str) -> str:
    return "\n".join(text[start : start + 20] for start in range(0, len(text), 20))


def cut_in_the_middle(text: str) -> str:
    return f"{text[: len(text) // 3]}...{text[-len(text) // 3 :]}" if len(text) >= 2 * PIECE else text


SPOKEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in quotes": repr,
    "as JSON": json.dumps,
    "as JSON in JSON": lambda secret: json.dumps(json.dumps(secret)),
    "as bytes": lambda secret: repr(secret.encode()),
    "in HTML": lambda secret: html.escape(secret),
    "in an URL": lambda secret: quote(secret),
    "in brackets": lambda secret: f"[type=string_type, input_value={secret}, input_type=str]",
    "in a sentence": lambda secret: f"payload={secret}, which is not valid",
    "wrapped": wrapped_lines,
    "cut": cut_in_the_middle,
    "behind much else": lambda secret: f"{'much else ' * 58}{secret}",
    "behind a PEM block": lambda secret: f"-----BEGIN X-----{'A' * 1990}-----END X-----{secret}",
}

ECHOES: dict[str, Callable[[Sent, str], httpx.Response]] = {
    "message": lambda sent, said: answer({"exception_class": "ValidationError", "message": said}, 400),
    "invalid field's reason": lambda sent, said: answer({"message": "bad", "invalid_fields": {"payload": [said]}}, 400),
    "invalid field's nested reason": lambda sent, said: answer({"invalid_fields": {"payload": {"x": [said]}}}, 400),
    "request id": lambda sent, said: answer({"message": "bad", "request_id": said}, 400),
    "text": lambda sent, said: httpx.Response(502, text=f"<html>{said}</html>"),
    "text of a good answer": lambda sent, said: httpx.Response(200, text=f"<html>{said}</html>"),
    "other fields": lambda sent, said: answer({"message": {"was": said}}, 422),
    "field of a good answer": lambda sent, said: answer({"tasks": {"was": said}}),
    "whole body": lambda sent, said: httpx.Response(400, text=f"{said}: {sent.body}"),
}


@pytest.mark.parametrize("spoken", SPOKEN)
@pytest.mark.parametrize("echo", ECHOES)
def test_an_answer_that_repeats_what_was_sent(echo: str, spoken: str, sent: Sent, clock: FakeClock) -> None:
    for secret in (*sent.secrets, API_KEY):
        client = client_of(Script([ECHOES[echo](sent, SPOKEN[spoken](secret))]), clock)
        with pytest.raises((HttpStatusError, MalformedResponse)) as raised:
            client.send(sent.call, client.deadline(0.1))
        assert_shows_nothing(all_of(raised.value), *sent.secrets)


@pytest.mark.parametrize("spoken", SPOKEN)
def test_a_failed_task_that_repeats_what_was_sent(spoken: str, sent: Sent, clock: FakeClock) -> None:
    for secret in sent.secrets:
        failed = answer(task_body("t1", "ERROR", error=f"sad: {SPOKEN[spoken](secret)}", data={"payload": secret}))
        client = client_of(Script([tasks("t1"), failed]), clock)
        begun = client.send(sent.call, client.deadline(60))
        with pytest.raises(TaskFailed, match="sad: ") as raised:
            Tasks(client).wait(begun.tasks, sent.call.description, client.deadline(60))
        assert_shows_nothing(all_of(raised.value), *sent.secrets)


def test_a_later_answer_that_repeats_what_was_sent(sent: Sent, clock: FakeClock) -> None:
    """A service may speak of the body that it failed on when it is asked for something else."""
    said = f"still sad about {sent.secrets[-1]}"
    client = client_of(Script([tasks("t1"), answer({"message": said}, 500)]), clock)
    client.send(sent.call, client.deadline(60))
    with pytest.raises(ServerError, match="still sad about") as raised:
        client.send(routes.list_secrets(0), client.deadline(0.1))
    assert_shows_nothing(all_of(raised.value), *sent.secrets)


def test_a_failure_of_the_network_that_repeats_a_header(clock: FakeClock) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.LocalProtocolError(f"Illegal header value {request.headers['Authorization']!r}")

    client = client_of(httpx.MockTransport(fail), clock)
    with pytest.raises(ApiError) as raised:
        client.send(routes.list_secrets(0), client.deadline(1))
    assert API_KEY not in str(raised.value)


def test_what_is_sent_shows_nothing_itself(sent: Sent) -> None:
    assert_shows_nothing(f"{sent.call!r} {sent.call.body!r} {sent.call.body}", *sent.secrets)


def test_the_logs_show_nothing(sendings: dict[str, Sent], emulate: Emulate, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    account = emulate()
    for sent in sendings.values():
        account.run(sent.call)
    assert len(account.writes()) == len(sendings)
    assert any(record.name.startswith("httpcore") for record in caplog.records)
    for sent in sendings.values():
        assert_shows_nothing(caplog.text, *sent.secrets)


# The pieces.


def test_only_what_is_confidential_is_hidden() -> None:
    confidential = Redactor("Zm9vYmFyCg==", "correct horse battery staple")
    told = (
        "ValidationError: payload_content_encoding of secret 0d2d3d1f-8f1c-4d46-9a3c-6c1c1f4ef0aa "
        "at /cloud/v1/secrets/1/2 must be base64; BEGIN CERTIFICATE is missing"
    )
    assert confidential.redact(told) == told
    assert confidential.redact("a correct horse battery staple!") == f"a {HIDDEN}!"
    assert confidential.redact("it was foobar") == f"it was {HIDDEN}"


def test_pem_and_long_base64_are_hidden_without_being_known(identity: Identity) -> None:
    key = identity.private_key_pem
    pkcs12 = base64.b64encode(identity.to_pkcs12()).decode()
    for text in (key, json.dumps(key), key[:-30], f"x {pkcs12} y"):
        shown = Redactor().redact(text)
        assert HIDDEN in shown
        assert_shows_nothing(shown, key, pkcs12)


def test_very_short_texts_hide_nothing() -> None:
    assert Redactor("", "a", "abc").redact("abc banana") == "abc banana"


def test_the_longer_of_two_texts_is_hidden_as_a_whole() -> None:
    assert Redactor("pass", "pass-and-more").redact("it is pass-and-more") == f"it is {HIDDEN}"


def test_it_shows_itself_to_nobody() -> None:
    assert "kanari" not in repr(Redactor("kanari"))


class Body(BaseModel):
    plain: str = "plain"
    secret: SecretStr = SecretStr("one")
    inner: list[dict[str, SecretStr]] = [{"a": SecretStr("two")}]
    deeper: Body | None = None


def test_secrets_are_found_at_any_depth() -> None:
    assert list(secrets_in(Body(deeper=Body(secret=SecretStr("three"))))) == ["one", "two", "three", "two"]
    assert list(secrets_in(None)) == []
