"""Troubleshooting is keyed by what is really said: the sentences found in the source are those of real runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi import RunError

import gcore_tls_provider as gcore
from documentation.sentences import Said, of_errors, of_findings, of_warnings
from documentation.troubleshooting import error_kinds, refusal_remedies
from documentation.wording import FILLED_IN
from gcore_tls_provider import errors
from gcore_tls_provider.api import http_errors as refusals
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
from tests.docs.pages import BLOCKS

FOUND = of_findings(CODES)


def is_said(said: Said, text: str) -> bool:
    """Return whether a text is a message with inserted values, including its remedy."""
    pattern = re.escape(" ".join(filter(None, (said.sentence, said.remedy)))).replace(re.escape(FILLED_IN), ".*")
    return re.match(pattern, text) is not None


def test_every_code_has_a_sentence() -> None:
    assert set(FOUND) == set(CODES)
    for code, said in FOUND.items():
        assert said, code
        assert any(sum(map(str.isalpha, each.sentence)) > 6 for each in said), code


def test_every_finding_on_a_page_is_one_of_them() -> None:
    lines = [line for block in BLOCKS if block.language == "text" for line in block.text.splitlines()]
    shown = [found for line in lines if (found := re.search(r"\w+: (.+) \[([A-Z0-9_]+)\]$", line.strip()))]
    for found in shown:
        # A preview says before it which resource it is, and an accepted finding has its reason in the remedy's place.
        sentence = re.sub(r"^.*?has a problem: \w+: |^(?:error|warning): |^\w+: ", "", found[1])
        accepted = "Accepted: " in sentence
        known = FOUND[found[2]]
        if accepted:
            known = [Said(each.sentence) for each in known]
        assert any(is_said(each, sentence) for each in known), found[0]
    assert len({found[2] for found in shown}) > 2


AUTHORITY, OTHER = DevelopmentCa.create("Authority"), DevelopmentCa.create("Other")
SERVER, ANOTHER = AUTHORITY.issue_server(["app.example.com"]), AUTHORITY.issue_server(["app.example.com"])


def mismatched(_: Path) -> object:
    return identity_from_pem(certificate=SERVER.full_chain_pem, private_key=ANOTHER.private_key_pem)


def truncated(_: Path) -> object:
    return CaBundle.parse(AUTHORITY.certificate_pem[:-40])


def misplaced_key(_: Path) -> object:
    return CaBundle.parse(SERVER.private_key_pem)


def no_list(_: Path) -> object:
    return CrlBundle.parse(AUTHORITY.certificate_pem)


def wrong_password(folder: Path) -> object:
    (folder / "client.p12").write_bytes(SERVER.to_pkcs12("right"))
    return identity_from_pkcs12(pkcs12=from_file(folder / "client.p12"), password="wrong")


def no_file(folder: Path) -> object:
    return from_file(folder / "nothing.pem")


@pytest.mark.parametrize("use", [mismatched, truncated, misplaced_key, no_list, wrong_password, no_file])
def test_what_is_really_said_is_one_of_them(use: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(MaterialError) as raised:
        use(tmp_path)
    for finding in raised.value.findings:
        assert any(is_said(each, str(finding)) for each in FOUND[finding.code]), str(finding)


def test_every_error_that_is_raised_is_there() -> None:
    found = of_errors(error_kinds())
    raised = {"ConfigurationError", "PropertyError", "RunError", "Unreachable", "MalformedResponse", "TaskFailed"}
    raised |= {"TaskNotFound", "ObjectFailed", "DeadlineExceeded"}
    assert raised <= set(found)
    for kind in set(found) | set(refusal_remedies()):
        assert kind in vars(errors) or kind == "RunError"
    refused = {each.__name__ for each in refusals.REMEDIES}
    assert refused == set(refusal_remedies())
    # HttpStatusError itself is the root of those, and GcoreTlsError, ApiError that of all.
    assert set(error_kinds()) - set(found) - refused <= {"GcoreTlsError", "ApiError", "HttpStatusError"}


def test_what_is_left_half_done_is_there() -> None:
    said = of_errors(error_kinds())["ApiError"]
    assert any("could not be removed" in each.sentence and "pulumi destroy" in each.remedy for each in said)


def test_a_real_error_is_one_of_them() -> None:
    with pytest.raises(RunError) as raised:
        gcore.from_file("nothing.pem")
    assert any(is_said(each, str(raised.value)) for each in FOUND["FILE_NOT_FOUND"])


def test_warnings_are_found() -> None:
    said = [each.sentence for each in of_warnings()]
    assert len(said) > 5
    assert any("Another client has changed" in each for each in said)
