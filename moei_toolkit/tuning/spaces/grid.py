"""Every combination of the four numbers that the method leaves open."""

from __future__ import annotations

from moei_toolkit.config.search_space import Choices, SearchSpace
from moei_toolkit.tuning.spaces.ablations import ALPHAS, BETAS, REDUCTION_PATHS, REDUCTIONS

SPACE = SearchSpace(
    name="grid",
    about="Every combination of r, beta, alpha and tau, which the calibration split chooses if it is None.",
    factors={
        "r": Choices(paths=REDUCTION_PATHS, values=tuple(REDUCTIONS.values())),
        "beta": Choices(paths=("router.beta",), values=BETAS),
        "alpha": Choices(paths=("router.alpha",), values=ALPHAS),
        "tau": Choices(paths=("calibrate.threshold",), values=(None, 0.0, 0.5, 0.7, 0.9)),
    },
)
