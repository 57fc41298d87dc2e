"""How wide a dense model has to be to cost what MoE-I does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from moei_toolkit.bench.budgets.matching import Match, match_width
from moei_toolkit.bench.cost import NoisyError, Ratio, SharedCost
from moei_toolkit.bench.measuring.subject import Subject
from moei_toolkit.io.reporter import Reporter


class WidthSearch:
    """Finds widths, and measures each as rarely as it can: what it has measured serves every search.

    A latency that is too noisy is measured once more.

    Args:
        over_moei: Measures a subject; returns its costs over those of MoE-I.
        option: What the backbone calls its width.
        max_noise: From which on latencies are not compared.
        log: Told what is measured.

    Attributes:
        ratios: Width -> its costs over those of MoE-I, in the order in which they were measured.
    """

    def __init__(
        self, over_moei: Callable[[Subject], Ratio], option: str, max_noise: float, log: Reporter
    ) -> None:
        self.ratios: dict[int, Ratio] = {}
        self._over_moei = over_moei
        self._option = option
        self._max_noise = max_noise
        self._log = log

    def find(self, cost: SharedCost, low: int, high: int, tolerance: float) -> Match | None:
        """Return the width of nearest cost, of ``low`` to ``high``; None if that cannot be told for noise.

        Raises:
            BenchError: If a measurement failed, or see `match_width`.
        """
        try:
            return match_width(partial(self._cost_at, cost), low, high, tolerance)
        except NoisyError as error:
            self._log.info(str(error))
            return None

    def _cost_at(self, cost: SharedCost, width: int) -> float:
        if width not in self.ratios:
            self._measure(width)
        if cost == "latency":
            if self.ratios[width].noise > self._max_noise:
                self._log.info("too noisy; once more")
                self._measure(width)
            self.ratios[width].require_quiet(self._max_noise)
        return self.ratios[width].of(cost)

    def _measure(self, width: int) -> None:
        name = f"dense, {self._option} {width}"
        self._log.info(f"a dense model of {self._option} {width}")
        self.ratios[width] = self._over_moei(Subject(name, backbone={self._option: width}))
