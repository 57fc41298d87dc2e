"""A report is one well-formed page that needs nothing else, and shows text as text."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from html.parser import HTMLParser

import pytest

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.checks import Check
from moei_toolkit.evaluation.objectives import Objective
from moei_toolkit.report.blocks.details import Details
from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.blocks.headline import BigNumber, Headline
from moei_toolkit.report.blocks.layout import Grid, Section
from moei_toolkit.report.blocks.objectives import ObjectiveCards
from moei_toolkit.report.blocks.slider import Slider, Version
from moei_toolkit.report.blocks.table import SortableTable
from moei_toolkit.report.figures.training import training_curves
from moei_toolkit.report.html import render_report
from moei_toolkit.report.markup import VOID
from moei_toolkit.report.pictures import Picture
from moei_toolkit.report.tables.table import Table

NASTY = "</script><script>alert('x')</script><img src=http://a.example/x> & \"quotes\" $x$"
PICTURE = Picture("data:image/jpeg;base64,AAAA", 4, 3)
HISTORY = {"dense": [{"iteration": 4, "psnr": 20.0}, {"iteration": 8, "psnr": 21.5}]}


class Outline(HTMLParser):
    """Checks that tags are closed in order, and collects elements and text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes), f"<{tag}> has an attribute twice"
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.elements if attribute in attributes]


def slider(text: str = "photo", **choice: int) -> Slider:
    versions = [Version(f"{name} {text}", text, PICTURE) for name in ("input", "dense", "MoE-I")]
    return Slider(text, text, versions, **choice)


def page(text: str = "words", history=HISTORY) -> str:
    """A page with every kind of block, all of whose texts are ``text``."""
    blocks = [
        SortableTable(Table(text, [text, "dense"], [[text, "27.10"], ["haze", "-"]], text)),
        training_curves({text: history["dense"]}),
        Figure(text, text, [], [], [], missing=text),
        Grid([slider(text), slider(text)], text),
        Details(text, text),
    ]
    headline = Headline(text, text, [BigNumber(text, text, text)], text)
    return render_report(headline, [Section(text, blocks, text), Section("Rest", [])], text)


def test_every_tag_is_closed_in_order():
    found = Outline(page())
    assert found.open == []
    assert {"h1", "nav", "table", "svg", "img", "details", "footer"} <= {tag for tag, _ in found.elements}
    assert len(set(found.values("id"))) == len(found.values("id"))


def test_text_is_escaped_wherever_it_stands():
    plain, found = Outline(page()), Outline(page(NASTY))
    assert [tag for tag, _ in found.elements] == [tag for tag, _ in plain.elements]
    assert sum(NASTY in text for text in found.text) == sum("words" in text for text in plain.text) >= 20
    assert NASTY in found.all("svg")[0]["aria-label"]


def test_nothing_is_loaded_from_anywhere():
    text = page()
    found = Outline(text)
    assert all(value.startswith("data:image/") for value in found.values("src"))
    assert found.all("link") == [{"rel": "icon", "href": "data:,"}], "or a browser asks for one"
    addresses = found.values("href") + found.values("xlink:href")
    assert all(value.startswith(("#", "data:")) for value in addresses)
    assert not re.search(r"@import|url\((?!#)", text)
    assert "http" not in re.sub(r'xmlns(:xlink)?="http[^"]*"|http-equiv', "", text)


def test_the_browser_is_told_to_refuse_everything_else():
    text = page()
    (policy,) = (meta["content"] for meta in Outline(text).all("meta") if "http-equiv" in meta)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )


def test_the_contents_lead_to_every_section():
    sections = [Section(title, []) for title in ("Quality", "Quality", "quality 2", "雪")]
    found = Outline(render_report(Headline("Title", "Finding."), sections))
    targets = [attributes["id"] for attributes in found.all("section")]
    assert [attributes["href"] for attributes in found.all("a")] == [f"#{target}" for target in targets]
    assert targets == ["quality", "quality-2", "quality-2-2", "untitled"]


def test_the_same_input_gives_the_same_bytes():
    assert page() == page()


def test_an_empty_report_is_a_page_too():
    found = Outline(render_report(Headline("Title", ""), []))
    assert found.open == []
    assert found.all("nav") == []


TABLE = Table(
    "Objectives",
    ["", "measured", "verdict"],
    [["O1", "-", "not measured: no 4K data"], ["O2", "+0.56 dB", "pass"], ["O10", "3.2 to 4.1", "fail"]],
    "Note.",
)


def test_cells_know_what_they_sort_by():
    found = Outline(SortableTable(TABLE).html())
    cells = [
        attributes for tag, attributes in found.elements if tag in ("th", "td") and "class" in attributes
    ]
    assert [cell.get("data-value") for cell in cells[3:]] == [None] * 4 + ["0.56"] + [None] * 2 + [
        "3.2",
        None,
    ]
    assert ["data-blank" in cell for cell in cells[3:6]] == [False, True, False]
    assert [cell.get("scope") for cell in cells] == ["col"] * 3 + ["row", None, None] * 3


def test_verdicts_have_a_mark_and_a_word():
    html = SortableTable(TABLE).html()
    marks = re.findall(
        r'<span class="verdict ([a-z-]+)"><span class="mark" aria-hidden="true">(.)</span>(.*?)</span>', html
    )
    assert marks == [("not-measured", "○", "not measured"), ("pass", "✓", "pass"), ("fail", "✗", "fail")]
    assert "</span>: no 4K data</td>" in html


OBJECTIVES = [
    Objective("O4", "router", [Check("agreement", "86.1%", ">= 85.0%", True)]),
    Objective(
        "O6",
        NASTY,
        [Check("gain", "+0.1 dB", ">= 0.2 dB", False), Check("LPIPS", "not computed here", ">= 0.010", None)],
    ),
]


def test_an_objective_is_a_card_with_its_verdict_and_a_line_for_every_check():
    html = ObjectiveCards(OBJECTIVES).html()
    found = Outline(html)
    assert found.open == []
    text = "".join(found.text)
    assert "O4 router \N{CHECK MARK}pass" in text
    assert f"O6 {NASTY} \N{BALLOT X}fail" in text
    assert "\N{CHECK MARK} agreement 86.1% needed: >= 85.0%" in text
    assert "\N{BALLOT X} gain +0.1 dB needed: >= 0.2 dB" in text
    assert "\N{WHITE CIRCLE} LPIPS not computed here (needed: >= 0.010)" in text
    assert len(found.all("article")) == 2
    assert [sign["aria-label"] for sign in found.all("span") if "role" in sign] == [
        "pass",
        "fail",
        "not measured",
    ]


def test_a_table_without_rows_is_its_note():
    found = Outline(SortableTable(Table("Gain", ["", ""], [], "Not measured: one scene.")).html())
    assert found.all("table") == []
    assert found.text == ["Gain", "Not measured: one scene."]


def test_rows_must_fit_the_header():
    with pytest.raises(DataError, match=r"table 'T': expected 2 cells in a row, got \['a'\]"):
        SortableTable(Table("T", ["x", "y"], [["a"]], "")).html()


def test_the_data_of_a_figure_can_be_had():
    figure = Figure(
        "A, b", "How.", [lambda: "<svg></svg>"], ["name", "value"], [['say "x",\ny', 0.1], ["z", None]]
    )
    (link,) = Outline(figure.html()).all("a")
    head, _, data = link["href"].partition(",")
    assert (head, link["download"]) == ("data:text/csv;charset=utf-8;base64", "a-b.csv")
    rows = list(csv.reader(io.StringIO(base64.b64decode(data).decode())))
    assert rows == [["name", "value"], ['say "x",\ny', "0.1"], ["z", ""]]


def test_a_figure_without_drawings_says_why():
    figure = Figure("Cost", "How to read it.", [], ["x"], [], missing="Not measured: no bench.")
    assert Outline(figure.html()).text == ["Cost", "Not measured: no bench."]


def test_a_slider_shows_two_versions_and_keeps_the_others():
    found = Outline(slider(before=2, after=0).html())
    shown = [attributes["class"] for attributes in found.all("figure")]
    assert shown == ["version after", "version other", "version before"]
    assert [image["alt"] for image in found.all("img")] == ["input photo", "dense photo", "MoE-I photo"]
    assert found.values("style") == ["--ratio: 4 / 3"]


@pytest.mark.parametrize(("before", "after"), [(0, 0), (-1, 0), (0, 3)])
def test_a_slider_needs_two_versions(before, after):
    with pytest.raises(DataError, match="expected two different ones of 3 versions"):
        slider(before=before, after=after).html()


def test_versions_fit_together():
    other = Version("dense", "", Picture(PICTURE.source, 8, 3))
    with pytest.raises(DataError, match=r"expected versions of one size, got \[\(4, 3\), \(8, 3\)\]"):
        Slider("photo", "", [Version("input", "", PICTURE), other]).html()
    with pytest.raises(DataError, match="expected versions of different names"):
        Slider("photo", "", [other, other]).html()
