"""Turn files as they were published into a checked, split data set; see --help."""

from __future__ import annotations

from collections.abc import Sequence

from moei_toolkit.cli import PARTIAL, CommandParser, parse_options, parse_path, run_main
from moei_toolkit.errors import ConfigError


def main(argv: Sequence[str]) -> int:
    """Prepare a data set; exit with 10 when files had to be left out."""
    parser = CommandParser(
        "Check, align, de-duplicate and split the images of a data set, and keep them so that a crop is read "
        "fast. Run it again after adding files: only what is new is touched.",
        "examples:\n"
        "  tools/prepare_data.py --layout uhd_rain --root /data/UHD-Rain --out data/uhd_rain\n"
        "  tools/prepare_data.py --layout clean_photos --root photos --out data/photos\n"
        "  tools/prepare_data.py configs/data/mixed.py --out data/mixed",
    )
    parser.add_argument(
        "config", nargs="?", help="config of the preparation, for instance configs/data/mixed.py"
    )
    parser.add_argument(
        "--layout", metavar="NAME", help="how the files lie; tools/plugins.py lists the names"
    )
    parser.add_argument(
        "--degradation", metavar="TASK", help="what the pairs of --layout pairs show, for instance rain"
    )
    parser.add_argument("--root", metavar="DIR", help="the folder that holds the data set")
    parser.add_argument(
        "--out", type=parse_path, metavar="DIR", help="the prepared set; made when it is missing"
    )
    parser.add_argument(
        "--storage", choices=("lmdb", "files"), help="copy pixels into one file, or leave them"
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="processes; one per core by default, 0 for this one alone"
    )
    parser.add_argument(
        "--verify",
        action="store_true",
        help="compare the checksums of all that is kept; mend what is damaged",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="list what is there; read no pixels, write nothing"
    )
    parser.add_argument("--print-config", action="store_true", help="print the complete config and exit")
    parser.add_config_options()
    args = parser.parse_args(argv)

    from moei_toolkit.config.loader import dump_config, load_preparation

    named = {"layout.type": args.layout, "layout.root": args.root, "storage": args.storage}
    named["layout.degradation"] = args.degradation
    given = {key: value for key, value in named.items() if value is not None}
    if args.workers is not None and args.workers < 0:
        raise ConfigError(f"--workers: expected 0 or more, got {args.workers}.")
    if not args.config and not args.layout:
        raise ConfigError("expected a config file or --layout NAME, got neither. See --help.")
    config = load_preparation(args.config, parse_options(args.cfg_options) | given)
    if args.print_config:
        print(dump_config(config), end="")
        return 0
    if args.out is None:
        raise ConfigError("expected --out DIR, the folder of the prepared set, got none.")

    from moei_toolkit.io.reporter import RichReporter
    from moei_toolkit.pipeline.preparing import describe_layout, describe_set, prepare_data

    if args.dry_run:
        print(describe_layout(config))
        return 0
    prepared = prepare_data(config, args.out, RichReporter(), args.workers, args.verify)
    print(describe_set(args.out, prepared))
    return PARTIAL if prepared.dropped else 0


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
