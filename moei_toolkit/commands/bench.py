"""Measure what restoring costs with a model; see --help."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from moei_toolkit.cli import CommandParser, parse_count, parse_path, parse_size, run_main
from moei_toolkit.commands.cost_tables import costs_table, drift_line, ratio_line
from moei_toolkit.commands.model_options import add_model_options, chosen_model
from moei_toolkit.inference.runtimes.names import OF_BUNDLES, RUNTIMES
from moei_toolkit.types import PRECISIONS

if TYPE_CHECKING:
    from moei_toolkit.bench.measuring.race import Plan
    from moei_toolkit.bench.measuring.subject import Subject


def main(argv: Sequence[str]) -> int:
    """Print a table of costs, and how each subject compares with the first."""
    parser = _parser()
    args = parser.parse_args(argv)

    from moei_toolkit.bench.cost import MAX_DRIFT, MAX_NOISE, compare, costs_of
    from moei_toolkit.bench.measuring.models import model_in, require_bundle_of
    from moei_toolkit.bench.measuring.race import measure
    from moei_toolkit.bench.measuring.subject import Size
    from moei_toolkit.bench.record import write_costs
    from moei_toolkit.inference.loading.trained import parts_in
    from moei_toolkit.io.disk import make_folder
    from moei_toolkit.io.reporter import RichReporter

    subjects, plan, size = _subjects(args), _plan(args), Size(*args.size)
    path = chosen_model(args)
    parts = parts_in(path)
    for policy in args.policies:
        parts.require_policy(policy)
    if args.bundle is not None:
        require_bundle_of(parts, path, args.bundle)
    if args.dry_run:
        print(f"{plan.blocks} x ({plan.warm_ups} + {plan.runs}) runs at {size} of each of:")
        print("\n".join(f"  {subject.name}" for subject in subjects))
        return 0
    if args.output is not None:
        make_folder(args.output)
    log = RichReporter()
    with ExitStack() as stack:
        bundle = args.bundle
        if bundle is None and any(subject.runtime in OF_BUNDLES for subject in subjects):
            from moei_toolkit.inference.export.writing import export_bundle

            bundle = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "bundle"
            log.info("exporting the model")
            export_bundle(path, bundle)
        found = measure(model_in(path, bundle), subjects, size, plan, log)
    costs = costs_of(found)
    ratios = [compare(found, subject.name, subjects[0].name) for subject in subjects[1:]]
    print(costs_table(costs))
    quick = " (quick: fewer runs than the protocol asks for)" if plan.is_quick else ""
    print(f"\n{size}, {plan.blocks} x {plan.runs} runs{quick}")
    print(drift_line(costs, MAX_DRIFT))
    limit = float("inf") if args.allow_noise else MAX_NOISE
    for ratio in ratios:
        print(ratio_line(ratio, limit))
    if args.output is not None:
        write_costs(args.output, found, costs, ratios, parts.architecture.inference.model_dump())
    for ratio in ratios:
        ratio.require_quiet(limit)
    return 0


def _parser() -> CommandParser:
    parser = CommandParser(
        "Measure latency, ms/MP, peak memory and throughput of restoring with a model. Every subject "
        "has a process of its own; they run in turn.",
        "examples:\n  tools/bench.py --quick    # the model of the toolkit, on this machine\n"
        "  tools/bench.py --run work_dirs/mine --runtimes eager openvino --usual -o work_dirs/mine_costs",
    )
    add_model_options(parser)
    parser.add_argument(
        "--policies",
        nargs="+",
        default=["dense", "actual"],
        metavar="NAME",
        help="dense, actual (MoE-I), top2, expert.NAME, of a run dense-equal, single.NAME too (default: "
        "dense actual)",
    )
    parser.add_argument(
        "--runtimes",
        nargs="+",
        choices=RUNTIMES,
        default=["eager"],
        metavar="NAME",
        help=f"{', '.join(RUNTIMES)} (default: eager)",
    )
    parser.add_argument(
        "--precisions",
        nargs="+",
        choices=PRECISIONS,
        metavar="NAME",
        help="what tiles are computed in: float32, bfloat16, float16 (default: that of the model)",
    )
    parser.add_argument("--usual", action="store_true", help="also the tiler that most repositories ship")
    parser.add_argument("--size", type=parse_size, default=(3840, 2160), metavar="WxH", help="of the image")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="1 warm-up and 5 runs, not 30 and 100: minutes, not half an hour; marked so",
    )
    parser.add_argument("--warm-ups", type=int, metavar="N", help="of each subject, in every block")
    parser.add_argument("--runs", type=parse_count, metavar="N", help="timed, in every block")
    parser.add_argument("--blocks", type=parse_count, metavar="N", help="measure all anew so often (3)")
    parser.add_argument("--threads", type=parse_count, metavar="N", help="processor threads (all)")
    parser.add_argument("--batch", type=parse_count, default=1, metavar="N", help="most tiles per call (1)")
    parser.add_argument("--experts", type=parse_count, metavar="N", help="so many in memory (its own)")
    parser.add_argument("--device", default="cpu", help="cpu (default), cuda, cuda:1, ...")
    parser.add_argument(
        "--bundle", type=parse_path, help="an exported bundle for onnx and openvino, not a new one"
    )
    parser.add_argument(
        "--allow-noise", action="store_true", help="compare also where ratios spread by over 5%%"
    )
    parser.add_argument(
        "-o", "--output", type=parse_path, help="folder for cost.json, runs.jsonl and costs.csv"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be measured")
    return parser


def _subjects(args: argparse.Namespace) -> list[Subject]:
    from moei_toolkit.bench.measuring.subject import Subject, require_different_names

    several = len(args.runtimes) > 1 or args.usual
    subjects = [
        Subject(
            _name(policy, *([runtime] if several else []), *([precision] if args.precisions else [])),
            policy,
            runtime,
            device=args.device,
            threads=args.threads,
            batch=args.batch,
            experts=args.experts,
            precision=precision,
        )
        for runtime in args.runtimes
        for precision in args.precisions or [None]
        for policy in args.policies
    ]
    if args.usual:
        subjects.append(
            Subject("dense (usual tiler)", tiling="whole", device=args.device, threads=args.threads)
        )
    require_different_names(subjects)
    return subjects


def _name(policy: str, *details: str) -> str:
    return f"{policy} ({', '.join(details)})" if details else policy


def _plan(args: argparse.Namespace) -> Plan:
    from moei_toolkit.bench.measuring.race import QUICK, Plan

    plan = QUICK if args.quick else Plan()
    given = {"warm_ups": args.warm_ups, "runs": args.runs, "blocks": args.blocks}
    return Plan(**{name: getattr(plan, name) if value is None else value for name, value in given.items()})


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
