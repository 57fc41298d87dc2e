"""Train, calibrate and evaluate a mixture of experts; see --help."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from moei_toolkit.cli import INTERRUPTED, CommandParser, parse_options, parse_path, run_main

if TYPE_CHECKING:
    from moei_toolkit.config.schema import Config
    from moei_toolkit.engine.process_group import ProcessGroup
    from moei_toolkit.engine.torch_group import TorchProcessGroup

ABOUT = "Train, calibrate and evaluate a mixture of experts, stage by stage, and report on it."


def main(argv: Sequence[str]) -> int:
    """Run the stages of a config; a stage whose result is there already is reused."""
    parser = CommandParser(
        ABOUT,
        "examples:\n  tools/train.py configs/smoke.py --cfg-options router.beta=50\n"
        "  torchrun --nproc_per_node 2 tools/train.py configs/smoke.py\n"
        "stages, in order: data, dense, experts (or experts.NAME), utilities, router, calibrate, singles\n"
        "  (or singles.NAME), dense_equal, measure, evaluate, bench, studies, report",
    )
    parser.add_argument("config", help="config file, for instance configs/moei_rain_haze_snow.py")
    parser.add_argument(
        "--work-dir", type=parse_path, help="folder of the run, instead of the config's work_dir"
    )
    parser.add_argument("--from", dest="first", metavar="STAGE", help="run this stage and later ones again")
    parser.add_argument("--only", metavar="STAGE", help="run just this stage; its inputs must be there")
    parser.add_argument("--until", metavar="STAGE", help="stop after this stage")
    parser.add_argument("--dry-run", action="store_true", help="say what would run, and why")
    parser.add_argument("--print-config", action="store_true", help="print the complete config and exit")
    parser.add_config_options()
    args = parser.parse_args(argv)

    from moei_toolkit.engine.process_group import SingleProcess
    from moei_toolkit.engine.ranks import read_ranks

    ranks = read_ranks(os.environ)
    if ranks.size == 1:
        return _lead(args, SingleProcess())
    # torch would add pages of its own to what is said when a process fails.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    from moei_toolkit.engine.torch_group import joined_group

    with joined_group(ranks) as group:
        return _lead(args, group) if group.leads else _follow(args, group)


def _lead(args: Namespace, group: ProcessGroup) -> int:
    from moei_toolkit.config.loader import dump_config
    from moei_toolkit.io.reporter import RichReporter
    from moei_toolkit.pipeline.main import run_main_job
    from moei_toolkit.pipeline.summary import closing_summary

    config = _load(args)
    if args.print_config:
        print(dump_config(config), end="")
        return 0
    result = run_main_job(config, RichReporter(), args.first, args.only, args.until, args.dry_run, group)
    print(result if args.dry_run else closing_summary(config, result))
    return 0


def _follow(args: Namespace, group: TorchProcessGroup) -> int:
    """Join in, in silence: the leader tells what goes wrong, wherever that is."""
    from moei_toolkit.errors import MoeiError
    from moei_toolkit.pipeline.following import follow

    try:
        follow(group, lambda: _load(args))
    except MoeiError as error:
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _load(args: Namespace) -> Config:
    from moei_toolkit.config.loader import load_config

    work_dir = {"work_dir": str(args.work_dir)} if args.work_dir else {}
    return load_config(args.config, parse_options(args.cfg_options) | work_dir)


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
