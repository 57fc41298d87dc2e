"""Everything a training loop must remember, as plain tensors and JSON."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

JSON = dict[str, Any]


def collect_state(modules: Mapping[str, nn.Module], optimizer: Optimizer) -> tuple[dict[str, Tensor], JSON]:
    """Return the tensors and the JSON part of modules, optimizer and random number generators."""
    tensors = {
        f"{prefix}.{name}": value.detach().contiguous()
        for prefix, module in modules.items()
        for name, value in module.state_dict().items()
    }
    packed = optimizer.state_dict()
    for index, values in packed["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value.contiguous() for key, value in values.items()}
    tensors["rng.torch"] = torch.get_rng_state()
    for device in range(torch.cuda.device_count()):
        tensors[f"rng.cuda.{device}"] = torch.cuda.get_rng_state(device)
    return tensors, {"param_groups": packed["param_groups"], "rng": _host_rng()}


def restore_state(
    modules: Mapping[str, nn.Module], optimizer: Optimizer, tensors: Mapping[str, Tensor], info: JSON
) -> None:
    """Put back what :func:`collect_state` returned.

    Raises:
        KeyError, RuntimeError: If the state belongs to other modules.
    """
    for prefix, module in modules.items():
        module.load_state_dict(_below(tensors, prefix))
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _below(tensors, "optimizer").items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": info["param_groups"]})
    _lay_out_like_parameters(optimizer)
    torch.set_rng_state(tensors["rng.torch"])
    for device in range(torch.cuda.device_count()):
        if (saved := tensors.get(f"rng.cuda.{device}")) is not None:  # it may have been another machine
            torch.cuda.set_rng_state(saved, device)
    _restore_host_rng(info["rng"])


def _lay_out_like_parameters(optimizer: Optimizer) -> None:
    # Files hold plain rows, parameters may be channels_last, and a fused optimizer walks the raw memory of
    # both side by side.
    for parameter, values in optimizer.state.items():
        for key, value in values.items():
            if value.shape == parameter.shape:
                values[key] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name[len(prefix) + 1 :]: value for name, value in tensors.items() if name.startswith(prefix + ".")
    }


def _host_rng() -> JSON:
    version, internal, gauss = random.getstate()
    kind, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    return {
        "python": [version, list(internal), gauss],
        "numpy": [kind, np.asarray(keys).tolist(), position, has_gauss, cached],
    }


def _restore_host_rng(saved: JSON) -> None:
    version, internal, gauss = saved["python"]
    random.setstate((version, tuple(internal), gauss))
    kind, keys, position, has_gauss, cached = saved["numpy"]
    np.random.set_state((kind, np.asarray(keys, np.uint32), position, has_gauss, cached))
