"""Export a trained run; see --help."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from moei_toolkit.cli import CommandParser, run_main


def main(argv: Sequence[str]) -> int:
    """Write a bundle and print how close it is to the run."""
    parser = CommandParser(
        "Write a finished run as a folder of ONNX graphs that restores without PyTorch.",
        "example:\n  tools/export.py --run work_dirs/mine -o mine.bundle\n"
        "  tools/restore.py photo.jpg --run mine.bundle --runtime openvino -o restored/",
    )
    parser.add_run()
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="BUNDLE", help="an empty or new folder"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a bundle that is there")
    parser.add_argument("--dry-run", action="store_true", help="say which files would be written")
    args = parser.parse_args(argv)

    from moei_toolkit.inference.export.writing import export_run, planned_files
    from moei_toolkit.io.reporter import RichReporter

    if args.dry_run:
        print("\n".join(map(str, planned_files(args.run, args.output, args.overwrite))))
        return 0
    differences = export_run(args.run, args.output, args.overwrite, RichReporter().info)
    lines = (f"{name}.onnx: within {value:.1g} of the run" for name, value in differences.items())
    print("\n".join([*lines, f"bundle   {args.output}"]))
    return 0


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
