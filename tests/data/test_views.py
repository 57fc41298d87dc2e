from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.data.views import make_overview, probe_positions


def test_an_overview_averages():
    image = np.zeros((80, 120, 3), np.uint8)
    image[::2] = 200
    overview = make_overview(image, 40)
    assert overview.shape == (3, 40, 40)
    assert overview.dtype == np.float32
    np.testing.assert_allclose(overview, 100 / 255, atol=1 / 255)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5000), (20, 64), (300, 10)])
def test_overviews_of_any_size(shape):
    overview = make_overview(np.full((*shape, 3), 77, np.uint8), 32)
    assert overview.shape == (3, 32, 32)
    np.testing.assert_allclose(overview, 77 / 255, atol=1e-6)


def test_overviews_keep_left_and_top():
    image = np.zeros((64, 64, 3), np.uint8)
    image[:32, :32] = (255, 0, 0)
    overview = make_overview(image, 8)
    assert overview[0, 0, 0] == 1.0
    assert overview[:, 7, 0].max() == 0.0
    assert overview[1:].max() == 0.0


def test_positions_are_inside_fixed_and_spread():
    places = probe_positions(2160, 3840, 256, 6)
    assert places == probe_positions(2160, 3840, 256, 6)
    assert places[0] == (952, 1792)
    assert all(0 <= top <= 2160 - 256 and 0 <= left <= 3840 - 256 for top, left in places)
    gaps = [max(abs(a[0] - b[0]), abs(a[1] - b[1])) for index, a in enumerate(places) for b in places[:index]]
    assert min(gaps) > 256


def test_more_probes_keep_the_first_ones():
    assert probe_positions(500, 700, 64, 8)[:3] == probe_positions(500, 700, 64, 3)
