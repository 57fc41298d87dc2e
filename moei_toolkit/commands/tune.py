"""Search: run many variants of a config on one store, and put side by side what comes out; see --help."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from moei_toolkit.cli import PARTIAL, CommandParser, parse_count, parse_options, parse_path, run_main

if TYPE_CHECKING:
    from moei_toolkit.tuning.planning.search import Search

_EXAMPLES = """examples:
  tools/tune.py configs/smoke.py --space ablations
  tools/tune.py configs/smoke.py --space grid --dry-run
  tools/tune.py configs/smoke.py --space mine.py --searcher random --samples 20 --scheduler asha
  tools/tune.py --resume --work-dir work_dirs/smoke_ablations

Variants share the store of the config (--store for another one): a stage is computed for the first of them
that needs it and then used again, so that to change beta, alpha or tau takes seconds. The same command goes
on where it was interrupted. Results are SPACE.html, .md, .csv, .json, a folder for TensorBoard, and best.py,
the config of the best variant. It ends with 10 when some variants failed; the results say which and why.

A space of your own is a Python file with variants, each changed on its own,
  variants = [dict(name="wide", factor="r", overrides={"experts.*.expert.reduction": 1 / 8})]
or with factors, which are combined (searcher grid) or sampled (random, optuna):
  factors = dict(beta=dict(paths=["router.beta"], low=5.0, high=200.0, log=True),
                 alpha=dict(paths=["router.alpha"], values=[0.0, 0.05, 0.1]))"""

_OF_A_SEARCH = ("space", "searcher", "scheduler", "samples", "metric", "seed", "store", "cfg-options")


def main(argv: Sequence[str]) -> int:
    """Plan, run and report a search."""
    parser = _parser()
    args = parser.parse_args(argv)
    named = [path for path in (args.config, args.positional) if path is not None]
    if len(named) > 1 or not (named or (args.resume and args.work_dir)):
        parser.error("expected one CONFIG, or --resume with --work-dir")
    ignored = [] if named else [name for name in _OF_A_SEARCH if _is_given(parser, args, name)]
    if ignored:
        parser.error(
            f"plan.json in --work-dir says what --resume goes on with: leave out --{', --'.join(ignored)}"
        )

    from moei_toolkit.config.loader import dump_config
    from moei_toolkit.io.reporter import RichReporter
    from moei_toolkit.tuning.main import Setting, plan_search, report_search, run_search
    from moei_toolkit.tuning.planning.search import read_search, require_same

    search = _new_search(args) if named else read_search(args.work_dir)
    work_dir = args.work_dir or _default_work_dir(search)
    if args.resume and named:
        require_same(search, read_search(work_dir), work_dir)
    if args.print_config:
        print(dump_config(search.config), end="")
        return 0
    plan = plan_search(search)
    print("\n".join(plan.lines(args.max_concurrent)), flush=True)
    if args.dry_run:
        return 0
    setting = Setting(work_dir, args.max_concurrent, args.address)
    outcome = run_search(search, plan, setting, RichReporter())
    written = report_search(search, outcome, work_dir, plan.store)
    failed = [f"failed    {name}: {reason}" for name, reason in written.failed.items()]
    files = [f"written   {path}" for path in written.files]
    print("\n".join(["", *outcome.economics.lines(), *failed, *files]))
    return PARTIAL if written.failed else 0


def _parser() -> CommandParser:
    parser = CommandParser(
        "Run many variants of a config on one store, and put side by side what comes out.", _EXAMPLES
    )
    parser.add_argument("positional", metavar="CONFIG", nargs="?", help="config file")
    parser.add_argument("--config", metavar="CONFIG", help="the same, by name")
    parser.add_argument(
        "--space", default="ablations", help="ablations, grid, one of a plugin, or a .py file"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the plan, and how long it may take")
    parser.add_argument("--print-config", action="store_true", help="print the complete config and exit")
    parser.add_argument(
        "--work-dir", type=parse_path, help="for the results; WORK_DIR_SPACE of the config by default"
    )
    parser.add_argument("--store", type=parse_path, help="folder of the stage store, instead of the config's")
    parser.add_argument("--resume", action="store_true", help="go on with the search planned in --work-dir")
    parser.add_argument(
        "--address", help="of a Ray cluster, instead of this machine alone; nodes share the folders"
    )
    parser.add_argument(
        "--max-concurrent", type=parse_count, default=1, metavar="N", help="batches at a time (default: 1)"
    )
    parser.add_argument(
        "--samples", type=parse_count, metavar="N", help="variants to choose, for random and optuna"
    )
    parser.add_argument("--searcher", choices=("grid", "random", "optuna"), default="grid")
    parser.add_argument("--scheduler", choices=("fifo", "asha"), default="fifo", help="asha gives up early")
    parser.add_argument(
        "--metric", default="macro_psnr", help="what the best is best in (default: macro_psnr)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the samples (default: 0)")
    parser.add_config_options()
    return parser


def _new_search(args: argparse.Namespace) -> Search:
    from moei_toolkit.config.loader import load_config
    from moei_toolkit.registration.plugins import is_strict, load_plugins
    from moei_toolkit.tuning.planning.catalogue import find_space
    from moei_toolkit.tuning.planning.search import make_search

    path = args.config or args.positional
    config = load_config(path, parse_options(args.cfg_options))
    store = Path(args.store or config.store_root).absolute()  # --resume may be said in another folder
    return make_search(
        "the command line",
        config=config.model_copy(update={"store": str(store)}),
        space=find_space(args.space, load_plugins(), is_strict()),
        searcher=args.searcher,
        scheduler=args.scheduler,
        samples=args.samples,
        metric=args.metric,
        seed=args.seed,
    )


def _is_given(parser: CommandParser, args: argparse.Namespace, option: str) -> bool:
    name = option.replace("-", "_")
    return bool(getattr(args, name) != parser.get_default(name))


def _default_work_dir(search: Search) -> Path:
    from moei_toolkit.report.markup import slug

    own = Path(search.config.work_dir)
    return own.with_name(f"{own.name}_{slug(search.space.name)}")


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
