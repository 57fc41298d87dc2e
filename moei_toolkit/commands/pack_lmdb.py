"""Copy the image files of a prepared set into one LMDB file; see --help."""

from __future__ import annotations

from collections.abc import Sequence

from moei_toolkit.cli import CommandParser, parse_count, parse_path, run_main


def main(argv: Sequence[str]) -> int:
    """Pack a prepared set, or say what that takes."""
    parser = CommandParser(
        "Copy the image files that a prepared set refers to into its pairs.lmdb, where a random crop costs a "
        "crop and no decoding. The files stay. Run it again to continue what was stopped.",
        "example:\n"
        "  tools/prepare_data.py --layout uhd_rain --root /data/UHD-Rain --out data/rain --storage files\n"
        "  tools/pack_lmdb.py data/rain",
    )
    parser.add_argument(
        "folder", type=parse_path, metavar="PREPARED_SET", help="what tools/prepare_data.py made"
    )
    parser.add_argument(
        "--workers", type=parse_count, metavar="N", help="threads that decode; one per core by default"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say how much space it takes, and how much is free"
    )
    args = parser.parse_args(argv)

    from moei_toolkit.data.preparation.keeping.packing import pack, plan_pack
    from moei_toolkit.io.disk import gib
    from moei_toolkit.io.reporter import RichReporter

    plan = plan_pack(args.folder)
    print(f"{plan.images} image files; {gib(plan.needed)} needed, {gib(plan.free)} free", flush=True)
    if args.dry_run:
        return 0
    with RichReporter().progress(1.0, "pack") as bar:
        reached = 0.0

        def advance(done: int, total: int) -> None:
            nonlocal reached
            bar.advance(done / total - reached, f"{done} of {total} steps")
            reached = done / total

        packed = pack(args.folder, advance, args.workers)
    print(f"packed   {packed} images into {args.folder / 'pairs.lmdb'}")
    return 0


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
