"""What somebody else adds to a report is shown as text, in the look of the rest, or refused."""

from __future__ import annotations

import pytest

from moei_toolkit.errors import DataError
from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.contribution import Contribution
from moei_toolkit.report.contribution_check import check_drawing, contribution_of
from moei_toolkit.report_section import Drawing, ReportSection, Table

NASTY = "</p><script>alert('x')</script>"
TABLE = Table("Bytes", ["site", "bytes"], [["one", "12"]], "Both ways.")


def draw(axes):
    axes.plot([1, 2])


def test_text_is_text_on_the_page_and_in_markdown():
    table = Table(NASTY, [NASTY, "n"], [[NASTY, "a | b"]], NASTY)
    told = contribution_of(ReportSection(NASTY, [NASTY], table), NASTY)
    page, markdown = told.section().html("there"), told.markdown()
    # Title, origin, paragraph; of the table the title, also for whoever cannot see it, header, cell and note.
    assert page.count("&lt;script&gt;") == 8
    assert "<script" not in page.replace("&lt;script", "")
    assert "<script" not in markdown
    assert "| a \\| b |" in markdown


def test_a_section_has_its_parts_in_order():
    figure = Figure("Shares", "Read it so.", [lambda: "<svg></svg>"], TABLE.header, TABLE.rows)
    told = contribution_of(ReportSection("Dispatch", ["First.", "Second."], TABLE), "Added by a 1.0.")
    page = told.section(figure).html("dispatch")
    order = ["Dispatch", "Added by a 1.0.", "First.", "Second.", "Bytes", "Both ways.", "Shares", "<svg>"]
    assert sorted(order, key=page.index) == order
    assert told.markdown().splitlines()[:3] == ["## Dispatch", "", "Added by a 1.0."]
    assert "| one | 12 |" in told.markdown()


def test_every_text_is_on_one_line():
    table = Table("t", ["a\n| x", "b"], [["1\n2", "\x1b[31mred"]], "n\n\n# heading")
    told = contribution_of(ReportSection(" a\n# b ", ["one\n\ntwo"], table), "o")
    assert told.title == "a # b"
    assert told.paragraphs == ["one two"]
    assert told.table == Table("t", ["a | x", "b"], [["1 2", "\\x1b[31mred"]], "n # heading")


def test_a_title_is_enough():
    told = contribution_of(ReportSection("Only this"), "Added by a 1.0.")
    assert told == Contribution("Only this", "Added by a 1.0.", [])
    assert told.markdown() == "## Only this\n\nAdded by a 1.0.\n"


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("<p>html</p>", "expected a ReportSection, got str '<p>html</p>'"),
        (None, "expected a ReportSection, got NoneType"),
        (ReportSection(" "), "title: expected a text that is not empty"),
        (ReportSection(5), "title: expected text, got int 5"),
        (ReportSection("a", "one text"), "paragraphs: expected a list, got str"),
        (ReportSection("a", [b"x"]), r"paragraphs\[0\]: expected text, got bytes"),
        (ReportSection("a", table=[["x"]]), "table: expected a Table, got list"),
        (
            ReportSection("a", table=Table("t", ["x"], [[1.5]], "")),
            r"rows\[0\]\[0\]: expected text, got float",
        ),
        (ReportSection("a", table=Table("t", ["x"], [["1", "2"]], "")), r"rows\[0\]: expected 1 cells, .* 2"),
        (ReportSection("a", table=Table("t", [], [[]], "")), r"rows\[0\]: expected 0 cells"),
        (ReportSection("a", table=Table("t", ["x"], "rows", "")), "table.rows: expected a list"),
        (ReportSection("a", drawing=Drawing("d", "", draw)), "expected a table with the numbers behind"),
    ],
)
def test_what_is_no_section_is_refused(section, said):
    with pytest.raises(DataError, match=said):
        contribution_of(section, "o")


@pytest.mark.parametrize(
    ("drawing", "said"),
    [
        ("<svg/>", "drawing: expected a Drawing whose draw is a function, got str"),
        (Drawing("d", "c", "<svg/>"), "expected a Drawing whose draw is a function"),
        (Drawing(None, "c", draw), "drawing.title: expected text, got NoneType"),
    ],
)
def test_what_is_no_drawing_is_refused(drawing, said):
    with pytest.raises(DataError, match=said):
        check_drawing(drawing)
