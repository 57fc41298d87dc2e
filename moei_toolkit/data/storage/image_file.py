"""An image file where it lies."""

from __future__ import annotations

from pathlib import Path

from moei_toolkit.data.storage.stored_image import StoredImage
from moei_toolkit.errors import DataError, ImageError
from moei_toolkit.io.images.pixels import to_eight_bits
from moei_toolkit.io.images.reading import read_image


def read_image_file(path: Path) -> StoredImage:
    """Decode an image file; 16 bits per sample become 8, rounded.

    Raises:
        DataError: The file is missing, damaged or of a kind that is not supported; names it.
    """
    try:
        pixels = to_eight_bits(read_image(path).pixels)
    except ImageError as error:
        raise DataError(
            f"{str(error).rstrip('.')}. Put the file back, correct sources.json if its folder has moved, or "
            "prepare the data again."
        ) from error
    pixels.flags.writeable = False
    return StoredImage(pixels)
