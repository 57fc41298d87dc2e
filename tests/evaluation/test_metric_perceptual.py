"""LPIPS as a metric: the loss, in one number, or a reason why not."""

from __future__ import annotations

from pathlib import Path

import lpips
import numpy as np
import pytest
import torch

from moei_toolkit.errors import DataError, WeightsMissingError
from moei_toolkit.evaluation.perceptual import LPIPS
from moei_toolkit.losses.perceptual import LPIPSLoss

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:torchvision.models._utils")


@pytest.fixture
def weights(tmp_path: Path) -> str:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = lpips.LPIPS(net="squeeze", pnet_rand=True, verbose=False)
    features = {key.split(".", 1)[1]: value for key, value in network.net.state_dict().items()}
    torch.save(features, tmp_path / "features.pth")
    return str(tmp_path / "features.pth")


def test_is_the_loss_of_the_clipped_image(weights: str):
    generator = torch.Generator().manual_seed(0)
    restored, clean = torch.rand((2, 3, 32, 40), generator=generator)
    metric = LPIPS("squeeze", weights)
    expected = LPIPSLoss("squeeze", weights)(restored[None], clean[None], clean[None]).item()
    assert metric(restored, clean) == pytest.approx(expected, rel=1e-5)
    assert metric(clean.numpy(), clean) == 0
    assert metric(clean + 5, torch.ones_like(clean)) == pytest.approx(0, abs=1e-6)
    assert not metric.higher_is_better
    assert metric.name == "lpips_squeeze"
    assert metric.protocol["net"] == "squeeze"


def test_without_weights_it_says_why():
    with pytest.raises(WeightsMissingError, match="alexnet-owt-7be5be79"):
        LPIPS("alex")


def test_refuses_what_it_cannot_measure(weights: str):
    metric = LPIPS("squeeze", weights)
    with pytest.raises(DataError, match="17x17"):
        metric(np.zeros((3, 8, 8)), np.zeros((3, 8, 8)))
    with pytest.raises(DataError, match="NaN"):
        metric(np.full((3, 32, 32), np.nan), np.zeros((3, 32, 32)))
