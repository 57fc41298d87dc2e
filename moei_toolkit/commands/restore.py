"""Restore photographs with a trained model; see --help."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from moei_toolkit.cli import PARTIAL, CommandParser, parse_count, parse_path, run_main
from moei_toolkit.commands.model_options import add_model_options, chosen_model
from moei_toolkit.commands.ray_options import add_ray_options, ray_workers
from moei_toolkit.errors import ImageError
from moei_toolkit.types import PRECISIONS


def main(argv: Sequence[str]) -> int:
    """Restore photographs and folders; exit with 10 when some could not be restored."""
    parser = CommandParser(
        "Restore photographs, and every photograph of folders, of any size. They are never replaced\n"
        "themselves; a picture that lies where a restoration goes is.",
        "example:\n  tools/restore.py photo.jpg    # with the model of the toolkit, to restored/photo.jpg\n"
        "  tools/restore.py folder/ --run work_dirs/mine -o elsewhere/",
    )
    parser.add_argument(
        "sources", type=parse_path, nargs="+", metavar="source", help="a photograph, or a folder of them"
    )
    add_model_options(parser, "a finished run, or what tools/export.py made of one")
    parser.add_argument(
        "-o",
        "--output",
        type=parse_path,
        help="a file, or a folder for results; by default the folder 'restored' beside the photograph, or in "
        "the folder of them",
    )
    parser.add_argument(
        "--runtime",
        metavar="NAME",
        help="for a run or a model eager (default) or compile, with which the first photograph waits for a "
        "compiler; for ONNX graphs onnx (default) or openvino",
    )
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        metavar="NAME",
        help="what tiles are computed in: float32, bfloat16 or float16; that of the model by default",
    )
    parser.add_argument("--device", default="cpu", help="cpu (default), cuda, cuda:1, ...; not for graphs")
    parser.add_argument(
        "--batch", type=parse_count, default=1, metavar="N", help="tiles per call (1); a GPU may like several"
    )
    parser.add_argument(
        "--threads", type=parse_count, metavar="N", help="on the CPU; one per core by default"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="restore again what an earlier call has done with this model"
    )
    parser.add_argument("--dry-run", action="store_true", help="say which file would become which")
    add_ray_options(parser)
    args = parser.parse_args(argv)

    from moei_toolkit.inference.loading.opening import identify_model, open_model
    from moei_toolkit.inference.machine.one_heap import share_heap
    from moei_toolkit.inference.photos.folder import restore_photos
    from moei_toolkit.inference.photos.paths import pair_all, passed_over
    from moei_toolkit.inference.restorer import Restorer
    from moei_toolkit.io.reporter import RichReporter
    from moei_toolkit.io.text import printable

    share_heap()
    pairs = pair_all(args.sources, args.output)
    path = chosen_model(args)
    model = identify_model(path, args.runtime, args.precision)
    unread: list[ImageError] = []
    for source in filter(Path.is_dir, args.sources):
        errors, kinds = passed_over(source)
        unread += errors
        if kinds:
            counted = ", ".join(f"{suffix} {count}" for suffix, count in sorted(kinds.items()))
            print(printable(f"{source}: files that are not read: {counted}"), file=sys.stderr)
    if args.dry_run:
        print("\n".join(printable(f"{source} -> {target}") for source, target in pairs))
        return 0

    def open_restorer(threads: int | None) -> Restorer:
        opened = open_model(path, args.runtime, args.device, threads, args.precision, args.batch)
        return Restorer(*opened)

    job = pairs, RichReporter(), model, args.overwrite
    with ray_workers(args, args.threads, args.device) as allocation:
        if allocation is None:
            tally = restore_photos(open_restorer(args.threads), *job)
        else:
            from moei_toolkit.inference.photos.on_cluster import restore_photos_on_cluster

            opened = partial(open_restorer, allocation.threads)
            tally = restore_photos_on_cluster(allocation, opened, *job)
    for failure in (*unread, *tally.failures):
        print(printable(f"error: {failure}"), file=sys.stderr)
    if tally.untried:
        print(f"error: photographs that were not tried after that: {tally.untried}", file=sys.stderr)
    if tally.failures and not tally.restored:
        return tally.failures[-1].exit_code
    return PARTIAL if tally.failures or unread else 0


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
