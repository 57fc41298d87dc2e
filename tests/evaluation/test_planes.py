"""Strips: each row once, the same sum whatever the threads, and little memory."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest

from moei_toolkit.evaluation.metrics.metric import Metric
from moei_toolkit.evaluation.metrics.planes import STRIP, sum_over_strips
from moei_toolkit.evaluation.metrics.psnr import PSNR
from moei_toolkit.evaluation.metrics.ssim import SSIM


def pair(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    clean = generator.random((3, height, width), np.float32)
    return np.clip(clean + 0.1 * generator.standard_normal(clean.shape, np.float32), 0, 1), clean


@pytest.mark.parametrize("threads", [1, 2, 5, 100, None])
@pytest.mark.parametrize("rows", [1, STRIP, 3 * STRIP + 1])
def test_every_row_is_measured_once(rows: int, threads: int | None):
    seen: list[int] = []

    def make_measure():
        return lambda strip: [seen.append(row) for row in range(strip.start, strip.stop)].count(None)

    assert sum_over_strips(rows, make_measure, threads) == rows
    assert sorted(seen) == list(range(rows))


def test_a_thread_makes_one_measure_and_keeps_it():
    names: list[list[int]] = []

    def make_measure():
        names.append([])
        mine = names[-1]
        return lambda strip: mine.append(threading.get_ident()) or 1.0

    assert sum_over_strips(6 * STRIP, make_measure, 2) == 6
    assert [len(mine) for mine in names] == [3, 3]
    assert all(len(set(mine)) == 1 for mine in names)


def test_the_sum_is_exact():
    values = {0: 1e16, STRIP: 1.0, 2 * STRIP: -1e16}
    for threads in (1, 2, 3):
        assert sum_over_strips(3 * STRIP, lambda: lambda strip: values[strip.start], threads) == 1.0


def test_an_error_in_a_thread_is_raised():
    def make_measure():
        return lambda strip: 1 / strip.start

    with pytest.raises(ZeroDivisionError):
        sum_over_strips(3 * STRIP, make_measure, 2)


METRICS = [kind(color) for kind in (PSNR, SSIM) for color in ("rgb", "y")]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_threads_and_the_order_in_memory_leave_every_bit(metric: Metric):
    restored, clean = pair(5 * STRIP + 3, 90)
    kind = type(metric)
    expected = metric(restored, clean)
    assert {kind(metric.color, threads=threads)(restored, clean) for threads in (1, 2, 3, 8)} == {expected}
    channels_last = (
        np.ascontiguousarray(image.transpose(1, 2, 0)).transpose(2, 0, 1) for image in (restored, clean)
    )
    assert metric(*channels_last) == expected


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_tall_image_takes_no_more_memory_than_a_few_strips(metric: Metric):
    restored, clean = pair(20 * STRIP, 256)
    metric = type(metric)(metric.color, threads=1)
    tracemalloc.start()
    metric(restored, clean)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * STRIP * 256 * 8  # a float64 copy of either image is 60 such strips
