"""The card says what the files and the results say."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from config_example import minimal

from moei_toolkit.artifact.model_card import card_text
from moei_toolkit.config.loader import validate_config
from moei_toolkit.io.hashing import sha256_file
from moei_toolkit.io.manifest import read_manifest


def test_it_names_what_every_stage_left(card, unpacked):
    for stage in (unpacked / "stages").iterdir():
        manifest = stage / "manifest.json"
        line = f"| {stage.name} | `{read_manifest(stage).fingerprint[:12]}` | `{sha256_file(manifest)}` |"
        assert line in card.splitlines()


@pytest.fixture
def card(unpacked):
    return (unpacked / "MODEL_CARD.md").read_text()


@pytest.mark.parametrize(
    "line",
    [
        "# Tiny",
        "| backbone | global_unet | 8,267 | all |",
        "| expert wet | adapter | 1,046 | rain |",
        "| train | 1 | 0 | 1 |",
        "| test | 5 | 0 | 2 |",
        "| macro | 16.00 | 21.00 | 21.25 | 24.50 |",
        "| O4 | Top-1 router with utility distillation | fail |",
        "- Measured on 4 degraded test images of 2 scenes, and on no others.",
        "- On 1 of the 4 images the result is below that of the backbone alone, at worst by 6.00 dB.",
        "- Photographs without weather came back at 37.0 dB or more.",
        "- O4 failed, agreement with the oracle: 75.0%, expected >= 85.0%.",
        "python tools/restore.py PHOTO --run model -o restored/",
    ],
)
def test_what_it_says(card, line):
    assert line in card.splitlines()


def test_its_parts(card):
    titles = [line for line in card.splitlines() if line.startswith("## ")]
    parts = (
        "Use",
        "Parts",
        "Data",
        "Results",
        "Objectives",
        "Limits",
        "Origin",
        "Licence",
        "Check",
        "Left out",
    )
    assert titles == [f"## {part}" for part in parts]
    assert "Scenes that are in more than one split: 0." in card
    assert "where its confidence is below 0.58, the backbone works alone" in card


def test_a_guide_is_told():
    config = validate_config(minimal(inference={"guides": {"any": 160}}), "test")
    card = card_text(config, SimpleNamespace(facts=SimpleNamespace(threshold=0.0)), {})  # type: ignore[arg-type]
    assert "its choice always counts. On some routes the whole photograph is restored at a small size" in card
    assert "how bright they are: any (at 160 pixels)." in card
