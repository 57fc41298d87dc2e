"""The usual tiler does what the toolkit's does with a uniform window, so that only cost differs."""

from __future__ import annotations

import numpy as np
import torch
from tiny_run import EXPERTS, make_runtime

from moei_toolkit.bench.measuring.usual_tiler import restore_usual
from moei_toolkit.inference.protocol import Protocol

PROTOCOL = Protocol(overview_size=16, probe_size=16, probes=2, tile=32, overlap=8, window="uniform")


def test_both_give_the_same_picture():
    runtime = make_runtime(protocol=PROTOCOL)
    image = np.random.default_rng(0).integers(0, 256, (56, 80, 3), np.uint8)
    g = runtime.describe(image)
    usual = restore_usual(runtime.backbone, runtime.experts[EXPERTS[0]], image, g, 32, 8)
    ours = runtime.restore(image, EXPERTS[0], g)
    np.testing.assert_allclose(usual, ours * 255, atol=0.502)


def test_the_default_layout_changes_no_value():
    runtime = make_runtime(protocol=PROTOCOL)
    image = np.random.default_rng(0).integers(0, 256, (32, 56, 3), np.uint8)
    g = runtime.describe(image)
    expert = runtime.experts[EXPERTS[0]]
    expected = restore_usual(runtime.backbone, expert, image, g, 32, 8)
    runtime.backbone.memory_format = torch.contiguous_format
    plain = restore_usual(runtime.backbone.to(memory_format=torch.contiguous_format), expert, image, g, 32, 8)
    assert np.abs(plain.astype(int) - expected).max() <= 1
