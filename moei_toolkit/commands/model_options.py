"""The options of commands that work with a run or a trained model."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from moei_toolkit.cli import CommandParser, parse_path
from moei_toolkit.inference.pretrained.shipped import DEFAULT, shipped_model


def add_model_options(parser: CommandParser, run: str = "a finished run, or a trained model") -> None:
    """Add ``--run`` and ``--model``, of which one may be given; see `chosen_model`.

    Args:
        parser: Of the command.
        run: What ``--run`` may name.
    """
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--run", type=parse_path, metavar="PATH", help=run)
    what.add_argument("--model", metavar="NAME", help=f"a model of the toolkit ({DEFAULT}, the default)")


def chosen_model(args: Namespace) -> Path:
    """Return the folder that the options name.

    Raises:
        ConfigError: The toolkit has no such model.
        WeightsMissingError: This installation came without it.
    """
    return args.run or shipped_model(DEFAULT if args.model is None else args.model)
