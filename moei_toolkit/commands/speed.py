"""Measure what the toolkit costs against another way to the same result; see --help."""

from __future__ import annotations

from collections.abc import Sequence

from moei_toolkit.bench.against.catalogue import NAMES, load_benchmark
from moei_toolkit.cli import CommandParser, parse_path, parse_size, run_main

FULL, QUICK = ((3840, 2160), 5), ((960, 544), 3)
"""Width and height of the image in pixels, and how many times each side is timed."""


def main(argv: Sequence[str]) -> int:
    """Print one line per benchmark; a target that is missed is a result, and no reason to fail."""
    parser = CommandParser("Time two ways to the same result in turn, and compare with a target.")
    parser.add_argument(
        "--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=f"some of: {', '.join(NAMES)}"
    )
    parser.add_argument(
        "--quick", action="store_true", help="a small image and few rounds; targets are for the usual size"
    )
    parser.add_argument(
        "--size", type=parse_size, metavar="WxH", help="of the image, 3840x2160 unless --quick"
    )
    parser.add_argument("--json", type=parse_path, metavar="FILE", help="also write every time to this file")
    args = parser.parse_args(argv)

    from moei_toolkit.bench.against.benchmark import Scale
    from moei_toolkit.io.atomic import atomic_write_json
    from moei_toolkit.io.environment import versions

    size, rounds = QUICK if args.quick else FULL
    width, height = args.size or size
    scale = Scale(width, height, rounds)
    outcomes = []
    for name in (name for name in NAMES if name in args.only):
        outcomes.append(load_benchmark(name).run(scale))
        print(outcomes[-1], flush=True)
        if args.json:
            found = [outcome.as_dict() for outcome in outcomes]
            atomic_write_json(args.json, {"versions": versions(), "benchmarks": found})
    return 0


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
