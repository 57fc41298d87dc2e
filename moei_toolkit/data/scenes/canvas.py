"""The picture under construction: colour and true depth, painted from far to near."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

SUBPIXEL = 4
Box = tuple[int, int, int, int]
"""(top, left, bottom, right) in pixels."""


class Canvas:
    """A picture and its depth; what is painted later lies in front.

    Attributes:
        colour: (H, W, 3) float32 RGB.
        depth: (H, W) float32 in [0, 1], 0 is near and 1 is far.
    """

    def __init__(self, height: int, width: int) -> None:
        self.colour = np.zeros((height, width, 3), np.float32)
        self.depth = np.ones((height, width), np.float32)

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.depth.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.depth.shape[1])

    def bounds(self, outline: np.ndarray, margin: int = 2) -> Box | None:
        """Return the visible box of an outline and a margin around it, None when there is none."""
        left, top = np.floor(outline.min(axis=0)).astype(int) - margin
        right, bottom = np.ceil(outline.max(axis=0)).astype(int) + margin + 1
        top, left = max(int(top), 0), max(int(left), 0)
        bottom, right = min(int(bottom), self.height), min(int(right), self.width)
        return (top, left, bottom, right) if bottom > top and right > left else None

    def paint(
        self,
        outline: np.ndarray,
        box: Box,
        surface: np.ndarray,
        depth: float | np.ndarray,
        softness: float = 0.0,
    ) -> None:
        """Paint one thing.

        Args:
            outline: (N, 2) corners x, y in pixels.
            box: Its visible box as :meth:`bounds` returns it, (h, w) pixels.
            surface: (h, w, 3) float32 RGB of the box.
            depth: Depth of the thing, a number or (h, w).
            softness: Blur of the edge in pixels.
        """
        alpha = self._mask(outline, box)
        if softness > 0.3:
            alpha = cv2.GaussianBlur(alpha, (0, 0), softness)
        self.stamp(box, alpha, surface, depth)

    def strokes(
        self, segments: Sequence[tuple[float, float, float, float, float]], colour: np.ndarray, depth: float
    ) -> None:
        """Draw segments (x0, y0, x1, y1, width) in one colour, (3,) float32, at one depth."""
        mask = np.zeros((self.height, self.width), np.uint8)
        unit = 1 << SUBPIXEL
        for x0, y0, x1, y1, width in segments:
            start, end = (round(x0 * unit), round(y0 * unit)), (round(x1 * unit), round(y1 * unit))
            level = 255 if width >= 1 else max(60, round(255 * width))
            cv2.line(mask, start, end, level, max(1, round(width)), cv2.LINE_AA, SUBPIXEL)
        left, top, width, height = cv2.boundingRect(mask)
        if width and height:
            alpha = mask[top : top + height, left : left + width].astype(np.float32) / 255.0
            self.stamp((top, left, top + height, left + width), alpha, colour, depth)

    def darken(self, outline: np.ndarray, amount: float, blur: float) -> None:
        """Darken what an outline covers, with a soft edge: the shadow of a thing painted next.

        Args:
            outline: (N, 2) corners x, y in pixels.
            amount: Share of light taken away.
            blur: Softness in pixels.
        """
        box = self.bounds(outline, margin=round(2 * blur))
        if box is not None:
            alpha = cv2.GaussianBlur(self._mask(outline, box), (0, 0), blur)
            self.colour[box[0] : box[2], box[1] : box[3]] *= 1.0 - np.float32(amount) * alpha[..., None]

    def stamp(self, box: Box, alpha: np.ndarray, surface: np.ndarray, depth: float | np.ndarray) -> None:
        """Paint through a stencil.

        Args:
            box: Visible box of (h, w) pixels.
            alpha: (h, w) float32 opacity in [0, 1].
            surface: (h, w, 3) or (3,) float32 RGB.
            depth: A number or (h, w).
        """
        top, left, bottom, right = box
        colour = self.colour[top:bottom, left:right]
        colour += alpha[..., None] * (surface - colour)
        behind = self.depth[top:bottom, left:right]
        behind += (alpha > 0.5) * (np.float32(depth) - behind)

    def _mask(self, outline: np.ndarray, box: Box) -> np.ndarray:
        """Return the antialiased inside of an outline over a box, (h, w) float32 in [0, 1]."""
        top, left, bottom, right = box
        mask = np.zeros((bottom - top, right - left), np.uint8)
        corners = np.round((outline - (left, top)) * (1 << SUBPIXEL)).astype(np.int32)
        cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, SUBPIXEL)
        return mask.astype(np.float32) / 255.0
