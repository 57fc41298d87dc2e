"""The default backbone: a plain U-Net of dense 3x3 convolutions that knows the whole image."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.backbones.statistics import IMAGE_STATISTICS, Standardize, image_statistics, moments
from moei_toolkit.experts.base import Expert

TAIL = "tail"
_FEATURE_WEIGHT = 0.1


class GlobalUNet(Backbone):
    """A U-Net on 2x2 pixel-unshuffled input whose decoder is modulated by the descriptor g.

    Built for speed: dense 3x3 convolutions, ReLU, no normalisation and no depthwise layer at high
    resolution, channels_last throughout. The output is ``x + gain * x + offset`` with gain and offset per
    pixel, because removing haze is affine in the image: J = I / t + A (1 - 1 / t).

    The context enters as feature-wise scale and shift (FiLM, Perez et al., AAAI 2018) on every level of the
    decoder. An untrained network is the identity.

    While training, the context of a share of the images is left out. g tells scenes apart as well as
    weathers, and a decoder that always has it restores what the scene looks like instead of what it sees.

    Args:
        width: Channels of the finest level; each coarser level has twice as many.
        levels: How many times the features are halved after the 2x2 unshuffle.
        blocks: Residual blocks per level, in the encoder and again in the decoder.
        descriptor_dim: Length of g.
        context_dim: Hidden size between g and the modulation of the levels.
        context_dropout: Share of the images of a batch restored without g while training, in [0, 1).
    """

    def __init__(
        self,
        width: int = 24,
        levels: int = 3,
        blocks: int = 2,
        descriptor_dim: int = 1024,
        context_dim: int = 64,
        context_dropout: float = 0.3,
    ) -> None:
        super().__init__()
        if not 0 <= context_dropout < 1:
            raise ValueError(f"context_dropout must lie in [0, 1), got {context_dropout}")
        self.context_dropout = context_dropout
        self.descriptor_dim = descriptor_dim
        self.size_multiple = 2 ** (levels + 1)
        widths = [width * 2**level for level in range(levels + 1)]
        self.stem = nn.Conv2d(12, width, 3, padding=1)
        self.encoder = nn.ModuleList(nn.Sequential(*(_Block(w) for _ in range(blocks))) for w in widths)
        self.down = nn.ModuleList(nn.Conv2d(w, 2 * w, 2, stride=2) for w in widths[:-1])
        self.up = nn.ModuleList(nn.Conv2d(2 * w, 4 * w, 1) for w in widths[:-1])
        self.decoder = nn.ModuleDict(
            {
                _site(level, i): _Block(widths[level])
                for level in reversed(range(levels + 1))
                for i in range(blocks)
            }
        )
        self.decoder[TAIL] = nn.Conv2d(width, 24, 3, padding=1)
        self.context = nn.Sequential(nn.Linear(descriptor_dim, context_dim), nn.GELU())
        self.film = nn.ModuleList(nn.Linear(context_dim, 2 * w) for w in widths)
        summary = IMAGE_STATISTICS + 2 * sum(widths)
        self.standardize = Standardize(2 * summary)
        self.register_buffer("emphasis", _emphasis(summary))
        self.descriptor = nn.Sequential(
            nn.Linear(2 * summary, descriptor_dim), nn.GELU(), nn.LayerNorm(descriptor_dim)
        )
        self._sites = {site: _out_channels(block) for site, block in self.decoder.items()}
        self._blocks_per_level = blocks
        for layer in (self.decoder[TAIL], *self.film):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.to(memory_format=self.memory_format)

    def encode(self, x: Tensor) -> list[Tensor]:
        """Return features at strides 2, 4, ..., 2 ** (levels + 1) of ``x`` padded to ``size_multiple``."""
        h = F.pixel_unshuffle(_pad(x, self.size_multiple), 2)
        h = self.stem(h.contiguous(memory_format=self.memory_format))
        features = [self.encoder[0](h)]
        for down, blocks in zip(self.down, self.encoder[1:], strict=True):
            features.append(blocks(down(features[-1])))
        return features

    def summarize(self, features: list[Tensor], x: Tensor) -> Tensor:
        """Pool mean and deviation of all scales, and simple statistics of the image itself, to (B, S)."""
        return torch.cat([image_statistics(x), *(moments(level) for level in features)], 1)

    def describe(self, overview: Tensor, probes: Tensor) -> Tensor:
        """Return g (B, descriptor_dim) from the overview's summary and the mean of the probes' summaries."""
        views = self.standardize(torch.stack([overview, probes.mean(1)], 1).flatten(1))
        return self.descriptor(views * self.emphasis)

    def decode(self, features: list[Tensor], x: Tensor, expert: Expert, g: Tensor) -> Tensor:
        """Restore ``x``; see :meth:`Backbone.decode`."""
        context = self.context(self._drop(g) if self.training else g)
        h = features[-1]
        for level in reversed(range(len(features))):
            if level < len(self.up):
                h = F.pixel_shuffle(self.up[level](h), 2).add_(features[level])
            h = _modulate(h, self.film[level](context))
            for i in range(self._blocks_per_level):
                site = _site(level, i)
                h = expert.run(site, self.decoder[site], h)
        gain, offset = F.pixel_shuffle(expert.run(TAIL, self.decoder[TAIL], h), 2).chunk(2, 1)
        height, width = x.shape[-2:]
        return x + gain[..., :height, :width] * x + offset[..., :height, :width]

    def _drop(self, g: Tensor) -> Tensor:
        return g * (torch.rand(len(g), 1, device=g.device) >= self.context_dropout)

    def sites(self) -> dict[str, int]:
        """Return the decoder blocks, coarse to fine, and the tail."""
        return dict(self._sites)

    def block(self, site: str) -> nn.Module:
        """Return the dense block of ``site``."""
        return self.decoder[site]

    def forward(
        self, x: Tensor, expert: Expert, return_global: bool = False
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Restore ``x`` as a whole; see :meth:`Backbone.forward`."""
        features = self.encode(x)
        summary = self.summarize(features, x)
        g = self.describe(summary, summary.unsqueeze(1))
        restored = self.decode(features, x, expert, g)
        return (restored, g) if return_global else restored


class _Block(nn.Module):
    """x + conv1x1(relu(conv3x3(x)))."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(channels, channels, 3, padding=1)
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.mix(F.relu_(self.spatial(x))).add_(x)  # in place: memory is slower than arithmetic


def _site(level: int, index: int) -> str:
    return f"level{level}_{index}"


def _out_channels(block: nn.Module) -> int:
    return block.mix.out_channels if isinstance(block, _Block) else block.out_channels  # type: ignore


def _emphasis(summary: int) -> Tensor:
    """Return the weight of every statistic of both views.

    The few image statistics carry over to new scenes at once; the many feature statistics, equal in weight,
    would drown them and fit the training scenes by heart.
    """
    view = torch.full((summary,), _FEATURE_WEIGHT)
    view[:IMAGE_STATISTICS] = 1.0
    return view.repeat(2)


def _modulate(h: Tensor, scale_and_shift: Tensor) -> Tensor:
    scale, shift = scale_and_shift[:, :, None, None].chunk(2, 1)
    return (h * (1 + scale)).add_(shift)


def _pad(x: Tensor, multiple: int) -> Tensor:
    """Replicate the right and bottom edges up to a multiple; works for any size down to 1x1."""
    bottom, right = -x.shape[-2] % multiple, -x.shape[-1] % multiple
    return F.pad(x, (0, right, 0, bottom), mode="replicate")
