"""A report shows everything that came out, and says what is missing."""

from __future__ import annotations

import pytest
from row_examples import DIRECTIONS, FACTS, example, rows_of

from moei_toolkit.evaluation.results import derive_results, shown_policies
from moei_toolkit.evaluation.routing.decisions import decisions_of
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.report.content import Findings, Origin, headline_of, sections_of, tables_of
from moei_toolkit.report.figures.provenance import MadeStage
from moei_toolkit.report.html import render_report

ORIGIN = Origin(
    histories={"dense": [{"iteration": 10, "psnr": 20.0}, {"iteration": 20, "psnr": 21.0}]},
    stages=[MadeStage("data", "0123456789ab", 2.0, []), MadeStage("dense", "ba9876543210", 60.0, ["data"])],
    config="seed = 0\n",
    environment="python 3",
)


def findings(rows: list[Row]) -> Findings:
    return Findings(
        title="A run",
        results=derive_results(rows, FACTS),
        decisions=decisions_of(rows),
        gflops={row.policy: row.cost["gflops"] for row in rows},
        policies=shown_policies(rows),
        protocols={metric: {"color": "RGB"} for metric in DIRECTIONS},
        directions=DIRECTIONS,
        not_computed={"lpips": "its weights are not there"},
        threshold=FACTS.threshold,
    )


@pytest.fixture(scope="module")
def found() -> Findings:
    return findings(example())


def test_the_headline_says_what_was_gained_and_on_what(found):
    headline = headline_of(found)
    assert "16.00 dB to 21.25 dB macro PSNR" in headline.finding
    assert headline.numbers[0].value == "+0.25"
    assert headline.numbers[1].value == "75%"
    assert headline.note == "Test images: 1 clean, 2 haze, 2 rain. Data: toy."


def test_every_table_is_on_the_page(found):
    page = render_report(headline_of(found), sections_of(found, ORIGIN, {}))
    for table in tables_of(found):
        assert f"<h3>{table.title}</h3>" in page
        assert table.rows, table.title


def test_every_section_can_be_jumped_to(found):
    titles = [section.title for section in sections_of(found, ORIGIN, {})]
    page = render_report(headline_of(found), sections_of(found, ORIGIN, {}))
    assert titles[0] == "Objectives"
    assert len(set(titles)) == len(titles)
    for title in titles:
        assert f'<section id="{title.lower().replace(" ", "-")}">' in page


def test_a_metric_without_values_gives_its_reason(found):
    table = next(table for table in tables_of(found) if table.title == "LPIPS")
    assert table.rows == [["lpips", "not computed"]]
    assert table.note == "its weights are not there"


def test_one_image_of_one_weather_still_makes_a_report():
    psnr = {"input": 20, "dense": 24, "wet": 28, "gray": 18}
    alone = findings(rows_of("one-rain-0", "rain", psnr, wet=0.9))
    page = render_report(headline_of(alone), sections_of(alone, ORIGIN, {}))
    assert "Test images: 1 rain. Data: toy." in page
    assert "no interval from one scene" in page
    assert "haze" not in page.partition("<main>")[2].partition("Origin")[0].replace("expert gray", "")


def test_the_same_findings_give_the_same_bytes(found):
    pages = {render_report(headline_of(found), sections_of(found, ORIGIN, {})) for _ in range(2)}
    assert len(pages) == 1
