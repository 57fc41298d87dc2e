"""Says which encoders of timm `timm_unet` takes, and why it refuses the others.

scripts/try_timm_encoders.py 'swin*' 'maxvit_*_256' resnet18
"""

from __future__ import annotations

import sys

import timm

from moei_toolkit.backbones.timm_encoder import TimmEncoder


def main() -> None:
    """Try every encoder whose name fits a pattern."""
    taken = tried = 0
    for pattern in sys.argv[1:]:
        for name in timm.list_models(pattern):
            tried += 1
            try:
                encoder = TimmEncoder(name)
            except ValueError as error:
                sys.stdout.write(f"refused: {error}\n")
                continue
            taken += 1
            levels = [encoder.stride << level for level in range(len(encoder.channels))]
            sys.stdout.write(f"taken: {name}, strides {levels}, padded to {encoder.size_multiple}\n")
    sys.stdout.write(f"{taken} of {tried} taken\n")


if __name__ == "__main__":
    main()
