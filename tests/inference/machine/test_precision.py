"""Tiles are computed in the precision that was asked for, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_run import EXPERTS, PROTOCOL, make_runtime

from moei_toolkit.errors import ConfigError
from moei_toolkit.inference.machine.precision import computing_in, require_precision

CPU = torch.device("cpu")


def picture() -> np.ndarray:
    return np.random.default_rng(0).random((70, 45, 3), np.float32)


def test_half_precision_is_close_to_single_and_not_the_same():
    exact, half = (make_runtime(protocol=replace(PROTOCOL, precision=p)) for p in ("float32", "bfloat16"))
    g = exact.describe(picture())
    restored = half.restore(picture(), EXPERTS[0], g)
    assert restored.dtype == np.float32
    difference = np.abs(restored - exact.restore(picture(), EXPERTS[0], g))
    assert 1e-5 < difference.max() < 0.1


def test_a_description_does_not_depend_on_the_precision():
    exact, half = (make_runtime(protocol=replace(PROTOCOL, precision=p)) for p in ("float32", "bfloat16"))
    np.testing.assert_array_equal(exact.describe(picture()), half.describe(picture()))


def test_an_untrained_network_is_the_identity_in_half_precision_too():
    runtime = make_runtime(trained=False, protocol=replace(PROTOCOL, precision="bfloat16"))
    restored = runtime.restore(picture(), EXPERTS[0], runtime.describe(picture()))
    np.testing.assert_allclose(restored, picture(), atol=1e-6)


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("float32", torch.float32), ("bfloat16", torch.bfloat16), ("float16", torch.float16)],
)
def test_convolutions_are_computed_in_it(precision: str, dtype: torch.dtype):
    layer = torch.nn.Conv2d(3, 3, 1)
    with torch.no_grad(), computing_in(precision, CPU):
        assert layer(torch.zeros(1, 3, 8, 8)).dtype == dtype


def test_an_unknown_precision_is_refused():
    with pytest.raises(ConfigError, match=r"'bfloat61': there is none. Did you mean 'bfloat16'"):
        make_runtime(protocol=replace(PROTOCOL, precision="bfloat61"))


def test_what_torch_cannot_compute_in_here_is_refused(monkeypatch: pytest.MonkeyPatch):
    def refuse(*arguments: object) -> torch.Tensor:
        raise RuntimeError("\"slow_conv2d_cpu\" not implemented for 'Half'")

    monkeypatch.setattr("torch.nn.functional.conv2d", refuse)
    with pytest.raises(
        ConfigError, match=r"'float16': torch cannot.*on cpu.*not implemented.*'float32' always"
    ):
        require_precision("float16", CPU)
