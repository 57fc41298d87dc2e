"""Compare MoE-I with dense models of equal cost; see --help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from moei_toolkit.cli import CommandParser, format_table, parse_count, parse_path, parse_size, run_main

_VERDICTS = {True: "yes", False: "no", None: "-"}


def main(argv: Sequence[str]) -> int:
    """Measure the pairs of an equal-budget comparison, and write a config for every wider dense model."""
    parser = CommandParser(
        "Measure MoE-I against dense, dense-equal and Top-2, and find the dense models that are as wide as "
        "its latency and its memory allow. Writes budgets.json and a config that trains each wider model.",
    )
    parser.add_run()
    parser.add_argument("-o", "--output", type=parse_path, required=True, help="folder for what is found")
    parser.add_argument("--size", type=parse_size, default=(3840, 2160), metavar="WxH", help="of the image")
    parser.add_argument("--runs", type=parse_count, default=5, metavar="N", help="of each of a pair (5)")
    parser.add_argument("--tolerance", type=float, default=0.02, help="how far from 1 is still equal (0.02)")
    parser.add_argument("--allow-noise", action="store_true", help="compare latencies whatever the noise")
    parser.add_argument("--width-option", default="width", metavar="NAME", help="of the backbone (width)")
    args = parser.parse_args(argv)

    from moei_toolkit.bench.budgets import pair_budgets
    from moei_toolkit.bench.cost import MAX_NOISE
    from moei_toolkit.bench.models import model_in
    from moei_toolkit.bench.race import Plan
    from moei_toolkit.bench.subject import Size
    from moei_toolkit.bench.wider import wider_config
    from moei_toolkit.inference.run_loading import require_run
    from moei_toolkit.io.atomic import atomic_write_json, atomic_write_text
    from moei_toolkit.io.disk import make_folder
    from moei_toolkit.io.environment import versions
    from moei_toolkit.io.reporter import RichReporter

    plan, size = Plan(warm_ups=1, runs=args.runs, blocks=1), Size(*args.size)
    config, _ = require_run(args.run)
    model = model_in(args.run)
    make_folder(args.output)
    limit = float("inf") if args.allow_noise else MAX_NOISE
    pairs = pair_budgets(model, size, plan, RichReporter(), args.tolerance, args.width_option, limit)
    settings = {
        "image": str(size),
        "plan": asdict(plan),
        "tolerance": args.tolerance,
        "environment": versions(),
    }
    atomic_write_json(
        args.output / "budgets.json", {"schema": 1, **settings, "pairs": [asdict(pair) for pair in pairs]}
    )
    for width in {pair.width for pair in pairs if pair.width is not None}:
        text = wider_config(config, args.width_option, width)
        atomic_write_text(args.output / f"dense_{args.width_option}_{width}.py", text)
    rows = [
        [
            pair.rival,
            " and ".join(pair.budget) or "-",
            f"{pair.ratio.latency:.3f}" if pair.ratio.noise <= limit else "not compared",
            f"{pair.ratio.noise:.1%}",
            f"{pair.ratio.memory:.3f}",
            _VERDICTS[pair.equal],
        ]
        for pair in pairs
    ]
    header = ["rival", "budget", "latency", "noise", "memory", f"equal within {100 * args.tolerance:g}%"]
    print("Costs over those of MoE-I\n")
    print(format_table(header, rows))
    return 0


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
