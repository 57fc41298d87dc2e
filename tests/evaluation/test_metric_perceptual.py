"""LPIPS as a metric: what the lpips package gives, in bands of rows, or a reason why not."""

from __future__ import annotations

from pathlib import Path

import lpips
import numpy as np
import pytest
import torch

from moei_toolkit.errors import ConfigError, DataError, WeightsMissingError
from moei_toolkit.evaluation.metrics.perceptual import COARSEST, LPIPS, REACH, STRIDES
from moei_toolkit.losses.perceptual import LPIPSLoss, Net

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:torchvision.models._utils")


def make_reference(net: Net, folder: Path) -> tuple[lpips.LPIPS, str]:
    """The package's network with random features and trained heads, and a file of these features."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    features = {key.split(".", 1)[1]: value for key, value in network.net.state_dict().items()}
    torch.save(features, folder / "features.pth")
    return network, str(folder / "features.pth")


@pytest.fixture(scope="module", params=["alex", "squeeze", "vgg"])
def reference(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    return request.param, *make_reference(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture
def weights(tmp_path: Path) -> str:
    return make_reference("squeeze", tmp_path)[1]


def pair(height: int, width: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    clean = torch.rand((3, height, width), generator=generator)
    return torch.stack([(clean + 0.2 * torch.randn(clean.shape, generator=generator)).clamp(0, 1), clean])


def test_equals_the_package_in_one_band_or_several(reference):
    net, network, weights = reference
    metric = LPIPS(net, weights, rows=48)
    for height in (32, 48, 49, 161):
        restored, clean = pair(height, 45)
        with torch.no_grad():
            expected = network(restored[None], clean[None], normalize=True).item()
        assert expected > 1e-3
        assert metric(restored, clean) == pytest.approx(expected, abs=1e-6)


def test_a_band_sees_all_that_its_positions_depend_on(reference):
    net, _, weights = reference
    loss, (_, clean) = LPIPSLoss(net, weights), pair(400, 33)
    for row in (192, 207):  # the first and the last of one coarsest position
        restored = clean.clone()
        restored[:, row] = torch.nan
        for stride, level in zip(STRIDES[net], loss.levels(restored[None], clean[None]), strict=True):
            position = torch.nonzero(level.isnan().any(3).flatten()).flatten() * stride
            band = position - position % COARSEST
            assert len(position)
            assert (row >= band - REACH).all()
            assert (row < band + COARSEST + REACH).all()


def test_is_the_loss_of_the_clipped_image(weights: str):
    restored, clean = pair(32, 40)
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


@pytest.mark.parametrize("rows", [0, -16, 40])
def test_bands_that_no_level_keeps_in_step_with_are_refused(weights: str, rows: int):
    with pytest.raises(ConfigError, match=f"multiple of 16, got {rows}"):
        LPIPS("squeeze", weights, rows)


def test_an_unknown_net_is_refused(weights: str):
    with pytest.raises(ConfigError, match="squeeze"):
        LPIPS("squeze", weights)  # type: ignore[arg-type]
