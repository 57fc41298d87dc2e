"""One of several kinds of the same weather, drawn for each photograph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moei_toolkit.data.weather.base import Degradation, View
from moei_toolkit.errors import ConfigError


class Choice(Degradation):
    """Weather of one name that looks different from picture to picture, such as drizzle and downpour.

    Args:
        parts: The kinds; in a config ``parts=[dict(type="haze"), dict(type="haze", tint=0.2)]``. The first
            one tells how severe the weather in a picture is, whichever was drawn.
        weights: How often each is drawn, in proportion; equally often when None.

    Raises:
        ConfigError: When there is no part, one is no degradation, or the weights do not fit.
    """

    def __init__(self, *, parts: Sequence[Degradation], weights: Sequence[float] | None = None) -> None:
        if not parts or not all(isinstance(part, Degradation) for part in parts):
            raise ConfigError(f"parts: expected degradations such as dict(type='rain'), got {parts!r}.")
        given = np.ones(len(parts)) if weights is None else np.asarray(weights, dtype=float)
        if given.shape != (len(parts),) or not (np.isfinite(given) & (given >= 0)).all() or given.sum() == 0:
            raise ConfigError(
                f"weights: expected one number of 0 or more for each of {len(parts)} parts, "
                f"not all of them 0, got {weights!r}."
            )
        self.parts = list(parts)
        self.shares = given / given.sum()

    def render(self, view: View, rng: np.random.Generator) -> np.ndarray:
        """Return the photograph in the weather that was drawn, (H, W, 3) float32."""
        part = self.parts[int(rng.choice(len(self.parts), p=self.shares))]
        return part.apply(view.clean, view.depth, view.severity, rng)

    def estimate(self, pixels: np.ndarray) -> float | None:
        """Return what the first part makes of (H, W, 3) pixels; None where it does not know."""
        return self.parts[0].estimate(pixels)
