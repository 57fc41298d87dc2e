"""A rule that keeps a promise: tau is raised until routing does no more harm than agreed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from moei_toolkit.calibrators.risk_control import RiskLimit
from moei_toolkit.calibrators.rules.base import AbstentionRule
from moei_toolkit.calibrators.rules.threshold import Threshold
from moei_toolkit.errors import ConfigError


class Conformal(AbstentionRule):
    """The score of another rule, whose tau keeps a limit: conformal risk control.

    Routing then harms a new scene by at most ``level`` dB on average against dense (Angelopoulos et al., ICLR
    2024); :func:`~moei_toolkit.calibrators.risk_control.control_risk` says what that rests on. It takes at
    least bound / level - 1 scenes to choose tau on.

    Args:
        level: Expected harm of a new scene, at most; dB of PSNR.
        bound: More harm than this counts as this, dB; larger than ``level``.
        rule: Scores images; in a config ``rule=dict(type="selective")``. The confidence by default.

    Raises:
        ConfigError: If the level does not lie between 0 and the bound, or the other rule has a limit of its
            own, which nobody would keep.
    """

    def __init__(self, level: float, bound: float, rule: AbstentionRule | None = None) -> None:
        self.limit = RiskLimit(level, bound)
        self.rule = Threshold() if rule is None else rule
        if self.rule.limit is not None:
            raise ConfigError("rule: expected one without a limit of its own; there can be one limit only")
        self.learns = self.rule.learns

    def fit(self, g: np.ndarray, probabilities: np.ndarray, harm: np.ndarray) -> None:
        """Fit what scores, if it learns; see `AbstentionRule.fit`."""
        self.rule.fit(g, probabilities, harm)

    def scores(self, g: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        """Return what the other rule does, (N,)."""
        return self.rule.scores(g, probabilities)

    def state(self) -> dict[str, object]:
        """Return what that was fitted to."""
        return self.rule.state()

    def load_state(self, state: Mapping[str, object]) -> None:
        """Take back what :meth:`state` returned."""
        self.rule.load_state(state)
