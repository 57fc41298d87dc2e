"""What preparation learns about a scene, and what it has to say about files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


ASIDE = "aside"


@dataclass(frozen=True)
class Finding:
    """Something a person should know about a file.

    Attributes:
        path: Relative to the root of the layout where it lies below that.
        kind: "unusable", "unpaired" with anything usable, "leftover" of no scene, "aside" of one that the
            layout leaves out on purpose, "misaligned", "duplicate", "leak" or "remark".
        reason: A sentence for people.
        dropped: Whether the prepared set goes without it.
    """

    path: str
    kind: str
    reason: str
    dropped: bool


@dataclass(frozen=True)
class Seen:
    """One usable image.

    Attributes:
        id: Of the image, and the key of its pixels.
        degradation: Its task, or "clean".
        severity: In [0, 1]: the generator's parameter or the published level; else the estimate.
        severity_estimate: What the pixels say; None where nobody knows how to tell, and for clean images.
        width: Columns.
        height: Rows.
        hash: sha256 of the pixels (uint8, row by row, RGB).
        clean_key: Key of the clean pixels that belong to it.
        shift: Pixels that its file is shifted by against the clean one; None where nobody knows.
    """

    id: str
    degradation: str
    severity: float
    severity_estimate: float | None
    width: int
    height: int
    hash: str
    clean_key: str
    shift: float | None = None


@dataclass(frozen=True)
class SceneResult:
    """What came of a scene.

    Attributes:
        images: The usable ones, the clean one first; none when that is unusable.
        perceptual_hash: Of the clean image, 16 hexadecimal digits; None where it was not computed.
        findings: About its files.
        taken: Camera and time of the clean image, as its EXIF data say it; empty where they do not.
        pixels: (H, W, 3) uint8 RGB by key, where pixels are to be kept.
    """

    images: tuple[Seen, ...]
    perceptual_hash: str | None = None
    findings: tuple[Finding, ...] = ()
    taken: str = ""
    pixels: Mapping[str, np.ndarray] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, without pixels."""
        return {
            "images": [asdict(image) for image in self.images],
            "perceptual_hash": self.perceptual_hash,
            "findings": [asdict(finding) for finding in self.findings],
            "taken": self.taken,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SceneResult:
        """Return what :meth:`as_dict` made plain."""
        return cls(
            images=tuple(Seen(**image) for image in data["images"]),
            perceptual_hash=data["perceptual_hash"],
            findings=tuple(Finding(**finding) for finding in data["findings"]),
            taken=data.get("taken", ""),
        )
