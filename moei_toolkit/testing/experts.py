"""The contract of an expert."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.dense import Dense
from moei_toolkit.inference.folding import fold
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
    count_parameters,
    decode_shapes,
    reload,
    require_gradients,
    require_state,
    shake,
    state_of,
)


def check_expert(
    make: Callable[[Backbone], Expert],
    backbone: Backbone,
    budget: float | None = 0.03,
    sizes: Sequence[tuple[int, int]] = ODD_SIZES,
    seed: int = 0,
) -> None:
    """Check every promise of `Expert`.

    Args:
        make: Builds an expert around a backbone.
        backbone: A copy of it, with random weights, is what the expert is tried on.
        budget: Largest number of parameters, as a fraction of the backbone's; None for no limit.
        sizes: Heights and widths to restore.
        seed: Of weights and images.

    Raises:
        ContractError: Names the first promise found broken.
    """
    with seeded(seed):
        backbone = shake(copy.deepcopy(backbone), seed).eval().requires_grad_(False)
        before = state_of(backbone)
        expert = make(backbone).eval()
        _check_fresh(expert, backbone, sizes)
        _check_parameters(expert, backbone, budget)
        _check_training(expert, backbone)
        with promise(expert, "neither running nor training it alters the dense model"):
            require_state(backbone, before)
            require(not _trainable(backbone), f"{len(_trainable(backbone))} parameters are trainable now")
        _check_trained(expert, make, backbone)


@torch.no_grad()
def _check_fresh(expert: Expert, backbone: Backbone, sizes: Sequence[tuple[int, int]]) -> None:
    for height, width in [*sizes, (24, 40)]:
        x = random_images(1, height, width)
        with promise(expert, f"a fresh one leaves the dense output of {height}x{width} as it is"):
            dense = backbone(x, Dense())
            restored = backbone(x, expert)
            require_shape(restored, *dense.shape)
            require_equal(restored, dense)


def _check_parameters(expert: Expert, backbone: Backbone, budget: float | None) -> None:
    theirs = {p.data_ptr() for p in backbone.parameters()}
    with promise(expert, "it shares no parameter with the backbone"):
        shared = [name for name, p in expert.named_parameters() if p.data_ptr() in theirs]
        require(not shared, f"{len(shared)} are shared: {shared[:3]}")
    own, all_of_them = count_parameters(expert), count_parameters(backbone)
    if budget is not None:
        with promise(expert, f"it has at most {budget:.1%} of the backbone's parameters"):
            require(own <= budget * all_of_them, f"{own} of {all_of_them} are {own / all_of_them:.1%}")


def _check_training(expert: Expert, backbone: Backbone) -> None:
    x = random_images(2, 24, 40)
    if not _trainable(expert):
        return
    with promise(expert, "training reaches every parameter of its own and none of the backbone"):
        loss = backbone(x, expert.train()).square().mean()
        (loss + _penalty_of_training(expert)).backward()
        require_gradients(expert)
        strays = [name for name, p in backbone.named_parameters() if p.grad is not None]
        require(not strays, f"{len(strays)} parameters of the backbone got a gradient: {strays[:3]}")
    torch.optim.SGD(_trainable(expert), lr=0.1).step()
    expert.eval()
    with promise(expert, "its penalty is of runs in training mode since it was last asked"), torch.no_grad():
        backbone(x, expert)
        penalty = expert.penalty()
        require(penalty is None or not penalty.any(), f"after a run in evaluation mode it is {penalty}")
    with promise(expert, "a training step makes it differ from dense"), torch.no_grad():
        require(not torch.equal(backbone(x, expert), backbone(x, Dense())), "the output is the same")


@torch.no_grad()
def _check_trained(expert: Expert, make: Callable[[Backbone], Expert], backbone: Backbone) -> None:
    x = random_images(2, 17, 31)
    shake(expert)
    together = backbone(x, expert)
    with promise(expert, "in evaluation mode nothing is random"):
        require_equal(backbone(x, expert), together)
    with promise(expert, "an image is restored independently of its neighbours in the batch"):
        require_close(torch.cat([backbone(x[i : i + 1], expert) for i in range(2)]), together)
    with promise(expert, "folded into the blocks it restores as it does beside them"):
        before = state_of(backbone)
        require_close(backbone(x, fold(expert, backbone)), together)
        require_state(backbone, before)
    with promise(expert, "what it is folded into is of its own, and does not follow later training"):
        _require_own(expert, backbone)
    with promise(expert, "what is loaded restores exactly as what was saved"):
        require_equal(backbone(x, reload(expert, make(backbone))), together)
    with promise(expert, "it runs on the meta device, without values, where its operations are counted"):
        net = copy.deepcopy(backbone).to("meta")
        decode_shapes(net, fold(copy.deepcopy(expert).to("meta"), net))


def _penalty_of_training(expert: Expert) -> Tensor | float:
    """Return what a run in training mode is penalised with."""
    with promise(expert, "its penalty is a scalar with a gradient, of the runs since it was last asked"):
        penalty = expert.penalty()
        if penalty is None:
            return 0.0
        require_shape(penalty.detach())
        require(penalty.requires_grad, "no gradient flows through it")
        again = expert.penalty()
        require(again is None or not again.any(), f"asked again at once, it is {again} after {penalty}")
        return penalty


def _require_own(expert: Expert, backbone: Backbone) -> None:
    others = {p.data_ptr() for module in (expert, backbone) for p in module.parameters()}
    for site in backbone.sites():
        merged = expert.merged(site, backbone.block(site))
        shared = [name for name, p in merged.named_parameters() if p.data_ptr() in others] if merged else []
        require(not shared, f"at {site!r} it shares {len(shared)} with the expert or backbone: {shared[:3]}")


def _trainable(module: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in module.parameters() if parameter.requires_grad]
