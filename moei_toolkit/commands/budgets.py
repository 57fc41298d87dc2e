"""Compare MoE-I with dense models of equal cost; see --help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from moei_toolkit.cli import CommandParser, parse_count, parse_path, parse_size, run_main
from moei_toolkit.commands.cost_tables import pairs_table
from moei_toolkit.commands.model_options import add_model_options, chosen_model


def main(argv: Sequence[str]) -> int:
    """Measure the pairs of an equal-budget comparison, and write a config for every wider dense model."""
    parser = CommandParser(
        "Measure MoE-I against dense, dense-equal and Top-2, and find the dense models that are as wide as "
        "its latency and its memory allow. Writes budgets.json and, of a run, a config that trains each "
        "wider model.",
    )
    add_model_options(parser)
    parser.add_argument("-o", "--output", type=parse_path, required=True, help="folder for what is found")
    parser.add_argument("--size", type=parse_size, default=(3840, 2160), metavar="WxH", help="of the image")
    parser.add_argument("--runs", type=parse_count, default=5, metavar="N", help="of each of a pair (5)")
    parser.add_argument("--tolerance", type=float, default=0.02, help="how far from 1 is still equal (0.02)")
    parser.add_argument("--allow-noise", action="store_true", help="compare latencies whatever the noise")
    parser.add_argument("--width-option", default="width", metavar="NAME", help="of the backbone (width)")
    args = parser.parse_args(argv)

    from moei_toolkit.bench.budgets.pairs import pair_budgets
    from moei_toolkit.bench.budgets.wider import wider_config
    from moei_toolkit.bench.cost import MAX_NOISE
    from moei_toolkit.bench.measuring.models import model_in
    from moei_toolkit.bench.measuring.race import Plan, measure
    from moei_toolkit.bench.measuring.subject import Size
    from moei_toolkit.config.schema import Config
    from moei_toolkit.inference.loading.trained import parts_in
    from moei_toolkit.io.atomic import atomic_write_json, atomic_write_text
    from moei_toolkit.io.disk import make_folder
    from moei_toolkit.io.environment import versions
    from moei_toolkit.io.reporter import RichReporter

    plan, size, option = Plan(warm_ups=1, runs=args.runs, blocks=1), Size(*args.size), args.width_option
    path, log = chosen_model(args), RichReporter()
    parts = parts_in(path)
    make_folder(args.output)
    limit = float("inf") if args.allow_noise else MAX_NOISE
    race = partial(measure, model_in(path), size=size, plan=plan, log=log)
    record = {
        "schema": 1,
        "image": str(size),
        "plan": asdict(plan),
        "tolerance": args.tolerance,
        "environment": versions(),
    }
    pairs = []
    for pair in pair_budgets(parts, race, log, args.tolerance, option, limit):
        pairs.append(pair)
        atomic_write_json(args.output / "budgets.json", {**record, "pairs": [asdict(one) for one in pairs]})
        if pair.width is not None and isinstance(parts.architecture, Config):
            text = wider_config(parts.architecture, option, pair.width)
            atomic_write_text(args.output / f"dense_{option}_{pair.width}.py", text)
    print("Costs over those of MoE-I\n")
    print(pairs_table(pairs, args.tolerance, limit))
    return 0


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
