"""Weather and PNG are timed on the same pixels and on one core each."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from moei_toolkit.bench.against.benchmark import Scale
from moei_toolkit.bench.against.synthesis import against_png
from moei_toolkit.data.weather.haze import Haze


class Recording(Haze):
    def __init__(self) -> None:
        super().__init__()
        self.clean: list[np.ndarray] = []
        self.threads: list[int] = []

    def render(self, view, rng):
        assert view.severity == 1.0
        self.clean.append(view.clean)
        self.threads.append(cv2.getNumThreads())
        return super().render(view, rng)


@pytest.fixture
def threads():
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    yield
    cv2.setNumThreads(before)


def test_both_work_on_the_same_photograph(threads):
    weather = Recording()
    draw, write_and_read = against_png("dust", weather).prepare(Scale(width=90, height=61, rounds=1))
    drawn, read = draw(), write_and_read()
    assert drawn.shape == read.shape == (61, 90, 3)
    assert np.array_equal(np.round(weather.clean[0] * 255), read)
    assert np.abs(drawn - weather.clean[0]).mean() > 0.05
    assert weather.threads == [1]
    assert cv2.getNumThreads() == 2


def test_each_time_is_as_the_first():
    draw, _ = against_png("dust", Haze()).prepare(Scale(width=40, height=30, rounds=1))
    assert np.array_equal(draw(), draw())
