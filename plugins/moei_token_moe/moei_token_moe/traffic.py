"""How many bytes routing moves, which choosing once for a whole image does not."""

from __future__ import annotations

from dataclasses import dataclass

BYTES = 4
"""Of a float32 number."""


@dataclass(frozen=True)
class SiteTraffic:
    """What is moved at one site for one image.

    Attributes:
        site: Its name.
        pixels: Side of a token, pixels of the image.
        tokens: T.
        channels: d of a token.
        k: Small experts that a token goes to.
    """

    site: str
    pixels: int
    tokens: int
    channels: int
    k: int

    @property
    def dispatched(self) -> int:
        """``2 k T d`` numbers, in bytes: every token goes to k small experts, and k outputs come back.

        Those without a seat are counted too: it is what the buffers of a distributed mixture hold.
        """
        return 2 * self.k * self.tokens * self.channels * BYTES


def cells(length: int, multiple: int, stride: int, pool: int, part: int | None = None) -> int:
    """Return how many tokens lie along a side of an image.

    Args:
        length: Of the side, pixels.
        multiple: What the backbone pads it to.
        stride: Pixels of a cell of the features.
        pool: Cells of a token.
        part: Side of the squares that are seen one by one, pixels; None for all at once.
    """
    padded = -(-length // multiple) * multiple
    part = padded if part is None else part
    return padded // part * -(-(part // stride) // pool)
