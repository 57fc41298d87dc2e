"""The aggregate of hand-made rows is what one gets by hand."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import replace

import pytest
from row_examples import example

from moei_toolkit.evaluation.aggregate import aggregate_csv


def lines_of(rows) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(aggregate_csv(rows))))


def test_every_data_set_weather_and_policy_has_a_line():
    lines = lines_of(example())
    keys = [(line["dataset"], line["weather"], line["policy"]) for line in lines]
    assert keys == sorted({(row.dataset, row.degradation, row.policy) for row in example()})
    assert list(lines[0]) == [
        "dataset",
        "weather",
        "policy",
        "images",
        "psnr",
        "ssim",
        "gflops",
        "error",
        "abstained",
    ]


def test_means_by_hand():
    found = {(line["weather"], line["policy"]): line for line in lines_of(example())}
    actual = found["haze", "actual"]
    assert actual["images"] == "2"
    assert float(actual["psnr"]) == (19 + 18) / 2
    assert float(actual["ssim"]) == pytest.approx((19 + 18) / 100)
    assert float(actual["gflops"]) == 1.5
    assert float(actual["error"]) == pytest.approx((1 / 19 + 1 / 18) / 2)
    assert float(actual["abstained"]) == 0.5
    assert float(found["rain", "input"]["gflops"]) == 0
    assert found["clean", "dense"]["images"] == "1"


def test_data_sets_are_apart():
    other = [replace(row, dataset="other", metrics={"psnr": 1.0, "ssim": 0.0}) for row in example()]
    lines = lines_of([*example(), *other])
    found = {(line["dataset"], line["weather"], line["policy"]): line for line in lines}
    assert found["toy", "rain", "dense"]["psnr"] == "25.0"
    assert found["other", "rain", "dense"]["psnr"] == "1.0"
    assert len(found) == len(lines) == 2 * len(lines_of(example()))


def test_the_order_of_rows_does_not_matter():
    rows = example()
    random.Random(0).shuffle(rows)
    assert aggregate_csv(rows) == aggregate_csv(example())


def test_names_with_commas_quotes_and_ends_of_lines_stay_whole():
    name = 'a,"b"\u2028c'
    lines = lines_of([replace(row, dataset=name) for row in example()])
    assert {line["dataset"] for line in lines} == {name}


def test_of_no_rows_only_the_header_is_left():
    assert aggregate_csv([]) == "dataset,weather,policy,images,error,abstained\n"
