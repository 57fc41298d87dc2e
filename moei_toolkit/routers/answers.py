"""What somebody else says about an image, as logits: the name of an expert, or a score for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moei_toolkit.errors import DataError, did_you_mean
from moei_toolkit.io.json_file import is_number

Answer = str | Mapping[str, float]
"""The name of the expert to take, or the logit of every expert by name."""


def logits_of(answer: object, names: Sequence[str]) -> list[float]:
    """Return K logits: those given, or 1 for the named expert and 0 for the others.

    One is enough: how often such an answer is right is for the calibrator to find out.

    Args:
        answer: An `Answer`, if it is one.
        names: K names of experts.

    Raises:
        DataError: If it is no answer about these experts.
    """
    if isinstance(answer, str):
        _require_known(answer, names)
        return [float(name == answer) for name in names]
    if not isinstance(answer, Mapping):
        raise DataError(f"expected the name of an expert or a score for each, got {answer!r}")
    for name in answer:
        _require_known(name, names)
    if missing := [name for name in names if name not in answer]:
        raise DataError(f"expected a score for each of {list(names)}, got none for {missing}")
    return [_finite(name, answer[name]) for name in names]


def _require_known(name: object, names: Sequence[str]) -> None:
    if name not in names:
        raise DataError(f"there is no expert {name!r}. {did_you_mean(str(name), names)}")


def _finite(name: str, score: object) -> float:
    if not is_number(score):
        raise DataError(f"expected a finite score for {name!r}, got {score!r}")
    return float(score)  # type: ignore[arg-type]
