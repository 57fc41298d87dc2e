"""Figures show the numbers they are given, with the same bytes every time."""

from __future__ import annotations

import re

import numpy as np

from moei_toolkit.report.figures import reliability_and_coverage

CONFIDENCE = np.array([0.95, 0.9, 0.85, 0.6, 0.55, 0.55])
RIGHT = np.array([True, True, True, False, True, False])


def test_reliability_counts_the_decisions_of_every_bin():
    figure = reliability_and_coverage(CONFIDENCE, RIGHT, 5)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", figure)
    assert figure.startswith("<svg")
    assert {"confidence", "accuracy", "share of images kept", "accuracy of those kept"} <= set(texts)
    # (0.4, 0.6] holds three and (0.8, 1] three; the other texts are the ticks, which have a point.
    assert [text for text in texts if text == "3"] == ["3", "3"]


def test_the_bytes_depend_on_the_decisions_alone():
    first, again = (reliability_and_coverage(CONFIDENCE, RIGHT, 5) for _ in range(2))
    assert first == again
    assert first != reliability_and_coverage(CONFIDENCE, ~RIGHT, 5)
