"""Tables say what the results hold, in the same words everywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from row_examples import COSTS, DIRECTIONS, FACTS, example, rows_of

from moei_toolkit.evaluation.results import derive_results, shown_policies
from moei_toolkit.evaluation.shift import Reached, Recalibration, Shift
from moei_toolkit.evaluation.statistics.rank_agreement import RankAgreement
from moei_toolkit.report.tables.comparisons import comparison_table
from moei_toolkit.report.tables.costs import cost_tables
from moei_toolkit.report.tables.decisions import abstention_table, reliability_table, routing_table
from moei_toolkit.report.tables.objectives import objectives_table
from moei_toolkit.report.tables.quality import quality_table, severity_table, specialist_table
from moei_toolkit.report.tables.shift import shift_tables
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
    note = routing_table(results).note
    assert "what the router chose, whether or not it was trusted" in note
    assert "what is within 0.05 dB are of PSNR" in note
    assert found["gap to the oracle, after abstentions"] == ["3.25 dB"]
    assert found["restored along dense"] == ["25.0%"]
    assert found["largest share chosen for one expert"] == ["75.0%"]
    assert found["expert wet over dense on its weather"] == ["+4.00 dB"]
    assert found["clean photographs, output against input, worst"] == ["37.0 dB"]


def test_confidence(results):
    found = lines(reliability_table(results, FACTS.threshold))
    assert found["ECE, 15 equal-width bins"][0].startswith("0.362 (95% interval ")
    assert found["threshold of the confidence"] == ["0.60"]
    assert "held the truth for 61% to 75% of perfectly" in reliability_table(results, FACTS.threshold).note
    assert found["abstained"] == ["25.0%, gain -0.750 dB"]


def test_a_single_scene_has_no_interval():
    psnr = {"input": 20, "dense": 24, "wet": 28, "gray": 18}
    alone = derive_results(rows_of("one-rain-0", "rain", psnr, wet=0.9), FACTS)
    confidence = reliability_table(alone, 0.6)
    assert "no interval" in lines(confidence)["ECE, 15 equal-width bins"][0]
    assert "too narrow" not in confidence.note
    (row, _) = comparison_table(alone.comparisons, "psnr", 2).rows
    assert row[2:4] == ["+4.00", "-"]
    assert row[-1].startswith("open: ")


def test_abstentions_by_weather_and_severity(results):
    found = lines(abstention_table(results))
    assert found["rain"] == ["2", "0.0%", "+0.000 dB"]
    assert found["haze"] == ["2", "50.0%", "-1.500 dB"]
    assert found["medium"][0] == "4"


def test_a_weather_called_like_a_severity_has_a_line_of_its_own():
    rows = [replace(one, degradation=one.degradation.replace("rain", "medium")) for one in example()]
    facts = replace(FACTS, task_of_expert={"wet": "medium", "gray": "haze"})
    table = abstention_table(derive_results(rows, facts))
    assert [line[:2] for line in table.rows] == [["haze", "2"], ["medium", "2"], ["medium", "4"]]


def test_comparisons_with_their_findings(results):
    table = comparison_table(results.comparisons, "psnr", 2)
    assert [row[:3] for row in table.rows] == [
        ["dense", "haze", "+1.50"],
        ["dense", "rain", "-1.00"],
        ["dense", "macro", "+0.25"],
    ]
    assert table.header[3] == "95% interval"
    assert {row[-1] for row in table.rows} <= {"better", "worse", "open"}


def test_few_scenes_are_said_to_give_intervals_that_are_too_narrow(results):
    one = next(one for one in results.comparisons if one.metric == "psnr")
    said = {
        scenes: comparison_table([replace(one, scenes=scenes)], "psnr", 2).note for scenes in (2, 19, 20, 500)
    }
    assert "Intervals from 2 scenes are too narrow" in said[2]
    assert "this often: 85% with 6, 90% with 12, 94% with 50 scenes." in said[19]
    assert said[20] == said[500]
    for note in said.values():
        assert "10,000 resamples" in note
        assert "not corrected for how many there are" in note
    assert "narrow" not in said[20]


def test_a_small_p_value_is_not_shown_as_zero(results):
    one = next(one for one in results.comparisons if one.significance)
    tests = replace(one.significance.tests, p_t=1e-5, p_wilcoxon=0.0005)
    ((*_, p_t, p_wilcoxon, _, _),) = comparison_table(
        [replace(one, significance=replace(one.significance, tests=tests))], "psnr", 2
    ).rows
    assert (p_t, p_wilcoxon) == ("< 0.001", "0.001")


def test_without_an_interval_nothing_is_said_of_its_width(results):
    open_ones = [replace(one, significance=None, reason="one scene") for one in results.comparisons]
    assert "narrow" not in comparison_table(open_ones, "psnr", 2).note


def test_a_mean_over_one_weather_says_so():
    psnr = {"input": 20, "dense": 24, "wet": 28, "gray": 18}
    alone = derive_results(rows_of("one-rain-0", "rain", psnr, wet=0.9), FACTS)
    quality = quality_table(alone.quality, "psnr", ["dense"], {}, True)
    assert list(lines(quality)) == ["rain", "macro (one weather)", "H-mean (one weather)"]
    assert list(lines(specialist_table(alone.quality))) == ["rain", "macro (one weather)"]
    weathers = [row[1] for row in comparison_table(alone.comparisons, "psnr", 2).rows]
    assert weathers == ["rain", "macro (one weather)"]
    share = lines(routing_table(alone))["largest share chosen for one expert"]
    assert share == ["100.0% (one weather)"]


SHIFT = Shift(
    rank=RankAgreement(-0.4, 0.4833, ("actual", "dense", "dense-equal", "top2")),
    sensitive=True,
    recalibration=Recalibration(
        temperature=1.5,
        threshold=0.44,
        at_bound=False,
        fitting=7,
        choosing=8,
        images=9,
        before=Reached(0.25, 0.125, 23.216),
        after=Reached(0.05, 0.0, 23.244),
    ),
)


def test_other_data_rank_the_policies_and_calibrate_again():
    ranking, again = shift_tables(SHIFT, 0.52)
    assert lines(ranking) == {
        "Kendall's tau of the rankings, here and at home": ["-0.40 (p 0.483)"],
        "policies ranked": ["4: MoE-I, dense, dense-equal, Top-2"],
        "sensitive to the data": ["yes"],
        "calibrated again": ["yes"],
    }
    assert again.header == ["measure", "own", "again"]
    assert lines(again) == {
        "ECE": ["0.250", "0.050"],
        "abstained": ["12.5%", "0.0%"],
        "PSNR of what comes out, dB": ["23.22", "23.24"],
        "threshold": ["0.52", "0.44"],
        "temperature, over its own": ["1.00", "1.50"],
    }
    assert "fitted on 7 images, threshold chosen on 8" in again.note
    assert "the same 9 images" in again.note
    assert "bound" not in again.note


def test_a_temperature_at_its_bound_is_told():
    bound = replace(SHIFT, recalibration=replace(SHIFT.recalibration, at_bound=True))
    assert "lies at a bound of its search" in shift_tables(bound, 0.52)[1].note


@pytest.mark.parametrize(
    ("sensitive", "said"), [(False, "not needed"), (True, "not possible with fewer than three scenes")]
)
def test_why_nothing_was_calibrated_again(sensitive, said):
    (table,) = shift_tables(replace(SHIFT, sensitive=sensitive, recalibration=None), 0.52)
    assert lines(table)["calibrated again"] == [said]


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
    assert bench[4] == "no benchmark was run: the config has no bench; bench.runs=100 adds one"


def test_costs():
    (table,) = cost_tables(COSTS)
    found = lines(table)
    assert found["MoE-I"] == ["4080", "492", "0.910", "0.240"]
    assert found["MoE-I over dense"] == ["+2.0%", "+2.0%", "+1.1%", ""]
    assert found["largest drift"] == ["3.0%", "3.0%", "0.0%", "1.0%"]
    assert "3840x2160" in table.note
    assert "Fewer runs than a full protocol" in table.note


def test_a_ratio_that_is_too_noisy_is_not_shown():
    (table,) = cost_tables(replace(COSTS, noise=0.12))
    assert lines(table)["MoE-I over dense"] == ["too noisy (12.0%)", "too noisy (12.0%)", "+1.1%", ""]


def test_what_was_measured_once_has_no_drift():
    (table,) = cost_tables(replace(COSTS, drift={}))
    assert lines(table)["largest drift"] == ["measured once"] * 4


def test_without_a_benchmark_there_is_no_table():
    assert cost_tables(None) == []


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
