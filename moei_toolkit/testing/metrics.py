"""The contract of a metric."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.metrics.metric import Metric
from moei_toolkit.io.json_file import is_number
from moei_toolkit.testing.contract import ODD_SIZES, promise, random_picture, require

_STATED = {"color", "range", "border", "rounding"}


def check_metric(make: Callable[[], Metric], smallest_side: int = 1) -> None:
    """Check every promise of `Metric`.

    Args:
        make: Builds a metric.
        smallest_side: Images with a shorter side may be refused; pixels, at most 40.

    Raises:
        ContractError: Names the first promise found broken.
    """
    metric = make()
    with promise(metric, "it has a name and a direction"):
        named = isinstance(metric.name, str) and bool(metric.name)
        require(named and isinstance(metric.higher_is_better, bool), f"{metric.name!r}, {metric.__dict__}")
    with promise(metric, f"its protocol states {sorted(_STATED)} as JSON"):
        stated = json.loads(json.dumps(dict(metric.protocol), allow_nan=False))
        require(stated.keys() >= _STATED, f"it states {sorted(stated)}")
    for size in (*(size for size in ODD_SIZES if min(size) >= smallest_side), (40, 53)):
        _check_size(metric, *size)
    _check_order(metric)
    _check_refusals(metric)
    _check_range(metric)


def _check_size(metric: Metric, height: int, width: int) -> None:
    restored, clean = _planes(height, width, 0.1), _planes(height, width)
    with promise(metric, f"images of {height}x{width} have one finite value, tensors or arrays"):
        value = metric(restored, clean)
        require(is_number(value), f"it is {value!r}")
        as_tensors = metric(torch.from_numpy(restored), torch.from_numpy(clean))
        require(as_tensors == value, f"tensors give {as_tensors!r}, arrays {value!r}")
    with promise(metric, "images are left as they are"):
        kept = _planes(height, width, 0.1), _planes(height, width)
        changed = [not np.array_equal(*pair) for pair in zip((restored, clean), kept, strict=True)]
        require(not any(changed), f"changed: restored {changed[0]}, clean {changed[1]}")


def _check_order(metric: Metric) -> None:
    levels = (0.0, 0.05, 0.1, 0.2)
    values = [metric(_planes(40, 53, level), _planes(40, 53)) for level in levels]
    better = (lambda a, b: a > b) if metric.higher_is_better else (lambda a, b: a < b)
    with promise(metric, "less noise is better, as higher_is_better says, and none is best"):
        ordered = all(better(*pair) for pair in pairwise(values))
        require(ordered, f"noise {levels} gives {values}, higher_is_better is {metric.higher_is_better}")


def _check_range(metric: Metric) -> None:
    restored, clean = _planes(40, 53, 1.0), _planes(40, 53)
    with promise(metric, "values outside [0, 1] are clipped, as a file would"):
        values = metric(restored, clean), metric(restored.clip(0, 1), clean)
        require(values[0] == values[1], f"it is {values[0]!r}, and {values[1]!r} once they are clipped")


def _check_refusals(metric: Metric) -> None:
    clean = _planes(40, 53)
    spoiled = clean.copy()
    spoiled[1, 3, 3] = np.nan
    cases = {
        "of another size": clean[:, :39],
        "with the channels last": clean.transpose(1, 2, 0),
        "of whole numbers": (clean * 255).astype(np.uint8),
        "that hold NaN": spoiled,
    }
    for what, restored in cases.items():
        with promise(metric, f"images {what} are refused with a DataError"):
            try:
                value = metric(restored, clean)
            except DataError:
                continue
            require(False, f"they give {value}")


def _planes(height: int, width: int, noise: float = 0.0) -> np.ndarray:
    """Return a picture as (3, height, width) float32, with some noise."""
    picture = random_picture(height, width).transpose(2, 0, 1)
    grain = np.random.default_rng(1).uniform(-1, 1, picture.shape)
    return np.asarray(picture + noise * grain, np.float32)
