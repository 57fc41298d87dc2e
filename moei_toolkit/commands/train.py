"""Train, calibrate and evaluate a mixture of experts; see --help."""

from __future__ import annotations

from collections.abc import Sequence

from moei_toolkit.cli import CommandParser, parse_options, run_main

CHAIN = "Run data -> dense -> experts -> utilities -> router -> calibrate -> evaluate -> report."


def main(argv: Sequence[str]) -> int:
    """Run the stages of a config; a stage whose result is there already is reused."""
    parser = CommandParser(CHAIN, "example:\n  tools/train.py configs/smoke.py --cfg-options router.beta=50")
    parser.add_argument("config", help="config file, for instance configs/moei_rain_haze_snow.py")
    parser.add_argument("--work-dir", help="folder of the run, instead of the config's work_dir")
    parser.add_argument("--from", dest="first", metavar="STAGE", help="run this stage and later ones again")
    parser.add_argument("--only", metavar="STAGE", help="run just this stage; its inputs must be there")
    parser.add_argument("--until", metavar="STAGE", help="stop after this stage")
    parser.add_argument("--dry-run", action="store_true", help="say what would run, and why")
    parser.add_argument("--print-config", action="store_true", help="print the complete config and exit")
    parser.add_config_options()
    args = parser.parse_args(argv)

    from moei_toolkit.config.loader import dump_config, load_config
    from moei_toolkit.io.reporter import RichReporter
    from moei_toolkit.pipeline.main import closing_summary, run_main_job

    work_dir = {"work_dir": args.work_dir} if args.work_dir else {}
    config = load_config(args.config, parse_options(args.cfg_options) | work_dir)
    if args.print_config:
        print(dump_config(config), end="")
        return 0
    result = run_main_job(config, RichReporter(), args.first, args.only, args.until, args.dry_run)
    print(result if args.dry_run else closing_summary(config, result))
    return 0


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
