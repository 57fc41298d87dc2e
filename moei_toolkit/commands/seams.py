"""Compare photographs restored by tiles with the same restored whole; see --help."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict

from moei_toolkit.cli import PARTIAL, CommandParser, format_table, parse_path, run_main
from moei_toolkit.commands.model_options import add_model_options, chosen_model


def main(argv: Sequence[str]) -> int:
    """Print how far tiles are from the whole, and whether their borders show; 10 when some were left out."""
    parser = CommandParser(
        "Restore photographs by tiles and as a whole, and tell how far they are apart (PSNR, largest "
        "difference) and how much steeper they are across the borders of tiles than elsewhere (1: no seams). "
        "The whole takes memory for all of an image at once: some 4 GB at 3840x2160."
    )
    add_model_options(parser)
    parser.add_argument("photos", type=parse_path, nargs="+", metavar="PHOTO", help="larger than a tile")
    parser.add_argument("--json", type=parse_path, metavar="FILE", help="also write everything to this file")
    args = parser.parse_args(argv)

    from moei_toolkit.bench.seams import compare_with_whole
    from moei_toolkit.errors import DataError, located
    from moei_toolkit.inference.loading.trained import parts_in
    from moei_toolkit.io.atomic import atomic_write_json
    from moei_toolkit.io.images.reading import read_image
    from moei_toolkit.io.text import printable

    runtime, decider = parts_in(chosen_model(args)).restorer()
    found, failures = {}, []
    for photo in args.photos:
        name = printable(str(photo))
        try:
            pixels = read_image(photo).pixels
            with located(name):
                found[name] = compare_with_whole(runtime, decider, pixels, photo.as_posix())
        except DataError as error:
            failures.append(error)
    if not found:
        raise failures[-1]
    rows = [
        [photo, one.route, f"{one.psnr:.1f}", f"{one.largest:.4f}", f"{one.seams:.4f}"]
        for photo, one in found.items()
    ]
    print(format_table(["photograph", "route", "PSNR dB", "largest difference", "seams"], rows))
    for failure in failures:
        print(printable(f"error: {failure}"), file=sys.stderr)
    if args.json is not None:
        atomic_write_json(args.json, {photo: asdict(agreement) for photo, agreement in found.items()})
    return PARTIAL if failures else 0


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
