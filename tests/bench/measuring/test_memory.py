"""The peak of a process is its largest size so far."""

from __future__ import annotations

import subprocess
import sys

from moei_toolkit.bench.measuring.memory import device_peak

TAKEN = 2**27
SCRIPT = f"""
import numpy as np
from moei_toolkit.bench.measuring.memory import process_peak

peaks = [process_peak()]
block = np.ones({TAKEN}, np.uint8)
peaks.append(process_peak())
del block
peaks.append(process_peak())
print(*peaks)
"""


def test_the_peak_grows_with_what_is_taken_and_never_shrinks():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    before, grown, after = map(int, done.stdout.split())
    assert 0.9 * TAKEN <= grown - before <= 1.3 * TAKEN
    assert after >= 0.99 * grown  # the kernel rounds


def test_a_processor_has_no_memory_of_a_device():
    assert device_peak("cpu") is None
