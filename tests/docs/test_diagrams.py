"""Diagrams: generated from code, self-contained, and used on a page with a description."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from documentation.diagrams import ALL, FOLDER
from documentation.screenshots import FOLDER as IMAGES
from tests.docs.pages import DOCS

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", ALL)
def test_diagram_file_is_what_the_code_draws(name: str) -> None:
    text = (FOLDER / f"{name}.svg").read_text()
    assert text == ALL[name].svg(), "type `PYTHONPATH=scripts python -m documentation.diagrams`"
    root = ElementTree.fromstring(text)
    assert root.findtext(f"{SVG}title")
    assert not re.search(r"href|@import|https?://(?!www\.w3\.org/2000/svg)", text)


@pytest.mark.parametrize("name", ALL)
def test_no_shape_leaves_the_diagram(name: str) -> None:
    drawing = ALL[name]
    for shape in ElementTree.fromstring(drawing.svg()).iter(f"{SVG}rect"):
        right = int(shape.get("x", "0")) + int(shape.get("width", "0"))
        assert right <= drawing.width
        assert int(shape.get("y", "0")) + int(shape.get("height", "0")) <= drawing.height


def test_each_diagram_is_on_a_page_with_a_description() -> None:
    shown = [found for page in DOCS.rglob("*.md") for found in re.findall(r"!\[([^\]]+)\]\((\S+)\)", page.read_text())]
    names = {path.rpartition("/")[2] for _, path in shown}
    assert names - {path.name for path in IMAGES.iterdir()} == {f"{name}.svg" for name in ALL}
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.svg" for name in ALL}
    assert all(len(description) > 60 for description, _ in shown)
