"""What a finished run tells in the terminal says no more than was measured."""

from __future__ import annotations

from dataclasses import asdict, replace

from row_examples import FACTS, LONE_FACTS, example, lone_rows

from moei_toolkit.evaluation.results import derive_results
from moei_toolkit.pipeline.summary import summary_lines


def test_every_weather_and_their_mean_have_a_line():
    lines = summary_lines(asdict(derive_results(example(), FACTS)))
    assert [line.split() for line in lines[1:5]] == [
        ["PSNR,", "dB", "input", "dense", "MoE-I", "oracle"],
        ["haze", "11.00", "17.00", "18.50", "20.00"],
        ["rain", "21.00", "25.00", "24.00", "29.00"],
        ["macro", "16.00", "21.00", "21.25", "24.50"],
    ]
    said = [line for line in lines if line.startswith("agreement with the oracle")]
    assert said == ["agreement with the oracle 75.0%, ECE 0.362, abstained 25.0%, 3.25 dB below the oracle"]


def test_columns_stand_below_each_other_however_long_a_name_is():
    rows = [replace(row, degradation=f"{row.degradation}_and_more_of_it") for row in example()]
    table = summary_lines(asdict(derive_results(rows, FACTS)))[1:6]
    assert {len(line) for line in table} == {len(table[0])}
    assert table[1].startswith("clean_and_more_of_it  ")


def test_policies_are_called_as_in_the_report():
    top2 = [replace(row, policy="top2") for row in example() if row.policy == "dense"]
    text = "\n".join(summary_lines(asdict(derive_results([*example(), *top2], FACTS))))
    assert "MoE-I over Top-2: " in text
    assert "top2" not in text


def test_one_weather_has_no_mean_and_one_expert_no_choices():
    text = "\n".join(summary_lines(asdict(derive_results(lone_rows(), LONE_FACTS))))
    assert "rain" in text
    assert "macro" not in text
    assert "agreement" not in text
    assert "one expert only, nothing was chosen; abstained 0.0%" in text
