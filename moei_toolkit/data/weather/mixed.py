"""Several kinds of weather over one photograph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moei_toolkit.data.weather.base import Degradation, Range, View, check_range
from moei_toolkit.errors import ConfigError


class Mixed(Degradation):
    """Rain, then snow, then haze over both: the order of Guo et al. 2024 (CDD-11).

    Each part draws from a generator of its own, so that changing one leaves the others as they are.

    Args:
        parts: The kinds of weather, in any order; in a config
            ``parts=[dict(type="rain"), dict(type="haze", beta=(1.0, 2.0))]``.
        strength: Range of the severity of a part relative to that of the picture: (1, 1) is the same for all,
            and from a wider range each part draws its own.

    Raises:
        ConfigError: When there is no part, or one is no degradation.
    """

    def __init__(self, *, parts: Sequence[Degradation], strength: Range = (1.0, 1.0)) -> None:
        if not parts or not all(isinstance(part, Degradation) for part in parts):
            raise ConfigError(f"parts: expected degradations such as dict(type='rain'), got {parts!r}.")
        self.parts = sorted(parts, key=lambda part: part.order)
        self.strength = check_range("strength", strength, 0.0, 1.0)

    def render(self, view: View, rng: np.random.Generator) -> np.ndarray:
        """Return the photograph in all its weather, (H, W, 3) float32."""
        image = view.clean
        for part, seed in zip(self.parts, rng.integers(2**63, size=len(self.parts)), strict=True):
            own = np.random.default_rng(seed)
            image = part.apply(image, view.depth, view.severity * own.uniform(*self.strength), own)
        return image

    def estimate(self, pixels: np.ndarray) -> float | None:
        """Return the largest estimate of a part for (H, W, 3) pixels; None where no part has any."""
        found = (part.estimate(pixels) for part in self.parts)
        return max((estimate for estimate in found if estimate is not None), default=None)
