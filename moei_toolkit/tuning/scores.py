"""What a variant reached, in a few numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from moei_toolkit.config.schema import Config
from moei_toolkit.config.search_space import Variant
from moei_toolkit.errors import DataError, did_you_mean
from moei_toolkit.evaluation.quality import measure_quality
from moei_toolkit.evaluation.reliability.calibration_error import expected_calibration_error
from moei_toolkit.evaluation.routing.decisions import decisions_of
from moei_toolkit.evaluation.rows import Row, read_rows
from moei_toolkit.io.json_file import read_object
from moei_toolkit.pipeline.chain import EVALUATE
from moei_toolkit.pipeline.judging.evaluation import ROWS_FILE
from moei_toolkit.pipeline.measuring.metrics import DIRECTION, NOT_COMPUTED, PROTOCOL_FILE
from moei_toolkit.types import ACTUAL, ORACLE


def score(config: Config, folders: Mapping[str, Path], variant: Variant) -> dict[str, float]:
    """Return what `scores_of` returns for the rows that a variant left.

    Args:
        config: Of the variant.
        folders: Committed folders of its stages, by name.
        variant: For the policy whose quality is read.
    """
    evaluated = folders[EVALUATE]
    rows = read_rows(evaluated / ROWS_FILE)
    return scores_of(rows, variant.policy, directions_of(evaluated), config.evaluate.bins)


def directions_of(evaluated: Path) -> dict[str, bool]:
    """Return whether higher is better, by the name of every metric that an evaluation computed."""
    protocol = read_object(evaluated / PROTOCOL_FILE)
    return {name: settings[DIRECTION] for name, settings in protocol.items() if NOT_COMPUTED not in settings}


def scores_of(
    rows: Sequence[Row], policy: str, higher_is_better: Mapping[str, bool], bins: int
) -> dict[str, float]:
    """Return what a policy reached, and how good its decisions are if it decides.

    Args:
        rows: All policies of all images.
        policy: Which one.
        higher_is_better: Metric -> its direction.
        bins: Of the calibration error.

    Returns:
        ``macro_METRIC`` of every metric, ``oracle_gap`` (dB) and ``gflops``; of ``"actual"`` also
        ``agreement``, ``ece`` and ``abstained``, shares in [0, 1].

    Raises:
        DataError: No image was judged under the policy.
    """
    macro = measure_quality(rows, higher_is_better).macro
    if policy not in macro:
        raise DataError(f"no image was judged under the policy {policy!r}. {did_you_mean(policy, macro)}")
    found = {f"macro_{metric}": value for metric, value in macro[policy].items()}
    found["oracle_gap"] = macro[ORACLE]["psnr"] - macro[policy]["psnr"]
    found["gflops"] = float(np.mean([row.cost["gflops"] for row in rows if row.policy == policy]))
    if policy == ACTUAL:
        decisions = decisions_of(rows)
        found["agreement"] = float(decisions.right.mean())
        found["ece"] = expected_calibration_error(decisions.confidence, decisions.right, bins)
        found["abstained"] = float(decisions.abstained.mean())
    return found
