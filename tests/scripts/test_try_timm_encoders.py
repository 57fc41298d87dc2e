"""Encoders are tried by patterns, and a call that tries none says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "try_timm_encoders.py"


def call(*patterns: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *patterns], capture_output=True, text=True)


def test_what_is_taken_and_what_is_refused_is_told():
    done = call("test_resne?", "vit_tiny_patch16_224")
    assert done.returncode == 0, done.stderr
    taken, refused, count = done.stdout.splitlines()
    assert taken == "taken: test_resnet, strides [2, 4, 8, 16, 32], padded to 64"
    assert refused.startswith("refused: encoder 'vit_tiny_patch16_224' gives no pyramid")
    assert count == "1 of 2 taken"


def test_a_pattern_that_fits_nothing_is_refused():
    done = call("test_resnet", "resnet81")
    assert (done.returncode, done.stdout) == (2, "")
    assert "timm has no encoder that fits 'resnet81'" in done.stderr


def test_no_pattern_is_no_call():
    done = call()
    assert done.returncode == 2
    assert "the following arguments are required: PATTERN" in done.stderr
