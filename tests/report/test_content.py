"""A report shows everything that came out, and says what is missing."""

from __future__ import annotations

import re
from dataclasses import replace

from row_examples import LONE_FACTS, lone_rows, rows_of

from moei_toolkit.report.blocks.objectives import ObjectiveCards
from moei_toolkit.report.blocks.table import SortableTable
from moei_toolkit.report.content import sections_of, tables_of
from moei_toolkit.report.findings import Findings, Origin
from moei_toolkit.report.html import render_report
from moei_toolkit.report.opening import headline_of


def page_of(found: Findings, origin: Origin) -> str:
    return render_report(headline_of(found), sections_of(found, origin, {}))


def titles_of(found: Findings, origin: Origin) -> list[str]:
    return [section.title for section in sections_of(found, origin, {})]


def test_the_headline_says_what_was_gained_and_on_what(found):
    headline = headline_of(found)
    assert "16.00 dB to 21.25 dB macro PSNR" in headline.finding
    assert headline.numbers[0].value == "+0.25"
    assert headline.numbers[0].caption.startswith("MoE-I over dense, 95% interval ")
    assert headline.numbers[1].value == "75.0%"
    assert headline.numbers[1].caption == "of the router's choices are the oracle's", "one fell back to dense"
    assert headline.note == "Test images: 1 clean, 2 haze, 2 rain. Data: toy."


def test_almost_all_choices_are_not_told_as_all(found):
    almost = replace(found.results.routing, agreement=0.997)
    headline = headline_of(replace(found, results=replace(found.results, routing=almost)))
    assert headline.numbers[1].value == "99.7%"


def test_the_headline_names_the_rival_of_equal_cost_and_what_was_judged(found_elsewhere):
    headline = headline_of(found_elsewhere)
    assert headline.numbers[1].value == "+0.25"
    assert headline.numbers[1].caption.startswith("MoE-I over dense-equal (equal cost), 95% interval ")
    assert headline.note.endswith(" Data: toy. The run first on the split test of other data.")
    gflops = {**found_elsewhere.gflops, "actual": 1.004 * found_elsewhere.gflops["dense-equal"]}
    dearer = headline_of(replace(found_elsewhere, gflops=gflops)).numbers[1]
    assert dearer.caption.startswith("MoE-I over dense-equal (+0.4% operations), 95% interval ")


def test_every_table_is_on_the_page(found, found_elsewhere, origin):
    for one in (found, found_elsewhere):
        page, (objectives, *others) = page_of(one, origin), tables_of(one)
        assert objectives.title == "O1 to O11"
        assert ObjectiveCards(one.results.objectives).html() in page
        for table in others:
            assert SortableTable(table).html() in page
            assert table.rows, table.title


def test_no_two_figures_are_downloaded_under_one_name(found_elsewhere, origin):
    names = re.findall(r'download="([^"]+)"', page_of(found_elsewhere, origin))
    assert len(names) > 8
    assert len(set(names)) == len(names)


def test_other_data_have_a_section_and_tables_of_their_own(found, found_elsewhere, origin):
    assert "On other data" not in titles_of(found, origin)
    assert titles_of(found_elsewhere, origin)[1] == "On other data"
    own = {table.title for table in tables_of(found)}
    assert [table.title for table in tables_of(found_elsewhere) if table.title not in own] == [
        "Ranking on other data",
        "Calibrating again on other data",
        "Measured cost",
        "Ablations",
        "Other data",
        "Second run",
        "Other seeds",
    ]


def test_what_was_studied_beside_the_run_has_a_section_and_names_its_limits(found, found_elsewhere, origin):
    assert "Beside the run" not in titles_of(found, origin)
    assert "Beside the run" in titles_of(found_elsewhere, origin)
    (ablations,) = (table for table in tables_of(found_elsewhere) if table.title == "Ablations")
    assert "and not under: weather as label." in ablations.note
    assert "was not measured under: weather as label; complexity experts; token-MoE." in ablations.note
    assert "None of them changes" not in ablations.note
    assert ablations.rows[-1][5] == "no result: the package moei_token_moe is not installed"


def test_rivals_of_another_cost_are_not_among_equal_budgets(found, found_elsewhere, origin):
    def drawn(found: Findings) -> dict[str, list[str]]:
        (section,) = (one for one in sections_of(found, origin, {}) if one.title == "Equal budgets")
        equal, others, *_ = section.blocks
        return {figure.title: sorted({row[0] for row in figure.rows}) for figure in (equal, others)}

    assert drawn(found) == {"Quality at equal budgets": [], "Other rivals": ["over dense"]}
    assert drawn(found_elsewhere) == {
        "Quality at equal budgets": ["over dense-equal"],
        "Other rivals": ["over dense"],
    }
    assert "there is nothing to compare with at the same cost" in page_of(found, origin)


def test_every_section_can_be_jumped_to(found, origin):
    titles, page = titles_of(found, origin), page_of(found, origin)
    assert titles[0] == "Objectives"
    assert len(set(titles)) == len(titles)
    for title in titles:
        assert f'<section id="{title.lower().replace(" ", "-")}">' in page


def test_a_metric_without_values_gives_its_reason(found):
    table = next(table for table in tables_of(found) if table.title == "LPIPS")
    assert table.rows == [["lpips", "not computed"]]
    assert table.note == "its weights are not there"


def test_one_image_of_one_weather_still_makes_a_report(make_findings, origin):
    psnr = {"input": 20, "dense": 24, "wet": 28, "gray": 18}
    alone = make_findings(rows_of("one-rain-0", "rain", psnr, wet=0.9))
    page = page_of(alone, origin)
    assert "20.00 dB to 28.00 dB PSNR (one weather);" in headline_of(alone).finding
    assert "Test images: 1 rain. Data: toy." in page
    assert "no interval from one scene" in page
    assert not {">haze<", ">macro<"} & set(re.findall(">[a-z]+<", page))
    assert ">macro (one weather)<" in page


def test_a_run_of_one_weather_and_one_expert_makes_a_report_that_says_what_is_missing(make_findings, origin):
    lone = make_findings(lone_rows(), LONE_FACTS)
    headline, page = headline_of(lone), page_of(lone, origin)
    assert headline.finding == (
        "The one expert there is restores 21.00 dB to 29.00 dB PSNR (one weather); "
        "the dense backbone alone reaches 25.00 dB."
    )
    captions = " ".join(number.caption for number in headline.numbers)
    assert "oracle" not in captions
    assert "calibration" not in captions
    assert page.count("there is one expert only") == 4
    assert "There is one expert only: nothing was chosen." in page
    assert ">macro (one weather)<" in page
    assert re.findall(r"macro (?!\(one weather\)|is the mean)", page) == []


def test_the_same_findings_give_the_same_bytes(found, origin):
    assert page_of(found, origin) == page_of(found, origin)
