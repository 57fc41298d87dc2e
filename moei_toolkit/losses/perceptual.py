"""LPIPS, the learned perceptual distance."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from moei_toolkit.errors import ConfigError, DataError, WeightsMissingError, did_you_mean
from moei_toolkit.losses.base import Loss, checked, image_mean
from moei_toolkit.losses.feature_weights import check_feature_weights, read_feature_weights

if TYPE_CHECKING:
    from lpips import LPIPS

Net = Literal["squeeze", "alex", "vgg"]

SOURCES: dict[str, str] = {
    "squeeze": "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth",
    "alex": "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    "vgg": "https://download.pytorch.org/models/vgg16-397923af.pth",
}
"""Where torchvision keeps the feature weights of each network."""

SMALLEST_SIDE = {"squeeze": 17, "alex": 31, "vgg": 16}
"""Below this many pixels a pooling layer of the network has nothing left to pool."""


class LPIPSLoss(Loss):
    """Learned perceptual image patch similarity, with the linear heads of version 0.1.

    Zhang et al., "The unreasonable effectiveness of deep features as a perceptual metric", CVPR 2018.
    The network is frozen and stays in evaluation mode (its heads contain dropout). Gradients reach the
    restored image only.

    Args:
        net: ``"squeeze"``, ``"alex"`` or ``"vgg"``.
        weights: File with torchvision's feature weights of that network.

    Raises:
        ConfigError: The net is unknown.
        WeightsMissingError: No file was given, or it is not there.
        CheckpointError: The file is damaged or belongs to another network.
    """

    def __init__(self, net: Net = "squeeze", weights: str | None = None) -> None:
        super().__init__()
        if net not in SOURCES:
            raise ConfigError(f"LPIPS: unknown net {net!r}. {did_you_mean(net, SOURCES)}")
        self.net = net
        self.terms = {f"lpips-{net}": 1.0}
        self.network = load_lpips(net, weights)

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        """See `Loss.forward`."""
        return torch.stack([image_mean(level) for level in self.levels(restored, clean)]).sum(0)

    def levels(self, restored: Tensor, clean: Tensor) -> Iterator[Tensor]:
        """Compare level by level of the network, fine to coarse; the means of the levels add up to the loss.

        Without gradients, only one level of features is alive at a time.

        Args:
            restored: (B, 3, H, W) RGB, nominally in [0, 1].
            clean: The same.

        Yields:
            (B, 1, h, w) float32, distance at every position.

        Raises:
            DataError: The shapes do not fit, or are too small for the network.
        """
        restored, clean = checked(restored, clean)
        if min(restored.shape[-2:]) < SMALLEST_SIDE[self.net]:
            size, side = "x".join(map(str, restored.shape[-2:])), SMALLEST_SIDE[self.net]
            raise DataError(f"LPIPS-{self.net} needs images of at least {side}x{side} pixels, got {size}")
        first, second = (self.network.scaling_layer(2 * image - 1) for image in (restored, clean))
        for index, head in enumerate(self.network.lins, start=1):
            layers = getattr(self.network.net, f"slice{index}")
            with torch.autocast(restored.device.type, enabled=False):
                first, second = layers(first), layers(second)
                level = head((_unit(first) - _unit(second)) ** 2)
            yield level

    def train(self, mode: bool = True) -> LPIPSLoss:
        """Set the mode of this module, but never wake the dropout inside the frozen network."""
        super().train(mode)
        self.network.eval()
        return self


def _unit(features: Tensor) -> Tensor:
    """Scale the channels at every position to length 1; where all are 0 they, and the gradient, stay 0."""
    length = (features * features).sum(1, keepdim=True).clamp(min=1e-20).sqrt()
    return features / (length + 1e-10)


def load_lpips(net: Net, weights: str | None) -> LPIPS:
    """Build the frozen LPIPS network from the packaged heads and a file of feature weights.

    Raises:
        WeightsMissingError: See `LPIPSLoss`.
        CheckpointError: See `LPIPSLoss`.
    """
    path = _require(net, weights)
    tensors = read_feature_weights(path)
    network = _untrained(net)
    keys = {key.split(".", 1)[1]: key for key in network.net.state_dict()}
    state = network.net.state_dict()
    check_feature_weights(path, tensors, {short: state[key] for short, key in keys.items()})
    network.net.load_state_dict({key: tensors[short] for short, key in keys.items()})
    network.to(memory_format=torch.channels_last)  # pooling large images is several times as fast
    return network.eval().requires_grad_(False)


def _require(net: str, weights: str | None) -> Path:
    found = "no file was given" if not weights else f"there is no file {weights}"
    if not weights or not Path(weights).is_file():
        raise WeightsMissingError(
            f"LPIPS-{net} needs torchvision's feature weights, but {found}. Download {SOURCES[net]} and name "
            "the file in the configuration: key 'weights' of the lpips loss or metric, 'lpips_weights' of "
            "the snow loss"
        )
    return Path(weights)


def _untrained(net: str) -> LPIPS:
    """Build the network with its trained heads and random features, leaving the global seed alone."""
    from lpips import LPIPS

    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.filterwarnings("ignore", category=UserWarning, module=r"torchvision\.models\._utils")
        return LPIPS(net=net, pnet_rand=True, verbose=False)
