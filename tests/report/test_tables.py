"""Tables show the numbers of the summary, the same in Markdown and in a terminal."""

from __future__ import annotations

import numpy as np
import pytest
from row_examples import TASK_OF_EXPERT, example

from moei_toolkit.evaluation.comparison import compare_policies
from moei_toolkit.evaluation.severity import by_severity
from moei_toolkit.evaluation.summary import expert_gains, summarize_rows
from moei_toolkit.report.tables import (
    Table,
    as_markdown,
    comparison_table,
    decision_table,
    quality_table,
    severity_table,
)


@pytest.fixture(scope="module")
def summary():
    return summarize_rows(example(), TASK_OF_EXPERT, bins=10)


def test_quality_per_weather_and_policy(summary):
    table = quality_table(summary, "psnr", 2, {"color": "RGB", "border": 0})
    assert table.title == "PSNR"
    assert table.header == ["weather", "input", "dense", "MoE-I", "oracle", "expert.gray", "expert.wet"]
    assert table.rows == [
        ["haze", "11.00", "17.00", "18.50", "20.00", "20.00", "12.00"],
        ["rain", "21.00", "25.00", "24.00", "29.00", "19.00", "29.00"],
        ["macro", "16.00", "21.00", "21.25", "24.50", "19.50", "20.50"],
    ]
    assert "color RGB; border 0" in table.note


def test_digits_and_metric_are_chosen(summary):
    table = quality_table(summary, "ssim", 4, {})
    assert table.rows[1][2] == "0.5000"


def test_severity_by_weather():
    table = severity_table(by_severity(example(), ("input", "actual"), "psnr"))
    assert table.header == ["weather", "severity", "images", "input", "MoE-I"]
    assert table.rows == [
        ["haze", "medium", "2", "11.00", "18.50"],
        ["rain", "medium", "2", "21.00", "24.00"],
    ]
    assert "light up to 0.33" in table.note


def test_comparisons_in_words():
    found = compare_policies(example(), "actual", "dense", "psnr", np.random.default_rng(0))
    table = comparison_table(found)
    assert table.header[2] == "95% interval"
    assert [line[0] for line in table.rows] == ["haze", "rain", "macro"]
    macro = found["macro"]
    assert table.rows[2][1:3] == [f"{macro.difference:+.2f} dB", f"{macro.low:+.2f} to {macro.high:+.2f}"]
    assert comparison_table("one scene only").note == "Not measured: one scene only"


def test_decisions_in_words(summary):
    table = decision_table(summary, expert_gains(example(), TASK_OF_EXPERT), 0.6)
    shown = dict(table.rows)
    assert shown["agreement with the oracle"] == "75.0%"
    assert shown["ECE, 10 bins"] == f"{summary['decisions']['ece']:.3f}"
    assert shown["abstained"] == "25.0% (confidence below 0.60)"
    assert shown["gap to the oracle"] == "3.25 dB"
    assert shown["expert wet over dense on its task"] == "+4.00 dB"
    assert shown["routed to dense"] == "25.0%"
    assert table.rows[-1] == ["clean photographs, output against input", "37.0 dB at least"]


def test_without_clean_photographs_nothing_is_said_about_them():
    rows = [row for row in example() if row.degradation != "clean"]
    table = decision_table(summarize_rows(rows, TASK_OF_EXPERT), {}, 0.6)
    assert not any("clean" in name for name, _ in table.rows)


TABLE = Table("Quality", ["weather", "dense"], [["rain", "27.10"], ["a longer name", "8.00"]], "In dB.")


def test_markdown():
    assert as_markdown(TABLE) == (
        "### Quality\n\n| weather | dense |\n| --- | --- |\n"
        "| rain | 27.10 |\n| a longer name | 8.00 |\n\nIn dB.\n"
    )
