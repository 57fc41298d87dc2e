"""Says which encoders of timm `timm_unet` takes, and why it refuses the others.

scripts/try_timm_encoders.py 'swin*' 'maxvit_*_256' resnet18
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import timm

from moei_toolkit.backbones.timm_encoder import TimmEncoder
from moei_toolkit.cli import run_main
from moei_toolkit.errors import ConfigError


def main(argv: Sequence[str]) -> int:
    """Try every encoder whose name fits a pattern."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "patterns", nargs="+", metavar="PATTERN", help="of names of encoders, such as 'swin*'"
    )
    names = [name for pattern in parser.parse_args(argv).patterns for name in fitting(pattern)]
    taken = 0
    for name in names:
        try:
            encoder = TimmEncoder(name)
        except ValueError as error:
            sys.stdout.write(f"refused: {error}\n")
            continue
        taken += 1
        levels = [encoder.stride << level for level in range(len(encoder.channels))]
        sys.stdout.write(f"taken: {name}, strides {levels}, padded to {encoder.size_multiple}\n")
    sys.stdout.write(f"{taken} of {len(names)} taken\n")
    return 0


def fitting(pattern: str) -> list[str]:
    """Return the names that fit a pattern."""
    names: list[str] = timm.list_models(pattern)
    if not names:
        raise ConfigError(f"timm has no encoder that fits {pattern!r}")
    return names


if __name__ == "__main__":
    run_main(main)
