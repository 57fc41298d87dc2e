"""Divides photographs into those that the reference model learns from and those that test it.

Of the photographs of at least 3840x2160, in the order of their names, every third one is for testing:
reduced to cover 3840x2160, its middle. The others are written in three sizes: as they are, 1080 and 480
pixels high. What is newer than its photograph is kept.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageOps

from moei_toolkit.artifact.sums import read_sums
from moei_toolkit.cli import run_main
from moei_toolkit.errors import DataError, ImageError
from moei_toolkit.io.atomic import atomic_path
from moei_toolkit.io.hashing import sha256_file

SUFFIXES = {".jpg", ".jpeg", ".png"}
UHD = (3840, 2160)
HEIGHTS = {"hd": 1080, "sd": 480}


def main(argv: Sequence[str]) -> int:
    """Divide a folder of photographs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="what get_uhd_photos.sh filled")
    parser.add_argument("out", type=Path, help="gets the folders test, uhd, hd and sd")
    parser.add_argument("--sums", type=Path, help="hashes of the photographs that figures were published of")
    given = parser.parse_args(argv)
    if given.sums and (others := differences(given.photos, given.sums)):
        sys.stderr.write(
            f"warning: {len(others)} photographs are not those of {given.sums}, such as {others[0]}; what is "
            "measured of them will differ from what was published\n"
        )
    tested, learnt = divide(given.photos, given.out)
    sys.stdout.write(f"{tested} photographs to test on, {learnt} to learn from\n")
    return 0


def differences(photos: Path, sums: Path) -> list[str]:
    """Return the names of photographs that are missing, additional, or of another hash."""
    listed, found = read_sums(sums), {file.name: sha256_file(file) for file in find_photos(photos)}
    return sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name))


def divide(photos: Path, out: Path) -> tuple[int, int]:
    """Write both parts, and return how many photographs are in each."""
    files = find_photos(photos)
    tested = set([file for file in files if covers(file, UHD)][::3])
    if not tested:
        raise DataError(f"{photos}: expected photographs of {UHD[0]}x{UHD[1]} or more to test on, found none")
    tasks: dict[Path, tuple[Path, Callable[[Path, Path], None]]] = {}
    for file in files:
        if file in tested:
            tasks[out / "test" / f"{file.stem}.png"] = file, write_middle
            continue
        tasks[out / "uhd" / file.name] = file, copy
        for name, height in HEIGHTS.items():
            tasks[out / name / f"{file.stem}.png"] = file, reducing_to(height)
    require_no_others(out, set(tasks))
    for path, (file, make) in tasks.items():
        if not path.is_file() or path.stat().st_mtime_ns < file.stat().st_mtime_ns:
            make(file, path)
    return len(tested), len(files) - len(tested)


def find_photos(folder: Path) -> list[Path]:
    """Return the photographs of a folder by name; no two may differ in their suffixes only."""
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    files = [file for file in there if file.suffix.lower() in SUFFIXES and file.is_file()]
    if not files:
        raise DataError(f"{folder}: expected photographs, found none; run scripts/get_uhd_photos.sh first")
    by_stem: dict[str, Path] = {}
    for file in files:
        if (other := by_stem.setdefault(file.stem, file)) is not file:
            raise DataError(f"{file}: expected a name of its own, got that of {other.name}; rename one")
    return files


def require_no_others(out: Path, paths: set[Path]) -> None:
    """Refuse a folder with pictures of another division: one could be learnt from and tested on."""
    for name in ("test", "uhd", *HEIGHTS):
        for path in sorted((out / name).iterdir()) if (out / name).is_dir() else []:
            if path.suffix.lower() in SUFFIXES and path not in paths:
                raise DataError(
                    f"{path}: not of this division, but of one of other photographs; remove {out} and what "
                    "was prepared of it, and run again"
                )


def upright(file: Path) -> Image.Image:
    """Return a photograph as it is meant to be seen, in RGB."""
    try:
        with Image.open(file) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError(f"{file}: cannot be read: {error}; replace or remove it") from error


def covers(file: Path, size: tuple[int, int]) -> bool:
    """Tell whether a photograph is at least so wide and so high."""
    width, height = upright(file).size
    return width >= size[0] and height >= size[1]


def write_middle(file: Path, path: Path) -> None:
    """Write the middle of a photograph at 3840x2160."""
    write(ImageOps.fit(upright(file), UHD, Image.Resampling.LANCZOS), path)


def reducing_to(height: int) -> Callable[[Path, Path], None]:
    """Return what writes a photograph at a height in pixels."""

    def write_reduced(file: Path, path: Path) -> None:
        image = upright(file)
        width = round(image.width * height / image.height)
        write(image.resize((width, height), Image.Resampling.LANCZOS), path)

    return write_reduced


def write(image: Image.Image, path: Path) -> None:
    """Write a picture without loss."""
    with atomic_path(path) as temporary:
        image.save(temporary, "PNG", compress_level=1)


def copy(file: Path, path: Path) -> None:
    """Copy a photograph as it is."""
    with atomic_path(path) as temporary:
        shutil.copyfile(file, temporary)


if __name__ == "__main__":
    run_main(main)
