"""The report is one well-formed page that needs no network and runs no script."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from moei_toolkit.io.images import write_image
from moei_toolkit.report.figures import training_curves
from moei_toolkit.report.page import Strip, render_page
from moei_toolkit.report.tables import Table

VOID = {"meta", "img", "br", "hr", "link", "input"}
NASTY = "<script>alert('x')</script> & \"quotes\""


class Outline(HTMLParser):
    """Checks that tags are closed in order, and collects what the page shows and loads."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.loaded += [value or "" for name, value in attributes if name in ("src", "href", "xlink:href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    return parser


@pytest.fixture
def strip(tmp_path):
    pixels = np.random.default_rng(0).random((3, 8, 12), np.float32)
    for name in ("input.jpg", "clean.png"):
        write_image(tmp_path / name, pixels)
    return Strip("photo: route rain", [("input", tmp_path / "input.jpg"), ("clean", tmp_path / "clean.png")])


@pytest.fixture
def page(strip):
    tables = [Table("Quality", ["weather", "dense"], [["rain", "27.10"], ["haze", "18.00"]], "In dB.")]
    history = {"dense": [{"iteration": 4, "psnr": 20.0}, {"iteration": 8, "psnr": 21.5}]}
    return render_page("Title", "Intro.", tables, [training_curves(history)], [strip])


def test_every_tag_is_closed_in_order(page):
    found = outline(page)
    assert found.open == []
    assert page.startswith("<!doctype html>")
    assert {"h1", "table", "svg", "img", "figcaption"} <= set(found.tags)


def test_it_shows_everything_it_was_given(page):
    text = " ".join(outline(page).text)
    for part in ("Title", "Intro.", "Quality", "27.10", "In dB.", "photo: route rain", "validation PSNR, dB"):
        assert part in text


def test_nothing_is_loaded_from_anywhere(page):
    found = outline(page)
    assert all(value.startswith(("data:image/", "#")) for value in found.loaded)
    assert "script" not in found.tags
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    # What is left are names of XML vocabularies, which nobody fetches.
    rest = re.sub(r'(xmlns(:\w+)?|rdf:resource)="http[^"]*"', "", page)
    assert "http" not in rest


def test_pictures_are_inside_the_page(page, strip):
    sources = [value for value in outline(page).loaded if value.startswith("data:image/")]
    assert [value.partition(";")[0] for value in sources] == ["data:image/jpeg", "data:image/png"]
    for value, (_, path) in zip(sources, strip.pictures, strict=True):
        assert base64.b64decode(value.partition("base64,")[2], validate=True) == path.read_bytes()


def test_text_is_escaped_wherever_it_stands(strip):
    nasty = Strip(NASTY, [(NASTY, strip.pictures[0][1])])
    tables = [Table(NASTY, [NASTY], [[NASTY]], NASTY)]
    found = outline(render_page(NASTY, NASTY, tables, [training_curves({NASTY: []})], [nasty]))
    assert found.open == []
    assert "script" not in found.tags
    assert sum(NASTY in text for text in found.text) >= 9


def test_the_same_input_gives_the_same_bytes(page, strip):
    history = {"dense": [{"iteration": 4, "psnr": 20.0}, {"iteration": 8, "psnr": 21.5}]}
    tables = [Table("Quality", ["weather", "dense"], [["rain", "27.10"], ["haze", "18.00"]], "In dB.")]
    assert render_page("Title", "Intro.", tables, [training_curves(history)], [strip]) == page


def test_an_empty_report_is_a_page_too():
    assert outline(render_page("Title", "", [], [], [])).open == []
