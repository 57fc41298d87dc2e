"""What the contracts of all trained components share: random weights, gradients, saving and loading."""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import torch
from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert
from moei_toolkit.io.weights import load_weights, save_weights
from moei_toolkit.testing.contract import require

M = TypeVar("M", bound=nn.Module)


@torch.no_grad()
def shake(module: M, seed: int = 0) -> M:
    """Add noise to every parameter in place, so that nothing is zero and nothing the identity by accident."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        scale = 0.5 / math.sqrt(parameter[0].numel()) if parameter.dim() > 1 else 0.1
        parameter.add_(scale * torch.randn(parameter.shape, generator=generator))
    return module


def state_of(module: nn.Module) -> dict[str, Tensor]:
    """Return a copy of everything a module saves."""
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def require_state(module: nn.Module, before: dict[str, Tensor]) -> None:
    """Require that a module still holds exactly what it did."""
    now = module.state_dict()
    changed = [name for name, value in before.items() if name not in now or not torch.equal(now[name], value)]
    changed += [name for name in now if name not in before]
    require(not changed, f"{len(changed)} of {len(before)} tensors changed: {_few(changed)}")


def reload(module: nn.Module, fresh: M) -> M:
    """Save a module as safetensors, load the file into a fresh one, and return that in the same mode."""
    with TemporaryDirectory() as folder:
        tensors, _ = load_weights(save_weights(Path(folder), module.state_dict(), {}))
    fresh.load_state_dict(tensors)
    return fresh.train(module.training)


def require_gradients(module: nn.Module) -> None:
    """Require that every parameter to be trained has a finite gradient, and that not all of them are 0."""
    trained = {name: p for name, p in module.named_parameters() if p.requires_grad}
    without = [name for name, p in trained.items() if p.grad is None]
    require(not without, f"{len(without)} of {len(trained)} parameters got no gradient: {_few(without)}")
    gradients = {name: p.grad for name, p in trained.items() if p.grad is not None}
    wild = [name for name, gradient in gradients.items() if not bool(torch.isfinite(gradient).all())]
    require(not wild, f"{len(wild)} gradients are not finite: {_few(wild)}")
    require(not trained or any(bool(g.any()) for g in gradients.values()), "all gradients are 0")


@torch.no_grad()
def decode_shapes(backbone: Backbone, expert: Expert) -> None:
    """Restore an image that has a shape and no values, with networks that are on the meta device."""
    x = torch.empty(1, 3, 24, 40, device="meta")
    g = torch.empty(1, backbone.descriptor_dim, device="meta")
    restored = backbone.decode(backbone.encode(x), x, expert, g)
    require(restored.shape == x.shape, f"expected shape {tuple(x.shape)}, got {tuple(restored.shape)}")


def count_parameters(module: nn.Module) -> int:
    """Return the number of parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


def _few(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
