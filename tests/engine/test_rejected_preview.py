"""Pictures of a rejected preview, compared with a preview by the real engine."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from documentation.screenshots import COMMAND, FOLDER, rejected_preview
from documentation.terminal import SCHEMES, terminal_svg, text_of

pytestmark = pytest.mark.engine


def words(text: str) -> Counter[str]:
    """Return the words of a picture, without dates and durations, which differ from day to day.

    The engine prints resources in a random order, and the picture wraps long lines, so only the words can be compared.
    """
    return Counter(re.sub(r"\d{4}-\d\d-\d\d|\d+ days", "", text).split())


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    return rejected_preview(tmp_path_factory.mktemp("preview"))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_picture_matches_the_current_preview(output: str, scheme: str) -> None:
    shown = text_of((FOLDER / f"preview-{scheme}.svg").read_text())
    printed = text_of(terminal_svg(output, COMMAND, "light"))
    assert words(shown) == words(printed), "run `PYTHONPATH=scripts python -m documentation.screenshots`"


def test_the_preview_reports_both_broken_certificates_and_names_the_dependency(output: str) -> None:
    codes = re.findall(r"\[([A-Z_]+)\]", output)
    assert sorted(codes) == ["BACKEND_NAME_NOT_COVERED", "CERTIFICATE_EXPIRED", "DEPENDENCY_HAS_ERRORS"]


def test_the_preview_contains_no_traceback_and_no_key(output: str, tmp_path: Path) -> None:
    assert "Traceback" not in output
    assert "PRIVATE KEY" not in output
