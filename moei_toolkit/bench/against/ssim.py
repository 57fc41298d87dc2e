"""SSIM of a large image against scikit-image, both in double precision."""

from __future__ import annotations

import numpy as np
from skimage.metrics import structural_similarity

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.evaluation.metrics.ssim import SSIM


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return the two ways to measure an image of noise, which is as much work as any other."""
    restored, clean = np.random.default_rng(0).random((2, 3, scale.height, scale.width))
    metric = SSIM()

    def reference() -> float:
        return structural_similarity(
            restored,
            clean,
            channel_axis=0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1.0,
        )

    return reference, lambda: metric(restored, clean)


BENCHMARK = Benchmark("ssim", "SSIM by scikit-image", "SSIM by moei_toolkit", Target(">=", 3), prepare)
