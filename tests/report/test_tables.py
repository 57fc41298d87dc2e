"""Tables say what the results hold, in the same words everywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from row_examples import DIRECTIONS, FACTS, example, rows_of

from moei_toolkit.evaluation.results import derive_results, shown_policies
from moei_toolkit.report.tables.comparisons import comparison_table
from moei_toolkit.report.tables.decisions import abstention_table, reliability_table, routing_table
from moei_toolkit.report.tables.objectives import objectives_table
from moei_toolkit.report.tables.quality import quality_table, severity_table, specialist_table
from moei_toolkit.report.tables.table import Table, as_markdown


@pytest.fixture(scope="module")
def results():
    return derive_results(example(), FACTS)


def lines(table: Table) -> dict[str, list[str]]:
    """Rows by their first cell."""
    return {row[0]: list(row[1:]) for row in table.rows}


def test_quality_by_weather_and_policy(results):
    table = quality_table(results.quality, "psnr", shown_policies(example()), {"color": "RGB"}, True)
    assert table.header == ["weather", "input", "dense", "MoE-I", "oracle"]
    assert lines(table)["rain"] == ["21.00", "25.00", "24.00", "29.00"]
    assert lines(table)["macro"] == ["16.00", "21.00", "21.25", "24.50"]
    assert lines(table)["H-mean"][1] == f"{2 / (1 / 25 + 1 / 17):.2f}"
    assert "More is better. color RGB." in table.note


def test_a_distance_says_how_it_enters_the_harmonic_mean(results):
    table = quality_table(results.quality, "ssim", ["dense"], {}, False)
    assert "1 - the distance" in table.note
    assert "Less is better" in table.note
    assert lines(table)["rain"] == ["0.5000"]


def test_specialists_are_shown_on_every_weather(results):
    table = specialist_table(results.quality)
    assert table.header == ["weather", "expert.gray", "expert.wet"]
    assert lines(table)["rain"] == ["19.00", "29.00"]


def test_routing(results):
    found = lines(routing_table(results))
    assert found["agreement with the oracle"] == ["75.0%"]
    assert found["gap to the oracle, after abstentions"] == ["3.25 dB"]
    assert found["restored along dense"] == ["25.0%"]
    assert found["largest share chosen for one expert"] == ["75.0%, collapsed"]
    assert found["expert wet over dense on its weather"] == ["+4.00 dB"]
    assert found["clean photographs, output against input, worst"] == ["37.0 dB"]


def test_confidence(results):
    found = lines(reliability_table(results, FACTS.threshold))
    assert found["ECE, 15 equal-width bins"][0].startswith("0.362 (95% interval ")
    assert found["threshold of the confidence"] == ["0.60"]
    assert found["abstained"] == ["25.0%, gain -0.750 dB"]


def test_a_single_scene_has_no_interval():
    psnr = {"input": 20, "dense": 24, "wet": 28, "gray": 18}
    alone = derive_results(rows_of("one-rain-0", "rain", psnr, wet=0.9), FACTS)
    assert "no interval" in lines(reliability_table(alone, 0.6))["ECE, 15 equal-width bins"][0]
    (row, _) = comparison_table(alone.comparisons, "psnr", 2).rows
    assert row[2:4] == ["+4.00", "-"]
    assert row[-1].startswith("open: ")


def test_abstentions_by_weather_and_severity(results):
    found = lines(abstention_table(results))
    assert found["rain"] == ["2", "0.0%", "+0.000 dB"]
    assert found["haze"] == ["2", "50.0%", "-1.500 dB"]
    assert found["medium"][0] == "4"


def test_comparisons_with_their_findings(results):
    table = comparison_table(results.comparisons, "psnr", 2)
    assert [row[:3] for row in table.rows] == [
        ["dense", "haze", "+1.50"],
        ["dense", "rain", "-1.00"],
        ["dense", "macro", "+0.25"],
    ]
    assert table.header[3] == "95% interval"
    assert {row[-1] for row in table.rows} <= {"better", "worse", "open"}


def test_severity(results):
    table = severity_table(results.severity)
    assert table.header == ["weather", "severity", "images", "input", "dense", "MoE-I", "oracle"]
    assert table.rows[0] == ["haze", "medium", "2", "11.00", "17.00", "18.50", "20.00"]


def test_every_check_of_an_objective_has_a_line(results):
    table = objectives_table(results.objectives)
    assert len(table.rows) == sum(len(one.checks) for one in results.objectives)
    agreement = next(row for row in table.rows if row[2] == "agreement with the oracle")
    assert agreement[1:] == ["fail", "agreement with the oracle", "fail", "75.0%", ">= 85.0%"]
    bench = next(row for row in table.rows if row[0].startswith("O1 "))
    assert bench[1] == bench[3] == "not measured"
    assert bench[4] == "no benchmark was run"


def test_markdown_keeps_cells_apart():
    text = as_markdown(Table("T", ["a", "b"], [["x|y", "2"]], "note"))
    assert text == "### T\n\n| a | b |\n| --- | --- |\n| x\\|y | 2 |\n\nnote\n"


def test_the_tables_follow_the_rows():
    better = [
        replace(row, metrics={**row.metrics, "psnr": row.metrics["psnr"] + 1})
        if row.policy == "dense"
        else row
        for row in example()
    ]
    quality = derive_results(better, FACTS).quality
    table = quality_table(quality, "psnr", ["dense"], {}, DIRECTIONS["psnr"])
    assert lines(table)["rain"] == ["26.00"]
