"""Checkpoints with the names of the authors restore as the paper says, or are refused if they do not fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from moei_nafnet.nafnet import NAFNet
from moei_nafnet.published import ADDED, load_published, published_state
from torch import Tensor

from moei_toolkit.errors import CheckpointError
from moei_toolkit.experts.dense import Dense

State = dict[str, Tensor]
WIDTH, ENCODER, MIDDLE, DECODER = 4, (1, 2), 2, (2, 1)


def small() -> NAFNet:
    torch.manual_seed(0)
    return NAFNet(WIDTH, ENCODER, MIDDLE, DECODER, descriptor_dim=16).eval()


def published_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes as the authors save them."""
    shapes: dict[str, tuple[int, ...]] = {}

    def conv(name: str, inputs: int, outputs: int, side: int, bias: bool = True) -> None:
        shapes[f"{name}.weight"] = (outputs, inputs, side, side)
        if bias:
            shapes[f"{name}.bias"] = (outputs,)

    def block(name: str, c: int) -> None:
        shapes[f"{name}.beta"] = shapes[f"{name}.gamma"] = (1, c, 1, 1)
        conv(f"{name}.conv1", c, 2 * c, 1)
        conv(f"{name}.conv2", 1, 2 * c, 3)
        conv(f"{name}.conv3", c, c, 1)
        conv(f"{name}.sca.1", c, c, 1)
        conv(f"{name}.conv4", c, 2 * c, 1)
        conv(f"{name}.conv5", c, c, 1)
        for norm in ("norm1", "norm2"):
            shapes[f"{name}.{norm}.weight"] = shapes[f"{name}.{norm}.bias"] = (c,)

    conv("intro", 3, WIDTH, 3)
    conv("ending", WIDTH, 3, 3)
    c = WIDTH
    for level, count in enumerate(ENCODER):
        for i in range(count):
            block(f"encoders.{level}.{i}", c)
        conv(f"downs.{level}", c, 2 * c, 2)
        c *= 2
    for i in range(MIDDLE):
        block(f"middle_blks.{i}", c)
    for stage, count in enumerate(DECODER):
        conv(f"ups.{stage}.0", c, 2 * c, 1, bias=False)
        c //= 2
        for i in range(count):
            block(f"decoders.{stage}.{i}", c)
    return shapes


@pytest.fixture
def state() -> State:
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(shape, generator=generator) / max(1, torch.Size(shape[1:]).numel()) ** 0.5
        for name, shape in published_shapes().items()
    }


@pytest.fixture
def path(state: State, tmp_path: Path) -> Path:
    return save(tmp_path, {"params": state})


def save(folder: Path, content: object) -> Path:
    path = folder / "NAFNet-width4.pth"
    torch.save(content, path)
    return path


def reference(s: State, x: Tensor) -> Tensor:
    """The network as the paper writes it, for sides that need no padding."""

    def conv(name: str, h: Tensor, **options: int) -> Tensor:
        return F.conv2d(h, s[f"{name}.weight"], s.get(f"{name}.bias"), **options)

    def norm(name: str, h: Tensor) -> Tensor:
        mean, variance = h.mean(1, keepdim=True), h.var(1, unbiased=False, keepdim=True)
        weight, bias = (s[f"{name}.{part}"].view(1, -1, 1, 1) for part in ("weight", "bias"))
        return (h - mean) / (variance + 1e-6).sqrt() * weight + bias

    def gate(h: Tensor) -> Tensor:
        half = h.shape[1] // 2
        return h[:, :half] * h[:, half:]

    def block(name: str, h: Tensor) -> Tensor:
        wide = conv(f"{name}.conv1", norm(f"{name}.norm1", h))
        gated = gate(conv(f"{name}.conv2", wide, padding=1, groups=wide.shape[1]))
        attended = gated * conv(f"{name}.sca.1", F.adaptive_avg_pool2d(gated, 1))
        y = h + s[f"{name}.beta"] * conv(f"{name}.conv3", attended)
        gated = gate(conv(f"{name}.conv4", norm(f"{name}.norm2", y)))
        return y + s[f"{name}.gamma"] * conv(f"{name}.conv5", gated)

    h, skips = conv("intro", x, padding=1), []
    for level, count in enumerate(ENCODER):
        for i in range(count):
            h = block(f"encoders.{level}.{i}", h)
        skips.append(h)
        h = conv(f"downs.{level}", h, stride=2)
    for i in range(MIDDLE):
        h = block(f"middle_blks.{i}", h)
    for stage, count in enumerate(DECODER):
        h = F.pixel_shuffle(conv(f"ups.{stage}.0", h), 2) + skips.pop()
        for i in range(count):
            h = block(f"decoders.{stage}.{i}", h)
    return x + conv("ending", h, padding=1)


def test_names_and_shapes_are_those_of_the_authors():
    assert {name: tuple(tensor.shape) for name, tensor in published_state(small()).items()} == (
        published_shapes()
    )


def test_what_is_loaded_restores_as_the_paper_says(path: Path, state: State):
    net = small()
    load_published(net, path)
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
        r"intro.bias is missing": {"intro.bias": None},
        r"head.weight is unknown": {"head.weight": torch.zeros(1)},
        r"ending.bias has shape \(4,\), expected \(3,\)": {"ending.bias": torch.zeros(4)},
        r"intro.bias holds values that are not finite": {"intro.bias": torch.full((4,), torch.nan)},
    }
    net = small()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    for said, change in changes.items():
        wrong = {name: tensor for name, tensor in {**state, **change}.items() if tensor is not None}
        path = save(tmp_path, {"params": wrong})
        with pytest.raises(CheckpointError, match=f"{re.escape(str(path))} does not fit: {said}. Build"):
            load_published(net, path)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_only_the_first_problems_are_named(path: Path):
    other = NAFNet(8, ENCODER, MIDDLE, DECODER, descriptor_dim=16)
    with pytest.raises(CheckpointError, match=r"intro.weight has shape .* and \d+ more\. Build"):
        load_published(other, path)


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("ran",)


def test_nothing_of_a_file_is_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = save(tmp_path, {"params": Harmful()})
    with pytest.raises(CheckpointError, match="damaged, or holds more than plain tensors"):
        load_published(small(), path)
    assert "ran" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [[1, 2], {"params": 3}, {"params": {"intro.bias": "text"}}])
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
