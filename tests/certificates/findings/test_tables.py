"""Tables of findings: messages are complete, and every report passes the values of its message."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from itertools import product
from string import Formatter
from typing import Any, get_args

import pytest

from gcore_tls_provider.certificates.findings.codes import AREAS, CODES
from gcore_tls_provider.certificates.findings.finding import Finding, Severity
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.findings.table import DEFAULT, Message
from gcore_tls_provider.certificates.rules.validity import CodePrefix
from gcore_tls_provider.lifecycle import impact
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN
from gcore_tls_provider.lifecycle.plan import Diff
from tests.certificates.findings.report_calls import ReportCall, report_calls

MESSAGES = {f"{code} {key}": message for code, entry in CODES.items() for key, message in entry.messages.items()}
CALLS = {call.place: call for call in report_calls()}

DYNAMIC_CALLS = {
    "certificates/rules/validity.py": "the code has one of five prefixes",
    "certificates/rules/backend.py": "the values of validity are a mapping",
    "certificates/rules/reload_effects.py": "the message depends on the type of content",
    "cli/check/passwords.py": "the code depends on the type of file",
    "lifecycle/impact.py": "the code, the message and the values depend on the kind of object",
}
"""Modules with calls that compute the code, message or values. Tests of these modules run all of the calls."""


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_message_is_whole_sentences_with_plain_placeholders(message: Message) -> None:
    for text in (message.sentence, message.remedy):
        for _, name, specification, conversion in Formatter().parse(text):
            assert name is None or name.isidentifier()
            assert not specification and conversion is None
        assert re.match(r"[A-Z'{`\"]|cookie_name |from_file |vip_", text), text
        assert text.endswith((".", "}")), text
        assert "  " not in text and text == text.strip()
    assert not message.placeholders & {"code", "message", "property", "severity"}


def test_every_code_is_in_one_area_and_has_messages_and_severities() -> None:
    counts = Counter(code for codes in AREAS.values() for code in codes)
    assert set(counts.values()) == {1}
    assert set(counts) == set(CODES)
    for code, entry in CODES.items():
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", code)
        assert entry.meaning and not entry.meaning.endswith(".")
        assert entry.messages and all(key.isidentifier() for key in entry.messages)
        assert entry.severities and len(set(entry.severities)) == len(entry.severities)
        assert set(entry.severities) <= set(get_args(Severity))


def test_only_a_single_message_or_a_usual_one_has_the_default_key() -> None:
    for code, entry in CODES.items():
        assert len(entry.messages) > 1 or set(entry.messages) == {DEFAULT}, code


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_report_call_passes_exactly_the_values_of_its_message(call: ReportCall) -> None:
    if not call.codes or not call.messages or call.values is None:
        assert call.place.partition(":")[0] in DYNAMIC_CALLS
    for code in call.codes:
        for key in call.messages or CODES[code].messages:
            placeholders = CODES[code].messages[key].placeholders
            assert call.values is None or call.values == placeholders, call
        assert set(call.severities) <= set(CODES[code].severities), call


def test_every_message_about_a_replacement_gets_exactly_its_values(monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[tuple[str, str]] = set()

    def record(code: str, property: str, *, message: str, **values: Any) -> Finding:
        used.add((code, message))
        return report(code, property, message=message, **values)

    monkeypatch.setattr(impact, "report", record)
    for kind, deletes_first, name, value in product(
        ("load balancer", "listener", "pool"),
        (False, True),
        ("project_id", "vip_port_id", "floating_ip"),
        ("value", UNKNOWN),
    ):
        diff = Diff(changes=True, replaces=(name,), delete_before_replace=deletes_first)
        assert len(impact.change_findings(kind, diff, {}, {name: value})) == 1
    assert used == {(code, key) for code in ("REPLACED", "REPLACED_WITH_GAP") for key in CODES[code].messages}


def test_every_message_about_certificates_is_used() -> None:
    used = {(code, key) for call in CALLS.values() for code in call.codes for key in call.messages}
    used |= {
        (f"{prefix}_{suffix}", DEFAULT)
        for prefix in get_args(CodePrefix)
        for suffix in ("EXPIRED", "NOT_YET_VALID", "EXPIRES_SOON")
    }
    used.add(("INTERMEDIATE_EXPIRES_SOON", "backend"))
    declared = {
        (code, key)
        for area in ("leaf", "trust", "crl", "backend")
        for code, entry in AREAS[area].items()
        for key in entry.messages
    }
    assert declared <= used


def test_codes_of_validity_have_the_same_placeholders() -> None:
    expected = {
        "EXPIRED": {"subject", "not_after", "ago"},
        "NOT_YET_VALID": {"subject", "not_before", "wait"},
        "EXPIRES_SOON": {"subject", "not_after", "left"},
    }
    for prefix in get_args(CodePrefix):
        for suffix, placeholders in expected.items():
            entry = CODES.get(f"{prefix}_{suffix}")
            # A CA that expires soon has one code, whether another CA works or not.
            assert entry is not None or (prefix, suffix) == ("CA_BUNDLE_ENTRY", "EXPIRES_SOON")
            for message in () if entry is None else entry.messages.values():
                assert message.placeholders == placeholders
    for key, suffix in (("expired", "EXPIRED"), ("not_yet_valid", "NOT_YET_VALID")):
        message = CODES["BACKEND_CA_REJECTED"].messages[key]
        assert message.placeholders == expected[suffix] | {"ca"}


def test_tables_import_no_heavy_library() -> None:
    statement = (
        "import sys, gcore_tls_provider.certificates.findings.report as report\n"
        "print(sorted({'cryptography', 'pydantic', 'pydantic_core'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=True).stdout
    assert printed == "[]\n"
