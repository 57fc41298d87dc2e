"""Checkpoints with the names of the authors restore as the paper says, or are refused if they do not fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from moei_restormer.published import ADDED, load_published, published_state
from moei_restormer.restormer import Restormer
from torch import Tensor

from moei_toolkit.errors import CheckpointError
from moei_toolkit.experts.dense import Dense

State = dict[str, Tensor]
WIDTH, BLOCKS, REFINEMENT, HEADS, EXPANSION = 4, (1, 2, 1, 2), 2, (1, 2, 2, 4), 2.66
LEVELS = {  # name of the authors -> its level, and its channels as a multiple of the width
    "encoder_level1": (0, 1),
    "encoder_level2": (1, 2),
    "encoder_level3": (2, 4),
    "latent": (3, 8),
    "decoder_level3": (2, 4),
    "decoder_level2": (1, 2),
    "decoder_level1": (0, 2),
    "refinement": (0, 2),
}


def small(**options: bool) -> Restormer:
    torch.manual_seed(0)
    return Restormer(WIDTH, BLOCKS, REFINEMENT, HEADS, EXPANSION, descriptor_dim=16, **options).eval()


def count_of(stage: str) -> int:
    return REFINEMENT if stage == "refinement" else BLOCKS[LEVELS[stage][0]]


def published_shapes(norm_bias: bool) -> dict[str, tuple[int, ...]]:
    """Names and shapes as the authors save them."""
    shapes: dict[str, tuple[int, ...]] = {}

    def conv(name: str, inputs: int, outputs: int, side: int) -> None:
        shapes[f"{name}.weight"] = (outputs, inputs, side, side)

    def block(name: str, c: int, heads: int) -> None:
        hidden = int(EXPANSION * c)
        shapes[f"{name}.attn.temperature"] = (heads, 1, 1)
        conv(f"{name}.attn.qkv", c, 3 * c, 1)
        conv(f"{name}.attn.qkv_dwconv", 1, 3 * c, 3)
        conv(f"{name}.attn.project_out", c, c, 1)
        conv(f"{name}.ffn.project_in", c, 2 * hidden, 1)
        conv(f"{name}.ffn.dwconv", 1, 2 * hidden, 3)
        conv(f"{name}.ffn.project_out", hidden, c, 1)
        for norm in ("norm1", "norm2"):
            for part in ("weight", "bias")[: 1 + norm_bias]:
                shapes[f"{name}.{norm}.body.{part}"] = (c,)

    for stage, (level, times) in LEVELS.items():
        for i in range(count_of(stage)):
            block(f"{stage}.{i}", times * WIDTH, HEADS[level])
    conv("patch_embed.proj", 3, WIDTH, 3)
    conv("down1_2.body.0", WIDTH, WIDTH // 2, 3)
    conv("down2_3.body.0", 2 * WIDTH, WIDTH, 3)
    conv("down3_4.body.0", 4 * WIDTH, 2 * WIDTH, 3)
    conv("up4_3.body.0", 8 * WIDTH, 16 * WIDTH, 3)
    conv("up3_2.body.0", 4 * WIDTH, 8 * WIDTH, 3)
    conv("up2_1.body.0", 2 * WIDTH, 4 * WIDTH, 3)
    conv("reduce_chan_level3", 8 * WIDTH, 4 * WIDTH, 1)
    conv("reduce_chan_level2", 4 * WIDTH, 2 * WIDTH, 1)
    conv("output", 2 * WIDTH, 3, 3)
    return shapes


def make_state(norm_bias: bool) -> State:
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(shape, generator=generator) / max(1, torch.Size(shape[1:]).numel()) ** 0.5
        for name, shape in published_shapes(norm_bias).items()
    }


@pytest.fixture
def state() -> State:
    return make_state(norm_bias=True)


@pytest.fixture
def path(state: State, tmp_path: Path) -> Path:
    return save(tmp_path, {"params": state})


def save(folder: Path, content: object) -> Path:
    path = folder / "deraining.pth"
    torch.save(content, path)
    return path


def reference(s: State, x: Tensor) -> Tensor:
    """The network as the paper writes it, for sides that need no padding."""

    def conv(name: str, h: Tensor, groups: int = 1) -> Tensor:
        weight = s[f"{name}.weight"]
        return F.conv2d(h, weight, padding=weight.shape[-1] // 2, groups=groups)

    def norm(name: str, h: Tensor) -> Tensor:
        mean, variance = h.mean(1, keepdim=True), h.var(1, unbiased=False, keepdim=True)
        weight, bias = (s.get(f"{name}.body.{part}") for part in ("weight", "bias"))
        scaled = weight.view(1, -1, 1, 1) / (variance + 1e-5).sqrt()
        return h * scaled if bias is None else (h - mean) * scaled + bias.view(1, -1, 1, 1)

    def attend(name: str, h: Tensor) -> Tensor:
        images, c, height, width = h.shape
        temperature = s[f"{name}.temperature"]
        qkv = conv(f"{name}.qkv_dwconv", conv(f"{name}.qkv", h), groups=3 * c)
        q, k, v = qkv.reshape(images, 3, len(temperature), -1, height * width).unbind(1)
        q, k = (part / part.norm(dim=-1, keepdim=True) for part in (q, k))
        weights = (torch.einsum("bhcn,bhdn->bhcd", q, k) * temperature).softmax(-1)
        return conv(f"{name}.project_out", torch.einsum("bhcd,bhdn->bhcn", weights, v).reshape(h.shape))

    def feed(name: str, h: Tensor) -> Tensor:
        wide = conv(f"{name}.project_in", h)
        half = wide.shape[1] // 2
        wide = conv(f"{name}.dwconv", wide, groups=2 * half)
        return conv(f"{name}.project_out", F.gelu(wide[:, :half]) * wide[:, half:])

    def run(stage: str, h: Tensor) -> Tensor:
        for i in range(count_of(stage)):
            h = h + attend(f"{stage}.{i}.attn", norm(f"{stage}.{i}.norm1", h))
            h = h + feed(f"{stage}.{i}.ffn", norm(f"{stage}.{i}.norm2", h))
        return h

    one = run("encoder_level1", conv("patch_embed.proj", x))
    two = run("encoder_level2", F.pixel_unshuffle(conv("down1_2.body.0", one), 2))
    three = run("encoder_level3", F.pixel_unshuffle(conv("down2_3.body.0", two), 2))
    h = run("latent", F.pixel_unshuffle(conv("down3_4.body.0", three), 2))
    h = torch.cat([F.pixel_shuffle(conv("up4_3.body.0", h), 2), three], 1)
    h = run("decoder_level3", conv("reduce_chan_level3", h))
    h = torch.cat([F.pixel_shuffle(conv("up3_2.body.0", h), 2), two], 1)
    h = run("decoder_level2", conv("reduce_chan_level2", h))
    h = torch.cat([F.pixel_shuffle(conv("up2_1.body.0", h), 2), one], 1)
    return x + conv("output", run("refinement", run("decoder_level1", h)))


@pytest.mark.parametrize("norm_bias", [True, False])
def test_names_and_shapes_are_those_of_the_authors(norm_bias: bool):
    found = published_state(small(norm_bias=norm_bias))
    assert {name: tuple(tensor.shape) for name, tensor in found.items()} == published_shapes(norm_bias)


@pytest.mark.parametrize("norm_bias", [True, False])
def test_what_is_loaded_restores_as_the_paper_says(tmp_path: Path, norm_bias: bool):
    net, state = small(norm_bias=norm_bias), make_state(norm_bias)
    load_published(net, save(tmp_path, {"params": state}))
    x = torch.rand((2, 3, 24, 40), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(net(x, Dense()), reference(state, x), rtol=1e-4, atol=1e-4)


def test_a_state_dict_by_itself_loads_too(tmp_path: Path, state: State):
    net = small()
    load_published(net, save(tmp_path, state))
    assert all(torch.equal(tensor, state[name]) for name, tensor in published_state(net).items())


def test_what_was_not_published_stays_as_it_was(path: Path):
    net, fresh = small(), small().state_dict()
    load_published(net, path)
    own = {name: t for name, t in net.state_dict().items() if name.partition(".")[0] in ADDED}
    assert {name.partition(".")[0] for name in own} == set(ADDED)
    assert all(torch.equal(tensor, fresh[name]) for name, tensor in own.items())


def test_what_does_not_fit_is_refused_and_changes_nothing(tmp_path: Path, state: State):
    changes = {
        r"output.weight is missing": {"output.weight": None},
        r"skip_conv.weight is unknown": {"skip_conv.weight": torch.zeros(1)},
        r"latent.0.norm1.body.bias has shape \(4,\), expected \(32,\)": {
            "latent.0.norm1.body.bias": torch.zeros(4)
        },
        r"latent.0.norm1.body.bias holds values that are not finite": {
            "latent.0.norm1.body.bias": torch.full((32,), torch.nan)
        },
    }
    net = small()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    for said, change in changes.items():
        wrong = {name: tensor for name, tensor in {**state, **change}.items() if tensor is not None}
        path = save(tmp_path, {"params": wrong})
        with pytest.raises(CheckpointError, match=f"{re.escape(str(path))} does not fit: {said}. Build"):
            load_published(net, path)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_without_the_bias_of_its_norms_a_checkpoint_does_not_fit(tmp_path: Path):
    path = save(tmp_path, {"params": make_state(norm_bias=False)})
    with pytest.raises(CheckpointError, match=r"norm1.body.bias is missing; .* need norm_bias=False"):
        load_published(small(), path)


def test_only_the_first_problems_are_named(path: Path):
    other = Restormer(8, BLOCKS, REFINEMENT, HEADS, EXPANSION, descriptor_dim=16)
    with pytest.raises(CheckpointError, match=r"has shape .* and \d+ more\. Build"):
        load_published(other, path)


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("ran",)


def test_nothing_of_a_file_is_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = save(tmp_path, {"params": Harmful()})
    with pytest.raises(CheckpointError, match="damaged, or holds more than plain tensors"):
        load_published(small(), path)
    assert "ran" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [[1, 2], {"params": 3}, {"params": {"output.weight": "text"}}])
def test_something_else_is_refused(tmp_path: Path, content: object):
    with pytest.raises(CheckpointError, match="expected a state dict of tensors, got something else"):
        load_published(small(), save(tmp_path, content))


def test_a_damaged_or_missing_file_is_refused(tmp_path: Path, path: Path):
    cut = tmp_path / "cut.pth"
    cut.write_bytes(path.read_bytes()[:1000])
    empty = tmp_path / "empty.pth"
    empty.touch()
    for wrong in (cut, empty, tmp_path / "none.pth"):
        with pytest.raises(CheckpointError, match=re.escape(str(wrong))):
            load_published(small(), wrong)
