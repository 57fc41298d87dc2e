"""LPIPS equals the reference implementation, and its weights are checked before they are believed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import lpips
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from moei_toolkit.errors import CheckpointError, ConfigError, DataError, WeightsMissingError
from moei_toolkit.losses.feature_weights import read_feature_weights
from moei_toolkit.losses.perceptual import SMALLEST_SIDE, LPIPSLoss
from moei_toolkit.losses.task import SnowLoss

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:torchvision.models._utils")


def features_of(network: lpips.LPIPS) -> dict[str, torch.Tensor]:
    return {key.split(".", 1)[1]: value.clone() for key, value in network.net.state_dict().items()}


def reference(net: str) -> lpips.LPIPS:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return lpips.LPIPS(net=net, pnet_rand=True, verbose=False).eval()


@pytest.fixture(scope="module")
def squeeze() -> lpips.LPIPS:
    return reference("squeeze")


@pytest.fixture
def weights(tmp_path: Path, squeeze: lpips.LPIPS) -> Path:
    path = tmp_path / "features.pth"
    torch.save(features_of(squeeze), path)
    return path


@pytest.fixture
def images() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    clean = torch.rand((2, 3, 40, 48), generator=generator)
    return (clean + 0.3 * torch.rand(clean.shape, generator=generator)).clamp(0, 1), clean


@pytest.mark.parametrize("net", ["squeeze", "alex"])
def test_equals_the_reference(net: str, tmp_path: Path, images):
    expected = reference(net)
    torch.save({f"features.{key}": value for key, value in features_of(expected).items()}, tmp_path / "w.pth")
    loss = LPIPSLoss(net, str(tmp_path / "w.pth"))
    value = loss(*images, images[1])
    torch.testing.assert_close(value, expected(*images, normalize=True).flatten())
    assert value.shape == (2,)


def test_equals_the_reference_with_trained_weights(images):
    path = os.environ.get("MOEI_LPIPS_WEIGHTS")
    if not path:
        pytest.skip("MOEI_LPIPS_WEIGHTS names no file with trained squeezenet1_1 features")
    loss, expected = LPIPSLoss("squeeze", path), reference("squeeze")
    state = torch.load(path, weights_only=True)
    trained = {key.removeprefix("features."): value for key, value in state.items()}
    state = {key: trained[key.split(".", 1)[1]].float() for key in expected.net.state_dict()}
    expected.net.load_state_dict(state)
    torch.testing.assert_close(loss(*images, images[1]), expected(*images, normalize=True).flatten())
    blurred = torch.nn.functional.avg_pool2d(images[1], 3, 1, 1)
    steps = [loss(images[1].lerp(blurred, share), images[1], images[1]).mean() for share in (0.0, 0.5, 1.0)]
    assert steps[0] == 0
    assert steps[0] < steps[1] < steps[2]


def test_reads_every_kind_of_file(tmp_path: Path, squeeze: lpips.LPIPS, weights: Path):
    features = features_of(squeeze)
    save_file(features, tmp_path / "w.safetensors")
    np.savez(tmp_path / "w.npz", **{key: value.numpy() for key, value in features.items()})
    whole = {f"features.{key}": value for key, value in features.items()}
    torch.save({**whole, "classifier.1.bias": torch.ones(2)}, tmp_path / "whole.pt")
    for name in ("w.safetensors", "w.npz", "whole.pt", weights.name):
        read = read_feature_weights(tmp_path / name)
        assert read.keys() == features.keys()
        assert all(torch.equal(read[key], features[key]) for key in features)


def test_stays_frozen_and_awake_to_no_dropout(weights: Path, images):
    snow = SnowLoss(lpips_weights=str(weights)).train()
    assert snow.terms == {"l1": 1.0, "snow mask l1": 0.1, "lpips-squeeze": 0.05}
    assert not any(parameter.requires_grad for parameter in snow.parameters())
    first, second = (snow(*images, images[1]) for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    expected = SnowLoss()(*images, images[1]) + 0.05 * LPIPSLoss("squeeze", str(weights))(*images, images[1])
    torch.testing.assert_close(first, expected)


def test_gradient_reaches_the_restored_image(weights: Path, images):
    restored = images[0].clone().requires_grad_()
    value = LPIPSLoss("squeeze", str(weights))(restored, images[1], images[0])
    (gradient,) = torch.autograd.grad(value.sum(), restored)
    assert torch.isfinite(gradient).all()
    assert gradient.abs().max() > 0


def test_gradient_is_finite_where_no_feature_responds(tmp_path: Path, squeeze: lpips.LPIPS, images):
    features = features_of(squeeze)
    features["0.bias"] -= 100
    torch.save(features, tmp_path / "dead.pth")
    restored = images[0].clone().requires_grad_()
    value = LPIPSLoss("squeeze", str(tmp_path / "dead.pth"))(restored, images[1], images[0])
    (gradient,) = torch.autograd.grad(value.sum(), restored)
    assert torch.isfinite(gradient).all()


def test_building_leaves_the_seed_alone(weights: Path):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    LPIPSLoss("squeeze", str(weights))
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize("path", [None, "", "absent/squeezenet.pth"])
def test_missing_weights_say_where_to_get_them(path: str | None):
    with pytest.raises(WeightsMissingError, match=r"squeezenet1_1-b8a52dc0\.pth.*key 'weights'"):
        LPIPSLoss("squeeze", path)


def test_unknown_net_is_refused():
    with pytest.raises(ConfigError, match="squeeze"):
        LPIPSLoss("squeze")  # type: ignore[arg-type]


def test_too_small_images_are_refused(weights: Path):
    loss, side = LPIPSLoss("squeeze", str(weights)), SMALLEST_SIDE["squeeze"]
    fits, small = torch.rand(1, 3, side, side), torch.rand(1, 3, side - 1, 40)
    assert torch.isfinite(loss(fits, fits, fits)).all()
    with pytest.raises(DataError, match="17x17"):
        loss(small, small, small)


def change(features: dict[str, torch.Tensor], how: str) -> dict[str, torch.Tensor]:
    if how == "missing":
        del features["0.bias"]
    if how == "layer":
        features["99.bias"] = torch.zeros(2)
    if how == "shape":
        features["0.bias"] = torch.zeros(2)
    if how == "finite":
        features["0.bias"][3] = torch.nan
    return features


@pytest.mark.parametrize("how", ["missing", "layer", "shape", "finite"])
def test_weights_that_do_not_fit_are_refused(how: str, tmp_path: Path, squeeze: lpips.LPIPS):
    path = tmp_path / "wrong.pth"
    torch.save(change(features_of(squeeze), how), path)
    with pytest.raises(CheckpointError, match=rf"wrong\.pth.*{how}"):
        LPIPSLoss("squeeze", str(path))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".npz", ".bin"])
def test_damaged_files_are_refused(suffix: str, tmp_path: Path):
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(b"not weights at all")
    with pytest.raises(CheckpointError, match="bad"):
        LPIPSLoss("squeeze", str(path))


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_truncated_files_are_refused(share: float, weights: Path):
    whole = weights.read_bytes()
    weights.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(CheckpointError, match=str(weights)):
        LPIPSLoss("squeeze", str(weights))


class Payload:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


def test_code_inside_a_file_is_not_run(tmp_path: Path):
    torch.save({"0.bias": Payload(tmp_path / "ran")}, tmp_path / "evil.pth")
    with pytest.raises(CheckpointError, match="evil"):
        LPIPSLoss("squeeze", str(tmp_path / "evil.pth"))
    assert not (tmp_path / "ran").exists()


def test_hash_in_the_name_must_be_true(tmp_path: Path, weights: Path):
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    true, false = tmp_path / f"squeezenet-{digest[:8]}.pth", tmp_path / "squeezenet-b8a52dc0.pth"
    for path in (true, false):
        path.write_bytes(weights.read_bytes())
    LPIPSLoss("squeeze", str(true))
    with pytest.raises(CheckpointError, match="b8a52dc0"):
        LPIPSLoss("squeeze", str(false))
