"""Paths, names and log lines cannot control the terminal in which the emulator, or a client of it, runs."""

from __future__ import annotations

import logging
import signal
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from gcore_emulator.printable import PrintableFormatter, printable
from gcore_tls_provider.printable import printable as provider_printable
from tests.gcore_emulator.emulated_api import Api
from tests.gcore_emulator.test_emulator_command import running
from tests.hostile_text import HOSTILE_TEXTS, is_harmless

SENDABLE = {name: text for name, text in HOSTILE_TEXTS.items() if "\ud800" not in text}


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_texts_are_as_printable_as_those_of_the_provider(name: str) -> None:
    text = HOSTILE_TEXTS[name]
    assert printable(text) == provider_printable(text)
    assert is_harmless(printable(text))


def test_log_of_the_command_is_printable_whatever_the_path_is(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running(log) as (url, process):
        for text in SENDABLE.values():
            httpx.get(f"{url}/cloud/{quote(text, safe='')}")
            httpx.get(f"{url}/_emulator/{quote(text, safe='')}", headers={"Origin": "https://evil.example"})
        httpx.get(url, headers={b"Host": b"\x9b31m\x1b[2J"})
        httpx.get(f"{url}/cloud/", headers={b"Origin": b"\x9d0;owned\x9c"})
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    lines = log.read_bytes().decode().split("\n")
    assert len(lines) - 1 >= 2 * len(SENDABLE)
    assert all(map(is_harmless, lines))
    assert not [
        each for each in lines[:-1] if " /cloud/" not in each and " /_emulator/" not in each and " 403 " not in each
    ]


@pytest.mark.parametrize("name", SENDABLE)
def test_control_routes_respond_with_printable_ascii(api: Api, name: str) -> None:
    text = SENDABLE[name]
    secret_id = api.server_secret()
    secrets = api.emulator.account.secrets
    secrets[secret_id] = replace(secrets[secret_id], name=text)
    api.http.get(f"/cloud/{quote(text, safe='')}")
    for path in ("state", "requests", "audit", "faults"):
        body = api.http.get(f"/_emulator/{path}").content
        assert all(0x20 <= each < 0x7F for each in body), path
    assert api.state()["secrets"][secret_id]["name"] == text
    recorded = api.http.get("/_emulator/requests").json()["requests"][-1]["path"]
    assert recorded == f"/cloud/{printable(text)}" or recorded == printable(f"/cloud/{text}")
    view = api.http.get("/_emulator/view").json()
    assert all(is_harmless(one["path"]) for one in view["requests"])


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_log_lines_of_any_origin_are_printable(name: str) -> None:
    """Loggers of libraries write to the same terminal: their records have unknown texts."""
    text = HOSTILE_TEXTS[name]
    formatter = PrintableFormatter("%(asctime)s %(message)s")
    record = logging.LogRecord("uvicorn.error", logging.ERROR, __file__, 1, "%s happened", (text,), None)
    assert is_harmless(formatter.format(record))
    assert "\n" not in formatter.format(record)
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        record.exc_info = (type(error), error, error.__traceback__)
        record.exc_text = None
    lines = formatter.format(record)
    assert is_harmless(lines)
    assert "Traceback" in lines
