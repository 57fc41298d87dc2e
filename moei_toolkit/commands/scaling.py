"""Measure how cost grows with image size, experts, batch and threads; see --help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from moei_toolkit.cli import CommandParser, parse_count, parse_path, run_main
from moei_toolkit.commands.cost_tables import study_table
from moei_toolkit.commands.model_options import add_model_options, chosen_model

STUDIES = ("size", "experts", "batch", "threads")


def main(argv: Sequence[str]) -> int:
    """Measure each study; leave a table and a plot of it."""
    parser = CommandParser(
        "Measure MoE-I over image size (1 to 64 MP), experts in memory (1 to 64), batch and threads; the "
        "last three at 4K. Writes a JSON and an SVG for each study, of its name.",
    )
    add_model_options(parser)
    parser.add_argument("-o", "--output", type=parse_path, required=True, help="folder for what is found")
    parser.add_argument("--only", nargs="+", choices=STUDIES, default=STUDIES, metavar="NAME")
    parser.add_argument("--runs", type=parse_count, default=3, metavar="N", help="timed, of each value (3)")
    parser.add_argument("--quick", action="store_true", help="two values of each study")
    args = parser.parse_args(argv)

    from moei_toolkit.bench.measuring.models import model_in
    from moei_toolkit.bench.measuring.race import Plan
    from moei_toolkit.bench.scaling.plots import plot_study
    from moei_toolkit.bench.scaling.studies import STUDIES as ALL
    from moei_toolkit.bench.scaling.studies import run_study
    from moei_toolkit.io.atomic import atomic_write_bytes, atomic_write_json
    from moei_toolkit.io.disk import make_folder
    from moei_toolkit.io.environment import versions
    from moei_toolkit.io.processors import usable_cores
    from moei_toolkit.io.reporter import RichReporter

    model, plan = model_in(chosen_model(args)), Plan(warm_ups=1, runs=args.runs, blocks=1)
    make_folder(args.output)
    for study in (study for study in ALL if study.name in args.only):
        values = study.quick if args.quick else study.values
        if study.name == "threads":
            values = [value for value in values if value <= usable_cores()]
        found = run_study(model, study, values, plan, RichReporter())
        atomic_write_bytes(args.output / f"{study.name}.svg", plot_study(found, study.axis))
        record = {
            "schema": 1,
            "plan": asdict(plan),
            "environment": versions(),
            "points": [asdict(point) for point in found],
        }
        atomic_write_json(args.output / f"{study.name}.json", record)
        print(study_table(found, study.axis) + "\n", flush=True)
    return 0


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
