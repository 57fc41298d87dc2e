"""A control: the route that turned out to be the best one, through the whole chain of deciding."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from moei_toolkit.errors import DataError, did_you_mean, located
from moei_toolkit.io.json_file import is_number
from moei_toolkit.io.json_lines import read_json_lines
from moei_toolkit.routers.base import Router
from moei_toolkit.types import EXPERT_PREFIX

TINY = 1e-12


class OracleRouter(Router):
    """Looks up the error of every expert on an image, measured by an earlier evaluation of the same experts.

    Policy ``oracle`` of every evaluation says what perfect choices bring. This router says what calibration
    and abstention make of them: it has a confidence, and may abstain. Its logits are -log eps_k, so that a
    temperature T makes p_k ~ eps_k^(-1/T), whatever the scale of the loss.

    Args:
        names: Of the experts.
        rows: One or more ``per_image.jsonl``, for instance of the splits "calibrate" and "test", left by
            ``tools/evaluate.py --split``.

    Raises:
        DataError: If a file cannot be read or holds no errors, an image lacks one of the experts, or files
            disagree about one.
    """

    exportable: ClassVar[bool] = False

    def __init__(self, names: Sequence[str], rows: str | Sequence[str]) -> None:
        super().__init__()
        self._files = [rows] if isinstance(rows, str) else list(rows)
        self._experts = len(names)
        self._logits = {
            image: _logits(image, errors, names) for image, errors in _errors(self._files).items()
        }

    def forward(self, g: Tensor) -> Tensor:
        """Return zeros (B, K): of the descriptor alone it knows nothing."""
        return g.new_zeros(len(g), self._experts)

    def score(self, g: Tensor, images: Sequence[str]) -> Tensor:
        """Return -log eps, (B, K); see `Router.score`."""
        if unknown := [image for image in images if image not in self._logits]:
            raise DataError(
                f"{', '.join(self._files)}: no errors for image {unknown[0]!r}. Evaluate the split it is in, "
                "and add its per_image.jsonl to 'rows'."
            )
        logits = [self._logits[image] for image in images]
        return torch.tensor(logits, dtype=g.dtype, device=g.device)


def _errors(files: Sequence[str]) -> Mapping[str, Mapping[str, float]]:
    """Return image -> expert -> eps."""
    found: dict[str, dict[str, float]] = {}
    for file in files:
        for where, row in read_json_lines(Path(file)):
            with located(where):
                image, policy, error = _read(row)
                if not policy.startswith(EXPERT_PREFIX):
                    continue
                known = found.setdefault(image, {}).setdefault(policy.removeprefix(EXPERT_PREFIX), error)
                if known != error:
                    raise DataError(f"{policy!r} on image {image!r} had error {known} before, now {error}")
    return found


def _read(row: Mapping[str, object]) -> tuple[str, str, float]:
    """Return image, policy and error."""
    image, policy, error = (row.get(key) for key in ("id", "policy", "error"))
    named = isinstance(image, str) and isinstance(policy, str)
    if named and is_number(error) and error >= 0:  # type: ignore[operator]
        return str(image), str(policy), float(error)  # type: ignore[arg-type]
    raise DataError(f"expected a row of an evaluation, with an error of 0 or more, got {row}")


def _logits(image: str, errors: Mapping[str, float], names: Sequence[str]) -> list[float]:
    for name in names:
        if name not in errors:
            raise DataError(f"image {image!r}: no error of expert {name!r}. {did_you_mean(name, errors)}")
    return [-math.log(max(errors[name], TINY)) for name in names]
