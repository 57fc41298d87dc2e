"""Haze over a large photograph; see ``synthesis``."""

from __future__ import annotations

from moei_toolkit.bench.against.synthesis import against_png
from moei_toolkit.data.weather.haze import Haze

BENCHMARK = against_png("haze", Haze())
