"""Three hops from a photograph to a restored one: describe, decide, restore."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from moei_toolkit.errors import ImageError
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.loading.opening import open_model
from moei_toolkit.inference.pretrained.shipped import DEFAULT
from moei_toolkit.inference.runtimes.base import Runtime
from moei_toolkit.inference.stopwatch import timed
from moei_toolkit.types import Restoration


class Restorer:
    """Restores photographs of any size, choosing one expert for each.

    Args:
        runtime: Runs the backbone and its experts.
        decider: Chooses among them.
    """

    def __init__(self, runtime: Runtime, decider: Decider) -> None:
        self.runtime = runtime
        self.decider = decider

    @classmethod
    def from_run(cls, work_dir: str | Path, device: str = "cpu", threads: int | None = None) -> Restorer:
        """Load what a finished ``tools/train.py`` left in its work directory.

        Raises:
            ConfigError: If the device or the precision cannot be used here.
            StoreError: If the run is missing or has not got as far as its calibration.
            CheckpointError: If a weights file is damaged.
            RegistryError: If a component is not installed.
        """
        return cls(*open_model(Path(work_dir), "eager", device, threads))

    @classmethod
    def from_bundle(cls, folder: str | Path, runtime: str = "onnx", threads: int | None = None) -> Restorer:
        """Load what ``tools/export.py`` wrote; needs neither PyTorch nor the run.

        Raises:
            ConfigError: If the runtime is unknown, or its package is not installed.
            StoreError: If there is no such bundle.
            CheckpointError: If a file of it is damaged.
        """
        return cls(*open_model(Path(folder), runtime, threads=threads))

    @classmethod
    def from_pretrained(
        cls, model: str | Path = DEFAULT, device: str = "cpu", threads: int | None = None
    ) -> Restorer:
        """Load a trained model: one that comes with the toolkit, by name, or a folder as model hubs have it.

        Raises:
            MoeiError: See `load_pretrained`.
        """
        from moei_toolkit.inference.pretrained.loading import load_pretrained

        return cls(*load_pretrained(model, device, threads))

    def restore(self, image: np.ndarray, name: str = "") -> Restoration:
        """Restore one photograph; where memory runs out, with smaller tiles.

        Args:
            image: (H, W, 3) RGB, any H and W from 1 up; uint8, uint16, or floating point in [0, 1].
            name: What a router that asks somebody else knows the image by.

        Returns:
            The restored image (H, W, 3), float32 in [0, 1], the decision, the seconds of each hop, and the
            side of the tiles.

        Raises:
            ImageError: If the array is not such an image.
            DataError: If a router that asks somebody else gets no answer.
        """
        x = checked_image(image)
        seconds: dict[str, float] = {}
        with timed(seconds, "describe"):
            g = self.runtime.describe(x)
        with timed(seconds, "decide"):
            decision = self.decider.decide(g, name)
        tiles = [self.runtime.protocol.tile]
        with timed(seconds, "restore"):
            restored = self.runtime.restore(x, decision.route, g, tiles.append)
        return Restoration(restored, decision, seconds, tiles[-1])


def checked_image(image: np.ndarray) -> np.ndarray:
    """Return an RGB image as the network takes it: integers as they are, anything else as float32.

    Args:
        image: (H, W, 3); uint8, uint16, or floating point in [0, 1].

    Raises:
        ImageError: For any other shape, type or range, and for NaN.
    """
    if isinstance(image, str | Path):
        raise ImageError(
            f"expected an RGB image (H, W, 3), got the text {str(image)!r}; read_image of "
            "moei_toolkit.io.images.reading reads a file"
        )
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ImageError(
            f"expected an RGB image (H, W, 3), got an array of shape {image.shape}; convert gray and "
            "transparent pictures first, and put the channels last"
        )
    if image.dtype.kind == "u" and image.dtype.itemsize <= 2:
        return image.astype(image.dtype.newbyteorder("="), copy=False)  # files may be of the other byte order
    if not np.issubdtype(image.dtype, np.floating):
        raise ImageError(f"expected uint8, uint16 or floating point pixels, got {image.dtype}")
    if not (image.min() >= 0 and image.max() <= 1):  # also refuses NaN
        raise ImageError(f"expected floating point pixels in [0, 1], got {image.min()} to {image.max()}")
    return image.astype(np.float32, copy=False)
