"""A threshold that keeps a promise: how much harm routing does against dense, on average over new scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.calibrators.abstention import ABSTAIN_ALWAYS, require_columns
from moei_toolkit.errors import ConfigError, DataError


@dataclass(frozen=True)
class RiskLimit:
    """A promise about images like those that tau is chosen on: how much worse than dense they come out.

    Attributes:
        level: a, expected harm of a new scene, at most; dB of PSNR, in (0, B).
        bound: B, more harm than this counts as this, dB. It takes at least bound / level - 1 scenes.

    Raises:
        ConfigError: If the level does not lie between 0 and the bound.
    """

    level: float
    bound: float

    def __post_init__(self) -> None:
        if not 0 < self.level < self.bound < np.inf:
            raise ConfigError(f"expected 0 < level < bound, got level {self.level} and bound {self.bound}")


@dataclass(frozen=True)
class RiskControl:
    """A threshold with a guarantee, and what it did on the images it was chosen on.

    Attributes:
        threshold: tau; an image whose confidence is below it takes the dense route.
        attainable: Some threshold in [0, 1] keeps the promise. If none does, everything abstains, which
            keeps it by giving up routing.
        level: The promise: expected harm of a new scene, dB, is at most this.
        bound: More harm than this, dB, counts as this.
        scenes: How many scenes the promise rests on.
        harm: Mean harm on these scenes, dB.
        corrected: The same had one more scene come out as bad as can be; what was held to the level.
        abstained: Share of these images that abstained, in [0, 1].
        exceeds_cap: That is more than the largest share allowed; the promise was kept all the same.
    """

    threshold: float
    attainable: bool
    level: float
    bound: float
    scenes: int
    harm: float
    corrected: float
    abstained: float
    exceeds_cap: bool

    @property
    def warning(self) -> str:
        """What a person should know about the price of the promise; empty if nothing."""
        promise = f"harm of at most {self.level:g} dB (bound {self.bound:g} dB)"
        if not self.attainable:
            least = int(np.ceil(self.bound / self.level)) - 1
            return (
                f"no threshold promises {promise} from {self.scenes} scenes, so every image takes the dense "
                f"route; it takes at least {least} scenes, and no harm at full confidence"
            )
        if self.exceeds_cap:
            return f"to promise {promise}, {self.abstained:.1%} of the images abstain, more than the cap"
        return ""


def control_risk(
    confidence: np.ndarray,
    harm: np.ndarray,
    scenes: np.ndarray | Sequence[str],
    limit: RiskLimit,
    max_abstention: float,
    candidates: int = 101,
) -> RiskControl:
    """Return the smallest threshold at which routing promises to do little harm.

    Conformal risk control (Angelopoulos et al., ICLR 2024). An image loses min(max(harm, 0), bound) where it
    is routed and nothing where it abstains, so losses fall as tau rises; the loss of a scene is the mean over
    its images. The threshold is the smallest tau with n / (n + 1) mean loss + bound / (n + 1) <= level over n
    scenes. The expected loss of a new scene is then at most ``limit.level``, whatever the router and for any
    n, provided that this scene is drawn like the others. Scenes count, not images: images of one scene
    resemble each other, and a new image comes from a new scene. Any larger threshold keeps the promise too.

    Harm is meant against dense: it is what a user risks by routing at all, and abstaining takes all of it
    away. Against the oracle it would not, and no threshold could promise anything.

    Args:
        confidence: (N,), in [0, 1].
        harm: (N,), quality of the dense route minus that of the most probable expert, dB.
        scenes: (N,), label of the scene of each image.
        limit: a and B.
        max_abstention: Abstaining more often than this, in [0, 1], is reported.
        candidates: Thresholds tried, evenly spaced over [0, 1]; fixed before anything is seen.

    Raises:
        DataError: If the arrays are empty, differ in shape, or hold values that are not finite.
    """
    require_columns(confidence=confidence, harm=harm)
    if len(scenes) != len(harm):
        raise DataError(f"expected a scene for each of {len(harm)} images, got {len(scenes)}")
    _, scene, images = np.unique(np.asarray(scenes), return_inverse=True, return_counts=True)
    count = len(images)
    loss = np.clip(harm, 0, limit.bound).astype(np.float64) / (count * images[scene])
    thresholds = np.append(np.linspace(0, 1, candidates), ABSTAIN_ALWAYS)
    kept = confidence[None] >= thresholds[:, None]
    risk = kept @ loss
    corrected = (count * risk + limit.bound) / (count + 1)
    attained = corrected[:-1] <= limit.level
    chosen = int(np.argmax(attained)) if attained.any() else candidates
    abstained = float((~kept[chosen]).mean())
    return RiskControl(
        threshold=float(thresholds[chosen]),
        attainable=bool(attained.any()),
        level=limit.level,
        bound=limit.bound,
        scenes=count,
        harm=float(risk[chosen]),
        corrected=float(corrected[chosen]),
        abstained=abstained,
        exceeds_cap=abstained > max_abstention,
    )
