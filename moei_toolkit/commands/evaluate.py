"""Evaluate a finished run on other data; see --help."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from moei_toolkit.cli import CommandParser, parse_path, run_main
from moei_toolkit.commands.ray_options import add_ray_options, ray_workers
from moei_toolkit.errors import ConfigError


def main(argv: Sequence[str]) -> int:
    """Judge every policy of a run on prepared data sets, and compare with its own test images."""
    parser = CommandParser(
        "Evaluate a finished run on a prepared data set: rows, results, tables and a report.",
        "example:\n  tools/train.py OTHER_CONFIG.py --work-dir work_dirs/other --until data\n"
        "  tools/evaluate.py --run work_dirs/mine --data work_dirs/other/data -o work_dirs/mine_on_other",
    )
    parser.add_run()
    parser.add_argument(
        "--data", type=parse_path, required=True, nargs="+", help="folder of a prepared data set, or several"
    )
    parser.add_argument("--split", default="test", help="which images of it (default: test)")
    parser.add_argument("-o", "--output", type=parse_path, required=True, help="an empty or new folder")
    parser.add_argument(
        "--dry-run", action="store_true", help="check run and data, and say what would be done"
    )
    add_ray_options(parser)
    args = parser.parse_args(argv)

    from moei_toolkit.io.reporter import RichReporter
    from moei_toolkit.pipeline.elsewhere import count_images, evaluate_elsewhere
    from moei_toolkit.pipeline.joining import joined
    from moei_toolkit.pipeline.summary import summary_lines
    from moei_toolkit.report.files import PAGE_FILE

    _require_different(args.data)
    if args.dry_run:
        # Joining refuses some sets; in a folder of its own it leaves nothing beside the output.
        with TemporaryDirectory() as scratch, joined(args.data, Path(scratch)) as data:
            count = count_images(args.run, data, args.split)
        named = ", ".join(map(str, args.data))
        print(f"{count} images of split {args.split!r} in {named} would go to {args.output}")
        return 0
    with joined(args.data, args.output.absolute().parent) as data, ray_workers(args) as allocation:
        results = evaluate_elsewhere(args.run, data, args.split, args.output, RichReporter(), allocation)
    print("\n".join([*summary_lines(results), f"report   {args.output / PAGE_FILE}"]))
    return 0


def _require_different(sets: Sequence[Path]) -> None:
    """Refuse a set that is named twice: its scenes would count as twice as many."""
    places = [path.resolve() for path in sets]
    if twice := [str(path) for path, place in zip(sets, places, strict=True) if places.count(place) > 1]:
        raise ConfigError(f"--data: expected different data sets, got {', '.join(twice)}. Name each once.")


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
