"""Export a trained run or model; see --help."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from moei_toolkit.cli import CommandParser, parse_path, run_main
from moei_toolkit.commands.model_options import add_model_options, chosen_model

if TYPE_CHECKING:
    from moei_toolkit.config.model import DType


def main(argv: Sequence[str]) -> int:
    """Write a bundle and print how close it is to the networks, or a trained model."""
    parser = CommandParser(
        "Write a model as a folder of ONNX graphs that restores without PyTorch, or a finished run as a\n"
        "trained model in the layout of model hubs: model.safetensors, config.json, and README.md, its card.",
        "example:\n  tools/export.py -o tiny.bundle    # the model of the toolkit, as graphs\n"
        "  tools/restore.py photo.jpg --run tiny.bundle --runtime openvino -o restored/\n"
        "  tools/export.py --run work_dirs/mine -o mine.model --format weights\n"
        "  tools/restore.py photo.jpg --run mine.model",
    )
    add_model_options(parser)
    parser.add_argument("-o", "--output", type=parse_path, required=True, help="an empty or new folder")
    parser.add_argument(
        "--format", choices=("onnx", "weights"), default="onnx", help="graphs (default), or a trained model"
    )
    parser.add_argument(
        "--dtype",
        choices=("float32", "float16"),
        help="of a trained model: float32 (default), or float16 for half the size",
    )
    parser.add_argument(
        "--license", metavar="ID", help="of a trained model, as hubs abbreviate it: apache-2.0, ... (other)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what an earlier export has written")
    parser.add_argument("--dry-run", action="store_true", help="say which files would be written")
    args = parser.parse_args(argv)
    for option in ("dtype", "license"):
        if getattr(args, option) is not None and args.format != "weights":
            parser.error(f"--{option} goes with --format weights")
    rest = args.output, args.overwrite, args.dry_run
    if args.format == "onnx":
        lines = _graphs(chosen_model(args), *rest)
    elif args.run is None:
        parser.error("--format weights goes with --run, a finished run")
    else:
        lines = _model(args.run, *rest, args.dtype or "float32", args.license)
    print("\n".join(lines))
    return 0


def _graphs(model: Path, output: Path, overwrite: bool, dry_run: bool) -> list[str]:
    from moei_toolkit.inference.export.writing import export_bundle, planned_files
    from moei_toolkit.io.reporter import RichReporter

    if dry_run:
        return [*map(str, planned_files(model, output, overwrite))]
    differences = export_bundle(model, output, overwrite, RichReporter().info)
    lines = (f"{name}: within {value:.1g} of the network" for name, value in differences.items())
    return [*lines, f"bundle   {output}"]


def _model(
    run: Path, output: Path, overwrite: bool, dry_run: bool, dtype: DType, licence: str | None
) -> list[str]:
    from moei_toolkit.artifact.publishing import UNSTATED, planned_model, publish_run

    if dry_run:
        return [*map(str, planned_model(run, output, overwrite))]
    model, difference = publish_run(run, output, overwrite, dtype, licence or UNSTATED)
    size = f"{model.weights.parameters:,} numbers in {model.weights.bytes / 1e6:.1f} MB"
    return [f"weights  {size}, pictures within {difference:.1g} of the run's", f"model    {output}"]


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
