"""The contract checks find what is wrong with a network and say it with numbers."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.errors import MoeiError
from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.experts.base import Expert
from moei_toolkit.routers.base import Router
from moei_toolkit.routers.mlp import MLPRouter
from moei_toolkit.testing import ContractError, check_backbone, check_expert, check_router


def small(kind: type[GlobalUNet] = GlobalUNet) -> GlobalUNet:
    return kind(width=4, levels=1, blocks=1, descriptor_dim=16)


class Cropped(GlobalUNet):
    def decode(self, features, x, expert, g):
        return super().decode(features, x, expert, g)[..., : x.shape[-2] // 2 * 2, :]


class FirstProbeOnly(GlobalUNet):
    def describe(self, overview, probes):
        return super().describe(overview, probes[:, :1])


class BatchMean(GlobalUNet):
    def summarize(self, features, x):
        summary = super().summarize(features, x)
        return summary - summary.mean(0, keepdim=True)


class Shy(GlobalUNet):
    """Runs its last block without asking the expert."""

    def sites(self):
        return {site: channels for site, channels in super().sites().items() if site != "tail"}


class Dotted(GlobalUNet):
    """Calls its sites as no module can be called."""

    def sites(self):
        return {site.replace("_", "."): channels for site, channels in super().sites().items()}

    def block(self, site):
        return super().block(site.replace(".", "_"))


class Deaf(GlobalUNet):
    """Asks the expert at its first site and ignores the answer."""

    def decode(self, features, x, expert, g):
        class Ignoring(Expert):
            def run(self, site, block, h):
                answer = expert.run(site, block, h)
                return block(h) if site == "level1_0" else answer

        return super().decode(features, x, Ignoring(), g)


class WrongChannels(GlobalUNet):
    def sites(self):
        return {site: channels + 1 for site, channels in super().sites().items()}


class Dropping(GlobalUNet):
    def summarize(self, features, x):
        return nn.functional.dropout(super().summarize(features, x), 0.5)


class ShortDescriptor(GlobalUNet):
    def describe(self, overview, probes):
        return super().describe(overview, probes)[:, :-1].repeat(1, 2)[:, :15]


class Counting(GlobalUNet):
    def __init__(self, **options):
        super().__init__(**options)
        self.register_buffer("calls", torch.zeros(()))

    def encode(self, x):
        self.calls += 1
        return super().encode(x)


class Centring(GlobalUNet):
    def encode(self, x):
        return super().encode(x.sub_(0.5))


class Consuming(GlobalUNet):
    def decode(self, features, x, expert, g):
        features[-1].mul_(0.5)
        return super().decode(features, x, expert, g)


class Forgetful(GlobalUNet):
    """Keeps part of what it knows outside its state dict."""

    def __init__(self, **options):
        super().__init__(**options)
        self.bias = torch.rand(())

    def decode(self, features, x, expert, g):
        return super().decode(features, x, expert, g) + self.bias


class Looking(GlobalUNet):
    """Does something else for some values, which it has to know for that."""

    def decode(self, features, x, expert, g):
        restored = super().decode(features, x, expert, g)
        return restored if float(x.detach().mean()) < 2 else x


class DeadWeight(GlobalUNet):
    def __init__(self, **options):
        super().__init__(**options)
        self.spare = nn.Linear(2, 2)


class PicksItsOwnProbe(GlobalUNet):
    def forward(self, x, expert, return_global=False):
        return super().forward(x.flip(-1), expert, return_global)


class NotANumber(GlobalUNet):
    def decode(self, features, x, expert, g):
        return super().decode(features, x, expert, g) / (x.shape[-1] - 1) / (x.shape[-1] - 1)


class BatchNormalised(GlobalUNet):
    def __init__(self, **options):
        super().__init__(**options)
        self.norm = nn.BatchNorm1d(self.descriptor_dim)

    def describe(self, overview, probes):
        return self.norm(super().describe(overview, probes))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Cropped, r"1x1 comes back in its size: .*\(1, 3, 1, 1\), got \(1, 3, 0, 1\)"),
        (FirstProbeOnly, "order of probes does not matter: the largest difference is [0-9.]+, allowed"),
        (BatchMean, "described independently of its neighbours"),
        (Shy, r"order of sites\(\).*expected \['level1_0', 'level0_0'\], got .*'tail'\]"),
        (Dotted, r"modules of their own by the names of its sites: KeyError: .*level1\.0"),
        (Deaf, r"used: the output does not depend on \['level1_0'\]"),
        (WrongChannels, "output channels of each block: expected"),
        (Dropping, "order of probes|nothing is random|independently"),
        (ShortDescriptor, "described by 16 numbers"),
        (Counting, "changes nothing in it: 1 of .* tensors changed: calls"),
        (Centring, "changes nothing in the image that it encodes"),
        (Consuming, "changes nothing in the image and the features that it decodes"),
        (Forgetful, "exactly as what was saved: the largest difference is"),
        (Looking, "on the meta device, without values, .*: RuntimeError: Tensor.item"),
        (DeadWeight, "reaches every parameter: 2 of .*spare.weight, spare.bias"),
        (PicksItsOwnProbe, "as its own overview and probe"),
        (BatchNormalised, "single image is enough to train on: ValueError: Expected more than 1 value"),
        (NotANumber, "1x1 comes back in its size: 3 values not finite"),
    ],
)
def test_a_broken_backbone(kind: type[GlobalUNet], said: str):
    with pytest.raises(ContractError, match=said) as caught:
        check_backbone(lambda: small(kind))
    assert kind.__name__ in str(caught.value)


def test_a_sound_backbone_and_its_seed_are_left_alone():
    torch.manual_seed(5)
    state = torch.get_rng_state()
    check_backbone(small)
    assert torch.equal(torch.get_rng_state(), state)


class Thin(Adapter):
    """Fits even the smallest budget: one adapter at the coarsest site."""

    def __init__(self, backbone):
        super().__init__(backbone, reduction=1 / 16, top_blocks=0)
        del self.adapters["level0_0"], self.adapters["tail"]

    def run(self, site, block, x):
        return super().run(site, block, x) if site in self.adapters else block(x)


class NotZero(Thin):
    def __init__(self, backbone):
        super().__init__(backbone)
        nn.init.constant_(self.adapters["level1_0"][-1].bias, 1e-6)


class Thief(Thin):
    def __init__(self, backbone):
        super().__init__(backbone)
        self.stolen = backbone.block("tail")


class Vandal(Thin):
    def run(self, site, block, x):
        if self.training and site == "tail":
            block.bias.data += 1
        return super().run(site, block, x)


class Unfreezer(Thin):
    def run(self, site, block, x):
        block.requires_grad_(self.training)
        return super().run(site, block, x)


class Idle(Thin):
    def run(self, site, block, x):
        return block(x) + 0 * sum(p.sum() for p in self.parameters())


class Lazy(Thin):
    def __init__(self, backbone):
        super().__init__(backbone)
        self.spare = nn.Parameter(torch.zeros(3))


class Restless(Thin):
    def run(self, site, block, x):
        return super().run(site, block, x) + 0 * x.mean() if self.training else self._noisy(site, block, x)

    def _noisy(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        bias = self.adapters["level1_0"][-1].bias
        return super().run(site, block, x) + bias.abs().sum() * torch.rand(())


class Forgets(Thin):
    """What it folds into a block is the dense block alone."""

    def merged(self, site, block):
        return copy.deepcopy(block)


class Overwrites(Thin):
    """Folds into the block itself instead of a copy."""

    def merged(self, site, block):
        next(block.parameters()).data += 1


class SharesCopies(Thin):
    """What it folds into a block goes on learning with it."""

    def __init__(self, backbone):
        super().__init__(backbone)
        self.copy = copy.deepcopy(backbone.block("tail")).requires_grad_()

    def run(self, site, block, x):
        return self.copy(x) if site == "tail" else super().run(site, block, x)

    def merged(self, site, block):
        return self.copy if site == "tail" else None


class Penalised(Thin):
    """Asks for a penalty of every run at its one adapter; what that is, its subclasses say."""

    def __init__(self, backbone):
        super().__init__(backbone)
        self.seen = []

    def run(self, site, block, x):
        if self.training and site == "level1_0":
            self.seen.append(self.adapters[site][-1].bias.square().sum())
        return super().run(site, block, x)

    def penalty(self):
        seen, self.seen = self.seen, []
        return sum(seen) if seen else None


class PenaltyOfEverything(Penalised):
    def penalty(self):
        return sum(self.seen) + 1 if self.seen else None


class PenaltyWithoutGradient(Penalised):
    def penalty(self):
        total = super().penalty()
        return None if total is None else total.detach()


class PenaltyOfEachSite(Penalised):
    def penalty(self):
        total = super().penalty()
        return None if total is None else total.expand(3)


class PenaltyOfEvaluation(Penalised):
    def run(self, site, block, x):
        self.seen.append(self.adapters["level1_0"][-1].bias.square().sum() + 1)
        return Thin.run(self, site, block, x)


class Gossip(Thin):
    def run(self, site, block, x):
        return super().run(site, block, x) + self.adapters["level1_0"][-1].bias.sum() * x.mean()


class Picky(Thin):
    """Refines bright features only, whose values it has to know for that."""

    def run(self, site, block, x):
        return super().run(site, block, x) if float(x.detach().mean()) > -9 else block(x)


class Amnesiac(Thin):
    def __init__(self, backbone):
        super().__init__(backbone)
        self.gain = torch.rand(())

    def run(self, site, block, x):
        return block(x) + self.gain * (super().run(site, block, x) - block(x))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (NotZero, "dense output of 1x1 as it is: the largest difference is [0-9.e-]+, expected 0"),
        (Thief, "shares no parameter with the backbone: 2 are shared: .*stolen.weight"),
        (Vandal, "alters the dense model: 1 of .* tensors changed: decoder.tail.bias"),
        (Unfreezer, "none of the backbone: [0-9]+ parameters of the backbone got a gradient"),
        (Idle, "all gradients are 0"),
        (Lazy, "1 of .* parameters got no gradient: spare"),
        (Restless, "nothing is random"),
        (Forgets, "folded into the blocks .*: the largest difference is"),
        (Overwrites, "folded into the blocks .*"),
        (SharesCopies, "at 'tail' it shares 2 with the expert or backbone: .'weight', 'bias'."),
        (PenaltyOfEverything, "asked again at once, it is"),
        (PenaltyWithoutGradient, "no gradient flows through it"),
        (PenaltyOfEachSite, r"its penalty is a scalar .*expected shape \(\), got \(3,\)"),
        (PenaltyOfEvaluation, "after a run in evaluation mode it is"),
        (Gossip, "independently of its neighbours"),
        (Amnesiac, "exactly as what was saved"),
        (Picky, "on the meta device, without values, .*: RuntimeError: Tensor.item"),
    ],
)
def test_a_broken_expert(kind: type[Expert], said: str):
    with pytest.raises(ContractError, match=said) as caught:
        check_expert(kind, small(), budget=None)
    assert kind.__name__ in str(caught.value)


def test_a_sound_expert_leaves_the_backbone_alone():
    backbone = small()
    before = copy.deepcopy(backbone.state_dict())
    check_expert(Thin, backbone, budget=0.5)
    assert all(torch.equal(before[name], value) for name, value in backbone.state_dict().items())


def test_an_expert_may_ask_for_a_penalty():
    check_expert(Penalised, small(), budget=None)


def test_an_expert_beyond_its_budget():
    with pytest.raises(ContractError, match=r"at most 3.0% of the backbone's parameters: \d+ of \d+ are"):
        check_expert(lambda backbone: Adapter(backbone, top_blocks=1), small())


class OneScoreShort(MLPRouter):
    def __init__(self, descriptor_dim, experts):
        super().__init__(descriptor_dim, experts - 1)


class AlwaysDropping(MLPRouter):
    def forward(self, g):
        return super().forward(nn.functional.dropout(g, 0.5))


class Comparing(MLPRouter):
    def forward(self, g):
        return super().forward(g - g.mean(0))


class Constant(Router):
    def __init__(self, descriptor_dim, experts):
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(experts))

    def forward(self, g):
        return self.scores.detach().expand(len(g), -1).clone().requires_grad_()


class Nominal(MLPRouter):
    def score(self, g, images):
        return super().score(g, images) + torch.tensor([[float(image)] for image in images])


class Foreign(MLPRouter):
    """Leaves PyTorch on the way."""

    def forward(self, g):
        return super().forward(g + torch.from_numpy(np.tanh(g.detach().numpy())))


class Ranking(MLPRouter):
    exportable = False

    def score(self, g, images):
        return super().score(g, images) + torch.arange(float(len(images)))[:, None]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (OneScoreShort, r"expected shape \(5, 2\), got \(5, 1\)"),
        (AlwaysDropping, "nothing is random"),
        (Comparing, "independently of its neighbours"),
        (Constant, "got no gradient: scores"),
        (Nominal, "what can be exported decides by the descriptor alone: the largest difference is"),
        (Foreign, "made of tensor operations, which become a graph: RuntimeError"),
        (Ranking, "independently of its neighbours"),
    ],
)
def test_a_broken_router(kind: type[Router], said: str):
    with pytest.raises(ContractError, match=said):
        check_router(kind)


def test_a_component_that_raises_is_a_broken_promise():
    class Raising(MLPRouter):
        def forward(self, g):
            raise ZeroDivisionError("oh")

    with pytest.raises(ContractError, match=r"Raising breaks the promise that .*: ZeroDivisionError: oh"):
        check_router(Raising)
    assert issubclass(ContractError, MoeiError)
