"""Pack a finished run into one file, or check such a file; see --help."""

from __future__ import annotations

from collections.abc import Sequence

from moei_toolkit.cli import CommandParser, parse_path, run_main

_EXAMPLES = """examples:
  tools/report.py --run work_dirs/mine                          writes work_dirs/mine/artifact.zip
  tools/report.py --verify artifact.zip
  tools/report.py --verify artifact.zip --against work_dirs/again

--verify finds files that were changed, added or removed, a config or a recipe that no longer fits, rows that
contradict each other or what was measured, and numbers that do not follow from the rows, also on the page.
It cannot find an edit of what nothing is derived from (weights, calibration temperature, histories, most of
the records, what plugins told, revisions and times, the environment, figures), nor measurements that were
invented with all that follows, once every hash up to SHA256SUMS was computed anew. So it ends with the
SHA-256 of SHA256SUMS: publish that number with an artifact, and compare it with the published one. That the
weights gave the rows only a second run shows, which --against compares: the median image must differ in PSNR
by less than 0.05 dB. It notes where the configs or seeds of the two differ, and which results are no
repetition but the same ones."""


def main(argv: Sequence[str]) -> int:
    """Pack or check; print what was written, or what holds."""
    parser = CommandParser(
        "Pack a finished run into one file that others can check and restore with.", _EXAMPLES
    )
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--run", type=parse_path, metavar="WORK_DIR", help="pack this finished run")
    task.add_argument("--verify", type=parse_path, metavar="ARTIFACT", help="check this file")
    parser.add_argument(
        "-o", "--output", type=parse_path, metavar="FILE", help="instead of WORK_DIR/artifact.zip"
    )
    parser.add_argument(
        "--against", type=parse_path, metavar="OTHER", help="another artifact, or the folder of a run"
    )
    args = parser.parse_args(argv)
    if args.output and args.verify:
        parser.error("-o goes with --run")
    if args.against and args.run:
        parser.error("--against goes with --verify")

    from moei_toolkit.artifact.layout import LEFT_OUT
    from moei_toolkit.artifact.packing import pack_run
    from moei_toolkit.artifact.verification import verify_artifact

    if args.verify:
        found = verify_artifact(args.verify, args.against)
        lines = [*(f"ok: {line}" for line in found.holds), *(f"note: {line}" for line in found.notes)]
        print("\n".join([*lines, f"SHA-256 of SHA256SUMS: {found.digest}"]))
        return 0
    target = args.output or args.run / "artifact.zip"
    pack_run(args.run, target)
    left_out = (f"left out: {what}, {why}" for what, why in LEFT_OUT.items())
    print("\n".join([f"{target}: {target.stat().st_size / 2**20:.1f} MiB", *left_out]))
    return 0


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
