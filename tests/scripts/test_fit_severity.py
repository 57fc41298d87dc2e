"""What severity is measured on is what a run sees: eight bits per sample, whatever the photographs have."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import cv2
import numpy as np

SCRIPT = Path(__file__).parents[2] / "scripts" / "fit_severity.py"


def test_photographs_of_16_bits_are_reduced(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("fit_severity", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, script)
    spec.loader.exec_module(script)
    ramp = np.linspace(0, 65535, 48 * 64 * 3).reshape(48, 64, 3).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), ramp)
    (scene,) = script.photos_in(tmp_path)
    assert (scene.pixels.dtype, scene.pixels.max(), scene.depth.shape) == (np.uint8, 255, (48, 64))
