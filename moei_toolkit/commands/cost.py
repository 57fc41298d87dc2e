"""Count operations and parameters of a model; see --help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from moei_toolkit.cli import CommandParser, format_table, parse_path, parse_size, run_main
from moei_toolkit.commands.model_options import add_model_options, chosen_model


def main(argv: Sequence[str]) -> int:
    """Print what each route takes, and what was not counted."""
    parser = CommandParser("Count the operations and parameters of every route of a model.")
    add_model_options(parser)
    parser.add_argument("--size", type=parse_size, default=(3840, 2160), metavar="WxH", help="of the image")
    parser.add_argument(
        "--latency",
        type=parse_path,
        metavar="COST_JSON",
        help="what tools/bench.py left: adds what was measured",
    )
    parser.add_argument("--json", type=parse_path, metavar="FILE", help="also write everything to this file")
    args = parser.parse_args(argv)

    from moei_toolkit.bench.counts import count_costs_in
    from moei_toolkit.bench.measuring.subject import Size
    from moei_toolkit.bench.record import read_latencies
    from moei_toolkit.io.atomic import atomic_write_json

    counts = count_costs_in(chosen_model(args), Size(*args.size))
    measured = read_latencies(args.latency, counts.size) if args.latency else {}
    if args.json is not None:
        atomic_write_json(args.json, asdict(counts))
    rows = [
        [
            route.route,
            f"{route.tile_gflops:.2f}",
            f"{route.gflops:.1f}",
            f"{route.parameters:,}",
            f"{route.share:.2%}",
            f"{route.active:,}",
            *([f"{measured[route.route]:.0f}" if route.route in measured else "-"] if measured else []),
        ]
        for route in counts.routes
    ]
    header = ["route", "GFLOPs/tile", "GFLOPs/image", "own parameters", "share", "active"]
    print(format_table([*header, *(["latency ms"] if measured else [])], rows))
    print(f"\n{counts.size}: tiles: {counts.tiles}; described once: {counts.describe_gflops:.2f} GFLOPs.")
    print(f"Unit: {counts.unit}.")
    print(f"Parameters: backbone {counts.backbone:,}, router {counts.router:,}, all {counts.total:,}.")
    missing = ", ".join(f"{name} x{calls}" for name, calls in counts.not_counted.items())
    print(f"Not counted (operator x calls per tile): {missing}.")
    return 0


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
