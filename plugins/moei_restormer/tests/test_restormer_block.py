"""What the parts of the transformer block do, beyond their equations."""

from __future__ import annotations

import pytest
import torch
from moei_restormer.block import ChannelAttention, TransformerBlock
from moei_restormer.norm import BiasFreeNorm, ChannelNorm

from moei_toolkit.testing.modules import shake


def maps(height: int, width: int, channels: int = 8) -> torch.Tensor:
    return torch.rand((2, channels, height, width), generator=torch.Generator().manual_seed(0))


def built(*arguments: object) -> torch.nn.Module:
    torch.manual_seed(0)
    return shake(TransformerBlock(*arguments).eval())


@torch.no_grad()
def test_attention_is_between_the_channels_of_a_head_at_all_places():
    attention, x = ChannelAttention(8, 2).eval(), maps(6, 10)
    torch.nn.init.dirac_(attention.qkv_dwconv.weight, groups=24)
    attention.qkv.weight.copy_(torch.eye(8).repeat(3, 1)[..., None, None])
    attention.project_out.weight.copy_(torch.eye(8)[..., None, None])
    attention.temperature.copy_(torch.tensor([1.0, 5.0])[:, None, None])
    for image, found in zip(x, attention(x), strict=True):
        for head, rows in enumerate(image.flatten(1).chunk(2)):
            cosines = torch.nn.functional.cosine_similarity(rows[:, None], rows[None], dim=-1)
            expected = (attention.temperature[head, 0, 0] * cosines).softmax(-1) @ rows
            torch.testing.assert_close(found.flatten(1)[4 * head : 4 * head + 4], expected)


def test_where_things_lie_does_not_matter_to_attention_alone():
    attention, x = ChannelAttention(8, 2).eval(), maps(6, 10)
    with torch.no_grad():
        torch.nn.init.dirac_(attention.qkv_dwconv.weight, groups=24)
        torch.testing.assert_close(attention(x.flip(2, 3)).flip(2, 3), attention(x))


@pytest.mark.parametrize("norm_bias", [True, False])
def test_layouts_of_memory_give_the_same(norm_bias: bool):
    block, x = built(8, 2, 2.66, norm_bias), maps(6, 10)
    with torch.no_grad():
        found = block(x.contiguous(memory_format=torch.channels_last))
        torch.testing.assert_close(found, block(x))


def test_with_bias_what_is_brighter_everywhere_is_the_same_and_without_it_is_not():
    x = maps(4, 4)
    torch.testing.assert_close(ChannelNorm(8)(x + 1), ChannelNorm(8)(x), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(BiasFreeNorm(8)(x + 1), BiasFreeNorm(8)(x), atol=0.1)


def test_without_bias_the_mean_stays_in():
    x = maps(4, 4)
    deviation = (x.var(1, unbiased=False, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(BiasFreeNorm(8)(x).mean(1, keepdim=True), x.mean(1, keepdim=True) / deviation)
