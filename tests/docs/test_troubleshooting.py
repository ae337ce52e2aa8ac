"""`docs/troubleshooting.md` lists the messages that users see: findings, classes of errors, warnings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pulumi import RunError

import gcore_tls_provider as gcore
from documentation.troubleshooting import error_meanings, shown
from gcore_tls_provider import errors
from gcore_tls_provider.api.http_errors import REMEDIES
from gcore_tls_provider.certificates import (
    CaBundle,
    CrlBundle,
    DevelopmentCa,
    MaterialError,
    from_file,
    identity_from_pem,
    identity_from_pkcs12,
)
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.findings.table import Message
from gcore_tls_provider.lifecycle.run.warnings import WARNINGS
from tests.docs.pages import BLOCKS


def matches(message: Message, text: str, *, accepted: bool = False) -> bool:
    """Return whether a text is a message with its placeholders filled.

    Args:
        message: Entry of a table.
        text: Sentence and remedy, as printed.
        accepted: Whether the reason for accepting the finding takes the place of the remedy.
    """
    template = message.sentence if accepted else f"{message.sentence} {message.remedy}"
    literals = (re.escape(part) for part in re.split(r"\{\w+\}", template))
    return re.match(".*".join(literals), text, re.DOTALL) is not None


def messages_of(code: str) -> Sequence[Message]:
    return list(CODES[code].messages.values())


def test_every_finding_on_a_page_is_a_message_of_its_code() -> None:
    lines = [line for block in BLOCKS if block.language == "text" for line in block.text.splitlines()]
    findings = [found for line in lines if (found := re.search(r"\w+: (.+) \[([A-Z0-9_]+)\]$", line.strip()))]
    for found in findings:
        text = re.sub(r"^.*?has a problem: \w+: |^(?:error|warning): |^\w+: ", "", found[1])
        text = re.sub(r"^\w+: ", "", text)
        accepted = "Accepted: " in text
        assert any(matches(each, text, accepted=accepted) for each in messages_of(found[2])), found[0]
    assert len({found[2] for found in findings}) > 2


CA, OTHER_CA = DevelopmentCa.create("CA"), DevelopmentCa.create("Other CA")
SERVER, OTHER_SERVER = CA.issue_server(["app.example.com"]), CA.issue_server(["app.example.com"])


def mismatched_key(_: Path) -> object:
    return identity_from_pem(certificate=SERVER.full_chain_pem, private_key=OTHER_SERVER.private_key_pem)


def truncated_ca(_: Path) -> object:
    return CaBundle.parse(CA.certificate_pem[:-40])


def key_as_ca(_: Path) -> object:
    return CaBundle.parse(SERVER.private_key_pem)


def certificate_as_crl(_: Path) -> object:
    return CrlBundle.parse(CA.certificate_pem)


def wrong_password(folder: Path) -> object:
    (folder / "client.p12").write_bytes(SERVER.to_pkcs12("right"))
    return identity_from_pkcs12(pkcs12=from_file(folder / "client.p12"), password="wrong")


def missing_file(folder: Path) -> object:
    return from_file(folder / "nothing.pem")


@pytest.mark.parametrize(
    "parse", [mismatched_key, truncated_ca, key_as_ca, certificate_as_crl, wrong_password, missing_file]
)
def test_a_raised_finding_is_a_message_of_its_code(parse: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(MaterialError) as raised:
        parse(tmp_path)
    for finding in raised.value.findings:
        assert any(matches(each, str(finding)) for each in messages_of(finding.code)), str(finding)


def test_an_error_in_a_program_contains_the_message_of_its_finding() -> None:
    with pytest.raises(RunError) as raised:
        gcore.from_file("nothing.pem")
    assert any(matches(each, str(raised.value)) for each in messages_of("FILE_NOT_FOUND"))


def test_every_class_of_error_has_a_meaning() -> None:
    classes = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, Exception)}
    assert set(error_meanings()) == classes | {"RunError"}
    assert all(paragraphs and paragraphs[0].endswith(".") for paragraphs in error_meanings().values())


@pytest.mark.parametrize("kind", REMEDIES, ids=lambda kind: kind.__name__)
def test_the_remedy_of_an_http_status_follows_its_meaning(kind: type[errors.HttpStatusError]) -> None:
    assert error_meanings()[kind.__name__][-1] == shown(REMEDIES[kind])
    assert "{" not in shown(REMEDIES[kind])


@pytest.mark.parametrize("warning", WARNINGS, ids=lambda warning: warning.sentence[:40])
def test_a_warning_is_a_sentence_and_a_remedy(warning: Message) -> None:
    values = {name: f"<{name}>" for name in warning.placeholders}
    sentence, remedy = warning.fill(**values)
    assert sentence.endswith((".", "<reason>")) and remedy.endswith(".")
    assert all(value in sentence + remedy for value in values.values())
    with pytest.raises(ValueError, match="needs"):
        warning.fill(**values, other="value")
