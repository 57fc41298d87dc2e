"""Reading the photographs inside installed packages: nothing is downloaded, nothing heavy imported."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import cv2
import numpy as np

from moei_toolkit.data.photos import Photo
from moei_toolkit.errors import DataError


def photo_path(photo: Photo) -> Path:
    """Return where the file of a photograph is.

    Raises:
        DataError: When the package or the file is missing.
    """
    return _inside_package(photo, photo.file)


def read_photo(photo: Photo, longest: int = 1024) -> np.ndarray:
    """Read a photograph.

    Args:
        photo: Which one.
        longest: The larger side is reduced to this many pixels when it is longer.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        DataError: When the package or the file is missing, damaged or another one than expected.
    """
    path = photo_path(photo)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != photo.sha256:
        raise DataError(
            f"{path}: expected sha256 {photo.sha256}, got {digest}. "
            f"Another version of {photo.package.name} changed the photograph; reinstall the pinned one."
        )
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise DataError(f"{path}: expected a readable picture. Reinstall {photo.package.name}.")
    return shrink(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), longest)


def read_depth(photo: Photo, shape: tuple[int, ...]) -> np.ndarray:
    """Return the true depth of a photograph with a disparity map.

    Args:
        photo: A photograph with ``disparity``.
        shape: (H, W) of the photograph as read.

    Returns:
        (H, W) float32 in [0, 1], 0 is near and 1 is far. Depth is the inverse of disparity, compressed by
        a square root so that an indoor scene fills the range; a hole takes the nearest known value.

    Raises:
        DataError: When the file is missing or holds something else.
    """
    path = _inside_package(photo, photo.disparity)
    try:
        with np.load(path) as archive:
            disparity = np.asarray(archive[archive.files[0]], np.float32)
    except (OSError, ValueError, IndexError) as error:
        raise DataError(
            f"{path}: expected a disparity map ({error}). Reinstall {photo.package.name}."
        ) from error
    known = np.isfinite(disparity) & (disparity > 0)
    depth = 1.0 / _fill_holes(disparity, known)
    low, high = np.percentile(depth, (0.5, 99.5))
    unit = np.sqrt(np.clip((depth - low) / (high - low), 0.0, 1.0)).astype(np.float32)
    return np.clip(cv2.resize(unit, (shape[1], shape[0]), interpolation=cv2.INTER_AREA), 0.0, 1.0)


def shrink(pixels: np.ndarray, longest: int) -> np.ndarray:
    """Return the picture with its larger side at most ``longest`` pixels, antialiased."""
    height, width = pixels.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1.0:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _fill_holes(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the values with every unknown one replaced by the nearest known one."""
    _, labels = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.zeros(int(labels.max()) + 1, np.float32)
    nearest[labels[known]] = values[known]
    return nearest[labels]


def _inside_package(photo: Photo, file: str) -> Path:
    package = photo.package
    spec = importlib.util.find_spec(package.module)
    if spec is None or spec.origin is None:
        raise DataError(
            f"photograph {photo.name!r}: expected {package.folder}/{file} of the package {package.name}, "
            f"which is not installed. Run: pip install {package.name}"
        )
    found = Path(spec.origin).parent / package.folder / file
    if not found.is_file():
        raise DataError(
            f"{found}: expected a file of {package.name}, it is missing. Reinstall {package.name}."
        )
    return found
