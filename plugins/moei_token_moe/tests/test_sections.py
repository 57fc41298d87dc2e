"""The report tells what routing moves, of the models of a run that do, and of no others."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from moei_token_moe.expert import TokenMoE
from moei_token_moe.figures import figures
from moei_token_moe.plugin import moei_report_sections

from moei_toolkit.backbones.global_unet import GlobalUNet


@pytest.fixture(scope="module")
def models() -> dict[str, TokenMoE]:
    backbone = GlobalUNet(width=8, levels=1, blocks=1, descriptor_dim=16)
    return {
        "experts.rain": TokenMoE(backbone, top_blocks=2),
        "dense_equal": TokenMoE(backbone, "switch", top_blocks=1),
    }


def run_of(models: dict[str, TokenMoE], **others: dict[str, Any]) -> SimpleNamespace:
    worn = {where: {"type": "token_moe"} for where in models}
    config = {"inference": {"tile": 128}}
    return SimpleNamespace(config=config, worn={**others, **worn}, load=lambda where: models[where])


def test_every_model_that_routes_tokens_is_told_of(models):
    section = moei_report_sections(run_of(models, singles={"type": "full"}))
    assert section.title == "Dispatch of tokens"
    rows = [dict(zip(section.table.header, row, strict=True)) for row in section.table.rows]
    assert list(dict.fromkeys(row["model"] for row in rows)) == list(models)
    for where, expert in models.items():
        for image, size in {"3840x2160": (2160, 3840), "tile 128x128": (128, 128)}.items():
            mine = [row for row in rows if (row["model"], row["image"]) == (where, image)]
            assert [row["site"] for row in mine] == [*expert.mixtures, "all"]
            assert mine[-1]["MB"] == f"{expert.dispatch_bytes(*size) / 1e6:,.1f}"
    assert rows[0]["tokens"] == "32,400"


def test_other_runs_have_no_section():
    assert moei_report_sections(run_of({}, **{"experts.rain": {"type": "adapter"}})) is None


def test_the_figures_of_the_default_backbone():
    text = figures()
    assert "noisy_top_k: 100,824 parameters, 2.63% of 3,829,456" in text
    assert "32,400" in text
    assert "298.6" in text


def test_the_plugin_imports_no_torch():
    code = "import sys, moei_token_moe.plugin; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
