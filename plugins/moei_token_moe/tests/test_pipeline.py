"""The smoke test with token routing for rain: trained, reported with its dispatch, and counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from moei_token_moe.expert import TokenMoE

from moei_toolkit.commands.cost import main as cost
from moei_toolkit.config.loader import validate_config
from moei_toolkit.config.python_file import read_python_file
from moei_toolkit.config.schema import Config
from moei_toolkit.inference.loading.run import load_run
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.pipeline.main import run_main_job
from moei_toolkit.testing.modules import count_parameters

pytestmark = pytest.mark.long

SMOKE = Path(__file__).parents[3] / "configs" / "smoke.py"
TRAINED = ("rain", "haze")


def make_config(work_dir: Path) -> Config:
    """The smoke test with two experts and no rivals, and even less of everything."""
    raw = read_python_file(SMOKE)
    raw["work_dir"] = str(work_dir)
    raw["data"]["layout"] |= {"size": 64, "longest_side": 64}
    raw["backbone"] = {"type": "global_unet", "width": 8}
    raw["tasks"] = {name: raw["tasks"][name] for name in TRAINED}
    raw["experts"] = {name: raw["experts"][name] for name in TRAINED}
    raw["experts"]["rain"]["expert"] = {"type": "token_moe", "k": 2}
    raw["dense"]["training"]["mix"] = {"rain": 1.0, "haze": 1.0}
    for section in (raw["dense"], *raw["experts"].values()):
        section["training"] |= {"iterations": 2, "crop_size": 32, "validate_every": 2}
    del raw["singles"], raw["dense_equal"]
    return validate_config(raw, "test")


@pytest.fixture(scope="module")
def work_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    run_main_job(make_config(folder), SilentReporter())
    return folder


def test_it_is_trained(work_dir):
    runtime, _ = load_run(work_dir)
    expert = runtime.experts["rain"]
    assert isinstance(expert, TokenMoE)
    assert all(bool(mixture.experts.expand.any()) for mixture in expert.mixtures.values())
    assert all(bool(mixture.gate.spread.weight.any()) for mixture in expert.mixtures.values())


def test_its_report_tells_of_the_dispatch(work_dir):
    runtime, _ = load_run(work_dir)
    moved = f"{runtime.experts['rain'].dispatch_bytes(2160, 3840) / 1e6:,.1f}"
    page, text = ((work_dir / "report" / name).read_text() for name in ("report.html", "report.md"))
    for told in (page, text):
        assert "Dispatch of tokens" in told
        assert "Added by moei_token_moe 0.1.0." in told
    assert f"| experts.rain | 3840x2160 | all |  |  |  |  | {moved} |" in text
    assert "experts.haze | 3840x2160" not in text


def test_it_is_in_the_table_of_costs(work_dir, tmp_path, capsys):
    runtime, _ = load_run(work_dir)
    assert cost(["--run", str(work_dir), "--size", "200x150", "--json", str(tmp_path / "cost.json")]) == 0
    routes = {route["route"]: route for route in json.loads((tmp_path / "cost.json").read_text())["routes"]}
    rain = routes["rain"]
    assert rain["parameters"] == count_parameters(runtime.experts["rain"])
    assert rain["gflops"] > routes["dense"]["gflops"]
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("rain"))
    assert f"{rain['parameters']:,}" in line
    assert f"{rain['gflops']:.1f}" in line
