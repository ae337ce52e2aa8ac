"""The diagrams are those that the code draws, can be shown without anything from elsewhere, and are used."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from documentation.diagrams import ALL, FOLDER
from tests.docs.pages import DOCS

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", ALL)
def test_a_diagram_is_drawn_as_it_is(name: str) -> None:
    text = (FOLDER / f"{name}.svg").read_text()
    assert text == ALL[name].svg(), "type `PYTHONPATH=scripts python -m documentation.diagrams`"
    root = ElementTree.fromstring(text)
    assert root.findtext(f"{SVG}title")
    assert not re.search(r"href|@import|https?://(?!www\.w3\.org/2000/svg)", text)


@pytest.mark.parametrize("name", ALL)
def test_everything_is_inside_of_it(name: str) -> None:
    drawing = ALL[name]
    for shape in ElementTree.fromstring(drawing.svg()).iter(f"{SVG}rect"):
        right = int(shape.get("x", "0")) + int(shape.get("width", "0"))
        assert right <= drawing.width
        assert int(shape.get("y", "0")) + int(shape.get("height", "0")) <= drawing.height


def test_each_is_on_a_page_with_words_for_those_who_cannot_see_it() -> None:
    shown = [found for page in DOCS.rglob("*.md") for found in re.findall(r"!\[([^\]]+)\]\((\S+)\)", page.read_text())]
    assert {path.rpartition("/")[2] for _, path in shown} == {f"{name}.svg" for name in ALL}
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.svg" for name in ALL}
    assert all(len(words) > 60 for words, _ in shown)
