"""A metric whose weights are not there is not computed, and says why."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import lpips
import pytest
import torch
from config_example import minimal

from moei_toolkit.config.loader import validate_config
from moei_toolkit.errors import ConfigError, DataError, RegistryError, WeightsMissingError
from moei_toolkit.pipeline.measuring.measuring import records_of
from moei_toolkit.pipeline.measuring.metrics import DIRECTION, NOT_COMPUTED, build_metrics


def metrics(*components: dict):
    return build_metrics(validate_config(minimal(evaluate={"metrics": list(components)}), "test"))


def test_every_metric_states_its_protocol_and_direction():
    built, protocol = metrics({"type": "psnr"}, {"type": "ssim", "color": "y"})
    assert [metric.name for metric in built] == ["psnr", "ssim_y"] == list(protocol)
    assert protocol["psnr"][DIRECTION] is True
    assert protocol["psnr"]["unit"] == "dB"
    assert NOT_COMPUTED not in protocol["psnr"]


def test_missing_weights_are_a_reason_not_a_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv("MOEI_LPIPS_WEIGHTS", raising=False)
    built, protocol = metrics({"type": "psnr"}, {"type": "lpips", "net": "vgg"})
    assert [metric.name for metric in built] == ["psnr"]
    assert protocol["lpips (net=vgg)"].keys() == {NOT_COMPUTED}
    assert "vgg" in protocol["lpips (net=vgg)"][NOT_COMPUTED]


@pytest.mark.filterwarnings("ignore::UserWarning:torchvision.models._utils")
def test_a_file_of_weights_that_the_config_names_makes_lpips_computed(tmp_path: Path):
    network = lpips.LPIPS(net="squeeze", pnet_rand=True, verbose=False)
    features = {key.split(".", 1)[1]: value for key, value in network.net.state_dict().items()}
    torch.save(features, tmp_path / "features.pth")
    named = {"type": "lpips", "net": "squeeze", "weights": str(tmp_path / "features.pth")}
    (metric,), protocol = metrics(named)
    assert list(protocol) == [metric.name] == ["lpips_squeeze"]
    assert protocol["lpips_squeeze"][DIRECTION] is False
    assert NOT_COMPUTED not in protocol["lpips_squeeze"]
    gone = {**named, "weights": str(tmp_path / "gone.pth")}
    with pytest.raises(WeightsMissingError, match="there is no file"):
        metrics(gone)


def test_two_metrics_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="different names, got 'psnr' twice"):
        metrics({"type": "psnr"}, {"type": "psnr"})
    assert [metric.name for metric in metrics({"type": "psnr"}, {"type": "psnr", "border": 4})[0]] == [
        "psnr",
        "psnr_border4",
    ]


def test_a_wrong_metric_is_still_an_error():
    with pytest.raises(RegistryError, match="Did you mean 'psnr'"):
        metrics({"type": "psmr"})


def test_an_empty_split_names_those_that_hold_images():
    nothing = SimpleNamespace(records=[], of=lambda split: [])
    with pytest.raises(DataError, match="folder: expected images in split 'val', got none; there is nothing"):
        records_of(nothing, "val", Path("folder"))
