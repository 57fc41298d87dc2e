"""What could only fail after hours fails before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from moei_toolkit.config.loader import load_config
from moei_toolkit.errors import ConfigError, MoeiError
from moei_toolkit.pipeline.rehearsal import rehearse

SMOKE = str(Path(__file__).parents[2] / "configs" / "smoke.py")


def test_the_smoke_config_passes():
    rehearse(load_config(SMOKE, {}))


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"backbone.width": 0}, MoeiError, "global_unet"),
        ({"dense.training.precision": "fp16"}, ConfigError, "fp16"),
        ({"experts.rain.training.precision": "fp16"}, ConfigError, "fp16"),
        ({"experts.rain.expert.reduction": 2.0}, MoeiError, "reduction"),
        ({"tasks.haze.loss.pixel": "l2"}, MoeiError, "l2"),
    ],
)
def test_a_fault_is_found(options, error, said):
    with pytest.raises(error, match=said):
        rehearse(load_config(SMOKE, options))
