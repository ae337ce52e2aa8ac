"""Errors without their tracebacks."""

from __future__ import annotations

import sys
import traceback

import pytest

from gcore_tls_provider.pulumi_internals.tracebacks import hide_tracebacks


def test_exception_is_formatted_as_its_message_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)
    hide_tracebacks()
    try:
        raise ValueError("no such flavor")
    except ValueError:
        assert "File" not in traceback.format_exc()
        assert "no such flavor" in traceback.format_exc()
