"""The contract of a backbone."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.dense import Dense
from moei_toolkit.testing.contract import (
    ODD_SIZES,
    promise,
    random_images,
    require,
    require_close,
    require_equal,
    require_shape,
    seeded,
)
from moei_toolkit.testing.modules import (
    decode_shapes,
    reload,
    require_gradients,
    require_state,
    shake,
    state_of,
)


def check_backbone(
    make: Callable[[], Backbone], sizes: Sequence[tuple[int, int]] = ODD_SIZES, seed: int = 0
) -> None:
    """Check every promise of `Backbone`.

    The weights are made random first: a fresh backbone is often the identity, which would hide a lot.

    Args:
        make: Builds a backbone.
        sizes: Heights and widths to restore.
        seed: Of weights and images.

    Raises:
        ContractError: Names the first promise found broken.
    """
    with seeded(seed):
        backbone = shake(make(), seed).eval()
        before = state_of(backbone)
        with torch.no_grad():
            _check_input(backbone)
            _check_features(backbone)
            _check_description(backbone)
            _check_sites(backbone)
            _check_sizes(backbone, sizes)
            _check_batches(backbone)
        with promise(backbone, "running it in evaluation mode changes nothing in it"):
            require_state(backbone, before)
        _check_loading(backbone, make())
        with promise(
            backbone, "it restores on the meta device, without values, where operations are counted"
        ):
            decode_shapes(copy.deepcopy(backbone).to("meta"), Dense())
        _check_training(backbone)


def _check_input(backbone: Backbone) -> None:
    x, asked = random_images(1, 24, 40), random_images(1, 24, 40)
    with promise(backbone, "it changes nothing in the image that it encodes"):
        _summary(backbone, x)
        require_equal(x, asked)


def _check_sites(backbone: Backbone) -> None:
    sites, owned = backbone.sites(), {id(p) for p in backbone.parameters()}
    with promise(backbone, "it has sites, each with channels and a block of its own"):
        require(bool(sites), "sites() is empty")
        for site, channels in sites.items():
            require(isinstance(channels, int) and channels > 0, f"site {site!r} has {channels!r} channels")
            strange = [p for p in backbone.block(site).parameters() if id(p) not in owned]
            require(not strange, f"block({site!r}) has {len(strange)} parameters that are not the backbone's")
    with promise(backbone, "experts can keep modules of their own by the names of its sites"):
        nn.ModuleDict({site: nn.Identity() for site in sites})
    watcher = _Watcher()
    x = random_images(1, 24, 40)
    with promise(backbone, "decode runs every site once, in the order of sites(), through the expert"):
        backbone(x, watcher)
        require(watcher.seen == list(sites), f"expected {list(sites)}, got {watcher.seen}")
        foreign = [site for site, block in watcher.blocks.items() if block is not backbone.block(site)]
        require(not foreign, f"the expert got other blocks than block(site) at {foreign}")
    with promise(backbone, "sites() tells the output channels of each block"):
        require(watcher.channels == sites, f"expected {sites}, got {watcher.channels}")
    with promise(backbone, "what the expert returns at a site is what is used"):
        expected = backbone(x, Dense())
        ignored = [site for site in sites if torch.equal(backbone(x, _Shifter(site)), expected)]
        require(not ignored, f"the output does not depend on {ignored}")


def _check_features(backbone: Backbone) -> None:
    with promise(backbone, "features are (B, C, h, w), fine to coarse"):
        features = backbone.encode(random_images(2, 24, 40))
        wrong = [tuple(level.shape) for level in features if level.dim() != 4 or len(level) != 2]
        require(bool(features) and not wrong, f"{len(features)} features, of them wrong {wrong}")
        heights = [level.shape[-2] for level in features]
        require(all(a >= b for a, b in pairwise(heights)), f"heights {heights}")


def _check_description(backbone: Backbone) -> None:
    overview, probes = random_images(2, 24, 24), random_images(6, 24, 24, seed=1)
    with promise(backbone, f"an image is described by {backbone.descriptor_dim} numbers"):
        whole = _summary(backbone, overview)
        require_shape(whole, 2, whole.shape[-1])
        parts = _summary(backbone, probes).unflatten(0, (2, 3))
        g = backbone.describe(whole, parts)
        require_shape(g, 2, backbone.descriptor_dim)
    with promise(backbone, "the order of probes does not matter"):
        require_close(backbone.describe(whole, parts.flip(1)), g)
    with promise(backbone, "an image is described independently of its neighbours in the batch"):
        first = _summary(backbone, overview[:1]), _summary(backbone, probes[:3]).unsqueeze(0)
        require_close(backbone.describe(*first), g[:1])
    features = backbone.encode(overview)
    kept = [level.clone() for level in (overview, *features)]
    with promise(backbone, "it changes nothing in the image and the features that it decodes"):
        backbone.decode(features, overview, Dense(), g)
        for given, before in zip((overview, *features), kept, strict=True):
            require_equal(given, before)
    with promise(backbone, "one g serves all tiles of an image"):
        repeated = backbone.decode(features, overview, Dense(), g[:1].expand(2, -1))
        require_close(backbone.decode(features, overview, Dense(), g[:1]), repeated)


def _check_sizes(backbone: Backbone, sizes: Sequence[tuple[int, int]]) -> None:
    multiple = backbone.size_multiple
    with promise(backbone, "size_multiple is a number of pixels"):
        require(isinstance(multiple, int) and multiple >= 1, f"it is {multiple!r}")
    for height, width in [*sizes, (multiple, 2 * multiple)]:
        with promise(backbone, f"an image of {height}x{width} comes back in its size"):
            restored, g = backbone(random_images(1, height, width), Dense(), return_global=True)
            require_shape(restored, 1, 3, height, width)
            require_shape(g, 1, backbone.descriptor_dim)


def _check_batches(backbone: Backbone) -> None:
    x = random_images(2, 17, 31)
    together = backbone(x, Dense())
    with promise(backbone, "an image is restored independently of its neighbours in the batch"):
        require_close(torch.cat([backbone(x[i : i + 1], Dense()) for i in range(2)]), together)
    with promise(backbone, "in evaluation mode nothing is random"):
        require_equal(backbone(x, Dense()), together)
    with promise(backbone, "forward takes an image as its own overview and probe"):
        summary = _summary(backbone, x)
        g = backbone.describe(summary, summary.unsqueeze(1))
        require_close(backbone.decode(backbone.encode(x), x, Dense(), g), together)


def _check_loading(backbone: Backbone, fresh: Backbone) -> None:
    x = random_images(1, 17, 31)
    with promise(backbone, "what is loaded restores exactly as what was saved"), torch.no_grad():
        require_equal(reload(backbone, fresh)(x, Dense()), backbone(x, Dense()))


def _check_training(backbone: Backbone) -> None:
    with promise(backbone, "training reaches every parameter"):
        restored, g = backbone.train()(random_images(3, 24, 24), Dense(), return_global=True)
        (restored.square().mean() + (g * torch.linspace(-1, 1, g.shape[1])).mean()).backward()
        require_gradients(backbone)
    with promise(backbone, "a single image is enough to train on"):
        require_shape(backbone(random_images(1, 24, 24), Dense()).detach(), 1, 3, 24, 24)


def _summary(backbone: Backbone, x: Tensor) -> Tensor:
    return backbone.summarize(backbone.encode(x), x)


class _Watcher(Expert):
    """Runs every block as it is and remembers what it was called with."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.channels: dict[str, int] = {}
        self.blocks: dict[str, object] = {}

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        h = block(x)
        self.seen.append(site)
        self.blocks[site], self.channels[site] = block, h.shape[1]
        return h


class _Shifter(Expert):
    """Shifts the output of one block."""

    def __init__(self, site: str) -> None:
        super().__init__()
        self.site = site

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        h = block(x)
        return h + 1 if site == self.site else h
