"""Experts of different kinds in one run, from data to report: trained, routed, judged and counted."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from moei_toolkit.commands.cost import main as cost
from moei_toolkit.config.loader import validate_config
from moei_toolkit.config.python_file import read_python_file
from moei_toolkit.config.schema import Config
from moei_toolkit.evaluation.rows import Row, read_rows
from moei_toolkit.experts.dense import Dense
from moei_toolkit.inference.loading.run import load_run
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.pipeline.main import run_main_job
from moei_toolkit.registry import EXPERTS
from moei_toolkit.testing.modules import count_parameters
from moei_toolkit.types import DENSE

pytestmark = pytest.mark.slow

SMOKE = Path(__file__).parents[2] / "configs" / "smoke.py"
OWN = ("adapter", "lora", "full")
PACKAGES = ("adaptir", "complexity_experts", "condconv", "sandstorm", "token_moe")
TINY = {"iterations": 2, "crop_size": 32, "validate_every": 2, "images_per_batch": 2}


def make_config(kinds: Sequence[str], work_dir: Path) -> Config:
    """The smoke test with one expert of each kind, each for a weather, and even less of everything."""
    raw = read_python_file(SMOKE)
    weathers = list(raw["experts"])
    given = [raw["experts"][weathers[number % len(weathers)]] for number in range(len(kinds))]
    raw["experts"] = {
        kind: {**one, "expert": {"type": kind}, "training": {**one["training"], **TINY}}
        for kind, one in zip(kinds, given, strict=True)
    }
    raw["dense"]["training"] |= TINY
    raw["data"]["layout"] |= {"size": 64, "longest_side": 64}
    raw["backbone"] = {"type": "global_unet", "width": 8}
    raw["evaluate"]["metrics"] = [{"type": "psnr"}]
    raw["work_dir"] = str(work_dir)
    del raw["singles"], raw["dense_equal"]
    return validate_config(raw, "test")


@dataclass(frozen=True)
class Done:
    """A finished run and its rows."""

    config: Config
    work_dir: Path
    rows: list[Row]


@pytest.fixture(
    scope="module", params=[OWN, pytest.param(PACKAGES, marks=pytest.mark.long)], ids=["own", "packages"]
)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Done:
    work_dir = tmp_path_factory.mktemp("kinds")
    config = make_config(request.param, work_dir)
    run_main_job(config, SilentReporter())
    return Done(config, work_dir, read_rows(work_dir / "evaluate" / "per_image.jsonl"))


def test_each_has_changed(done: Done):
    runtime, _ = load_run(done.work_dir)
    x = torch.rand((1, 3, 24, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        dense = runtime.backbone(x, Dense())
        for kind, section in done.config.experts.items():
            fresh = EXPERTS.build(section.expert.as_dict(), backbone=runtime.backbone).eval()
            assert torch.equal(runtime.backbone(x, fresh), dense)
            assert not torch.equal(runtime.backbone(x, runtime.experts[kind]), dense)


def test_each_is_judged_on_every_image_and_may_be_chosen(done: Done):
    kinds, images = set(done.config.experts), {row.id for row in done.rows}
    for kind in kinds:
        assert {row.id for row in done.rows if row.policy == f"expert.{kind}"} == images
    routed = [row for row in done.rows if row.policy == "actual"]
    assert {row.id for row in routed} == images
    assert all({*row.probabilities} == kinds for row in routed)
    assert {row.route for row in done.rows if row.policy in ("actual", "oracle")} <= {*kinds, DENSE}


def test_the_report_tells_what_each_costs(done: Done):
    runtime, _ = load_run(done.work_dir)
    report = done.work_dir / "report"
    with (report / "per_policy.csv").open(encoding="utf-8", newline="") as file:
        spent = {row["policy"]: float(row["gflops"]) for row in csv.DictReader(file)}
    shares = json.loads((report / "facts.json").read_text(encoding="utf-8"))["expert_shares"]
    text, size = (report / "report.md").read_text(encoding="utf-8"), count_parameters(runtime.backbone)
    assert list(shares) == list(done.config.experts)
    for kind, share in shares.items():
        assert share == pytest.approx(count_parameters(runtime.experts[kind]) / size)
        assert f"| parameters of expert {kind} | {verdict(share)} | {share:.1%} |" in text
        assert spent[f"expert.{kind}"] >= spent[DENSE] > 0


def verdict(share: float) -> str:
    """Of the objective that experts are light."""
    return "pass" if share <= 0.03 else "fail"


def test_parameters_operations_and_latency_of_each_are_in_the_table_of_costs(
    done: Done, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    runtime, _ = load_run(done.work_dir)
    found, timed = tmp_path / "cost.json", tmp_path / "timed.json"
    subjects = [{"name": kind, "policy": f"expert.{kind}"} for kind in done.config.experts]
    costs = [
        {"subject": kind, "latency_ms": {"median": 700.0 + number}}
        for number, kind in enumerate(done.config.experts)
    ]
    image = {"width": 100, "height": 70}
    timed.write_text(
        json.dumps({"schema": 1, "image": image, "subjects": subjects, "costs": costs}), encoding="utf-8"
    )
    options = ["--size", "100x70", "--json", str(found), "--latency", str(timed)]
    assert cost(["--run", str(done.work_dir), *options]) == 0
    lines = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines() if line.strip()}
    for number, kind in enumerate(done.config.experts):
        assert lines[kind][-1] == str(700 + number)
        assert f"{count_parameters(runtime.experts[kind]):,}" in lines[kind]
    routes = {route["route"]: route for route in json.loads(found.read_text(encoding="utf-8"))["routes"]}
    for kind in done.config.experts:
        assert routes[kind]["parameters"] == count_parameters(runtime.experts[kind]) > 0
        assert routes[kind]["gflops"] >= routes[DENSE]["gflops"] > 0
