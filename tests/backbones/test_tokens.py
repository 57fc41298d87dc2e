"""Attention between all places is exact, however it is cut, and knows where places lie."""

from __future__ import annotations

import math

import pytest
import torch

from moei_toolkit.backbones.tokens import TokenMixer, attend, position_code
from moei_toolkit.testing.modules import count_parameters, shake

CPU = torch.device("cpu")


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("queries", [1, 7, 50, 51, 1000])
def test_attention_is_its_definition_however_many_queries_are_taken_at_once(queries: int):
    q, k, v = (noise(2, 3, 50, 8, seed=seed) for seed in range(3))
    weights = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(8), 3)
    torch.testing.assert_close(attend(q, k, v, queries), weights @ v)


def test_no_more_weights_are_in_memory_than_was_said(monkeypatch):
    seen = []
    exact = torch.nn.functional.scaled_dot_product_attention
    monkeypatch.setattr(
        "torch.nn.functional.scaled_dot_product_attention",
        lambda q, k, v: seen.append((q.shape[2], k.shape[2])) or exact(q, k, v),
    )
    attend(noise(1, 1, 2100, 4), noise(1, 1, 2100, 4), noise(1, 1, 2100, 4))
    assert seen == [(1024, 2100), (1024, 2100), (52, 2100)]


def test_the_code_of_a_place_is_sines_and_cosines_of_its_row_and_column():
    code = position_code(3, 5, 8, CPU)
    assert code.shape == (15, 8)
    row, column = 2, 3
    expected = [
        f(place * frequency)
        for place in (row, column)
        for f in (math.sin, math.cos)
        for frequency in (1.0, 0.01)
    ]
    torch.testing.assert_close(code[row * 5 + column], torch.tensor(expected))


def test_no_two_places_have_the_same_code():
    code = position_code(12, 20, 16, CPU)
    distances = torch.cdist(code, code) + torch.eye(len(code))
    assert distances.min() > 0.1


def test_parameters_are_those_of_two_blocks_of_the_published_width():
    with torch.device("meta"):
        assert count_parameters(TokenMixer(768, 2)) == 19_474_176


def test_every_place_sees_every_other():
    mixer = shake(TokenMixer(16, 1))
    maps = noise(1, 16, 4, 6)
    changed = maps.clone()
    changed[..., 0, 0] += 1
    with torch.no_grad():
        moved = (mixer(changed) - mixer(maps)).abs().amax(1)[0]
    assert moved.shape == (4, 6)
    assert moved.min() > 0


def test_where_a_place_lies_matters():
    mixer, flat = shake(TokenMixer(16, 1)), torch.ones(1, 16, 3, 3)
    with torch.no_grad():
        places = mixer(flat)[0].flatten(1).T
    assert (torch.cdist(places, places) + torch.eye(9)).min() > 1e-3
