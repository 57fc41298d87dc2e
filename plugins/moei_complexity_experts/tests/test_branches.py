"""Every image takes one branch, whoever is beside it in the batch."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from moei_complexity_experts.branches import Branches
from moei_complexity_experts.routing import Decision

from moei_toolkit.testing.modules import require_gradients, shake

CHANNELS = 8
CHOICES = [2, 0, 2, 1, 0]


def decide(choices: list[int], sharpness: float = 2.0) -> Decision:
    logits = sharpness * F.one_hot(torch.tensor(choices), 3).float()
    return Decision(logits, logits, 1 / 3)


@pytest.fixture
def branches() -> Branches:
    return shake(Branches(CHANNELS, (1 / 8, 1 / 4, 1 / 2), (3, 5, 7))).eval()


@pytest.fixture
def h() -> torch.Tensor:
    return torch.rand((len(CHOICES), CHANNELS, 6, 7), generator=torch.Generator().manual_seed(0))


@pytest.fixture
def batches(branches) -> list[tuple[int, int]]:
    """(branch, images) of every call."""
    seen: list[tuple[int, int]] = []
    for index, branch in enumerate(branches.branches):
        branch.register_forward_hook(lambda _, inputs, __, i=index: seen.append((i, len(inputs[0]))))
    return seen


def by_hand(branches: Branches, image: torch.Tensor, choice: int, gate: float) -> torch.Tensor:
    reduce, depthwise, _, expand = branches.branches[choice]
    z = torch.einsum("oc,chw->ohw", reduce.weight[:, :, 0, 0], image) + reduce.bias[:, None, None]
    kernel, side = depthwise.weight[:, 0], depthwise.weight.shape[-1]
    padded = F.pad(z, [side // 2] * 4)
    windows = padded.unfold(1, side, 1).unfold(2, side, 1)
    z = torch.einsum("ohwkl,okl->ohw", windows, kernel) + depthwise.bias[:, None, None]
    z = torch.einsum("oc,chw->ohw", expand.weight[:, :, 0, 0], z.clamp(min=0)) + expand.bias[:, None, None]
    return image + gate * z


def test_the_formula(branches, h):
    decision = decide(CHOICES)
    refined = branches(h, decision)
    for b, choice in enumerate(CHOICES):
        expected = by_hand(branches, h[b], choice, float(decision.gates[b, choice]))
        torch.testing.assert_close(refined[b], expected)


def test_the_order_of_the_batch_does_not_matter(branches, h):
    order = [3, 1, 4, 0, 2]
    shuffled = branches(h[order], decide([CHOICES[b] for b in order]))
    torch.testing.assert_close(shuffled, branches(h, decide(CHOICES))[order])


def test_an_image_alone_passes_its_own_branch_only(branches, h, batches):
    branches(h[:1], decide([1]))
    assert batches == [(1, 1)]


def test_a_batch_passes_by_branch(branches, h, batches):
    branches(h, decide(CHOICES))
    assert batches == [(0, 2), (1, 1), (2, 2)]


def test_training_gives_a_gradient_to_those_that_nobody_takes(branches, h, batches):
    branches.train()(h[:2], decide([2, 2])).sum().backward()
    assert batches == [(0, 0), (1, 0), (2, 2)]
    require_gradients(branches)
    assert not any(bool(p.grad.any()) for p in branches.branches[0].parameters())
    assert all(bool(p.grad.any()) for p in branches.branches[2].parameters())


def test_widths_and_parameters(branches):
    assert [branch[0].out_channels for branch in branches.branches] == [1, 2, 4]
    assert [branch[1].kernel_size for branch in branches.branches] == [(3, 3), (5, 5), (7, 7)]
    c = CHANNELS
    expected = [c * r + r + r * k**2 + r + r * c + c for r, k in ((1, 3), (2, 5), (4, 7))]
    assert branches.sizes() == expected


def test_without_values_the_largest_branch_is_counted(branches, batches):
    h = torch.empty(2, CHANNELS, 6, 7, device="meta")
    logits = torch.empty(2, 3, device="meta")
    assert branches.to("meta")(h, Decision(logits, logits, 1 / 3)).shape == h.shape
    assert batches == [(2, 2)]
