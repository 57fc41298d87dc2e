"""A router that can learn is taught; one that cannot passes through, and is used all the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fake_pipeline import Lines, make_config

from moei_toolkit.config.schema import Config
from moei_toolkit.errors import DataError
from moei_toolkit.inference.loading.run import CALIBRATION_FILE, ROUTER_FILE, RunParts, load_router
from moei_toolkit.io.json_lines import write_json_lines
from moei_toolkit.io.weights import load_weights
from moei_toolkit.losses.routing import utility_targets
from moei_toolkit.pipeline.measuring.utility_cache import Familiar, UtilityCache, save_cache, save_familiar
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.pipeline.stages import calibrate, router

NAMES, WIDTH, IMAGES = ("first", "second", "third"), 8, 24


def make_cache(split: str, seed: int) -> UtilityCache:
    generator = torch.Generator().manual_seed(seed)
    error = torch.rand(IMAGES, len(NAMES) + 1, generator=generator, dtype=torch.float64)
    return UtilityCache(
        ids=[f"{split}-{number}" for number in range(IMAGES)],
        scenes=[f"{split}-{number // 2}" for number in range(IMAGES)],
        degradations=["dust"] * IMAGES,
        routes=[*NAMES, "dense"],
        g=torch.randn(IMAGES, WIDTH, generator=generator),
        error=error,
        psnr=-20 * torch.log10(error),
    )


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("utilities")
    for seed, split in enumerate(("route", "calibrate")):
        save_cache(folder, split, make_cache(split, seed))
    return folder


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What each router is told; of what is known by name, the split "route" is not."""
    folder, cache = tmp_path_factory.mktemp("answers"), make_cache("calibrate", 1)
    best = [NAMES[column] for column in cache.error[:, :-1].argmin(1).tolist()]
    (folder / "routes.json").write_text(json.dumps(dict(zip(cache.ids, best, strict=True))))
    rows = [
        {"id": image, "policy": f"expert.{name}", "error": error}
        for image, errors in zip(cache.ids, cache.error.tolist(), strict=True)
        for name, error in zip(NAMES, errors, strict=False)
    ]
    write_json_lines(folder / "per_image.jsonl", rows)
    return {
        "mlp": {"hidden": 4},
        "linear": {},
        "fixed": {"expert": "second"},
        "random": {},
        "external": {"file": str(folder / "routes.json")},
        "oracle": {"rows": [str(folder / "per_image.jsonl")]},
    }


def run_both(
    caches: Path, folder: Path, **component: Any
) -> tuple[Config, dict[str, Path], dict[str, Any], list[str]]:
    """Run the stages router and calibrate; return the config, their folders, and what is written."""
    base = make_config(folder).model_dump()
    config = make_config(
        folder,
        experts=dict.fromkeys(NAMES, base["experts"]["any"]),
        router={**base["router"], "router": component, "iterations": 3, "batch_size": 4},
        calibrate={"calibrator": {"type": "temperature"}},
    )
    folders, said = {"utilities": caches}, Lines()
    for name, stage in (("router", router), ("calibrate", calibrate)):
        (folder / name).mkdir(parents=True)
        stage.run(StageContext(folder / name, folders, config, 0, said))
        folders = {**folders, name: folder / name}
    _, info = load_weights(folder / "router" / ROUTER_FILE)
    return config, folders, info, said.lines


@pytest.mark.parametrize("name", ["mlp", "linear"])
def test_a_router_with_parameters_is_taught(caches, tmp_path, options, name):
    _, folders, info, _ = run_both(caches, tmp_path, type=name, **options[name])
    assert info["loss"] > 0
    assert load_weights(folders["router"] / ROUTER_FILE)[0]


@pytest.mark.parametrize("name", ["fixed", "random", "external", "oracle"])
def test_a_router_without_parameters_is_not_and_decides_all_the_same(caches, tmp_path, options, name):
    component = {"type": name, **options[name]}
    config, folders, info, _ = run_both(caches, tmp_path, **component)
    assert info["loss"] is None
    assert info["component"] == component
    assert load_weights(folders["router"] / ROUTER_FILE)[0] == {}
    decider, cache = RunParts(config, folders).decider(WIDTH), make_cache("calibrate", 1)
    decisions = [decider.decide(g[None].numpy(), image) for g, image in zip(cache.g, cache.ids, strict=True)]
    best = [NAMES[column] for column in cache.error[:, :-1].argmin(1).tolist()]
    chosen = [decision.expert for decision in decisions]
    if name in ("external", "oracle"):
        assert chosen == best
    elif name == "fixed":
        assert set(chosen) == {"second"}
    else:
        assert set(chosen) == set(NAMES)


@pytest.mark.parametrize("name", ["mlp", "linear", "fixed", "random", "external", "oracle"])
def test_a_second_run_gives_the_same_bytes(caches, tmp_path, options, name):
    files = []
    for attempt in ("a", "b"):
        _, folders, _, _ = run_both(caches, tmp_path / attempt, type=name, **options[name])
        files.append([folders["router"] / ROUTER_FILE, folders["calibrate"] / CALIBRATION_FILE])
    first, second = ([path.read_bytes() for path in paths] for paths in files)
    assert first == second


def test_the_confidence_of_one_expert_is_how_often_it_is_best(caches, tmp_path, options):
    config, folders, _, _ = run_both(caches, tmp_path, type="fixed", expert="first")
    cache = make_cache("calibrate", 1)
    fitting = [scene in sorted(set(cache.scenes))[::2] for scene in cache.scenes]
    share = (cache.error[:, :-1].argmin(1) == 0)[fitting].double().mean().item()
    decision = RunParts(config, folders).decider(WIDTH).decide(cache.g[:1].numpy())
    assert share > 1 / 3  # below it the temperature ends at its bound
    assert decision.probabilities["first"] == pytest.approx(share, abs=1e-6)


def test_familiar_images_are_answered_what_their_weather_is(tmp_path):
    """Here rain lies where no routing image does, and only what is familiar tells where."""
    cache = make_cache("route", 0)
    weather = ["rain", "haze"] * (IMAGES // 2)
    error = torch.ones(IMAGES, len(NAMES) + 1, dtype=torch.float64)
    error[::2, 0], error[1::2, 1] = 0.1, 0.1
    cache = replace(cache, degradations=weather, error=error, g=torch.zeros(IMAGES, WIDTH))
    signs = torch.tensor([-1.0 if name == "rain" else 1.0 for name in weather])
    folder, base = tmp_path / "utilities", make_config(tmp_path).model_dump()
    save_cache(folder, "route", cache)
    save_familiar(folder, Familiar(weather, signs[:, None].expand(IMAGES, WIDTH).contiguous()))
    routing = {**base["router"], "router": {"type": "linear"}, "iterations": 50, "learning_rate": 0.1}

    def chosen(familiar: bool) -> list[int]:
        config = make_config(
            tmp_path,
            experts=dict.fromkeys(NAMES, base["experts"]["any"]),
            router=routing,
            utilities={**base["utilities"], "familiar": familiar},
        )
        stage = tmp_path / f"router-{familiar}"
        stage.mkdir()
        router.run(StageContext(stage, {"utilities": folder}, config, 0, Lines()))
        model = load_router(config, WIDTH, stage)
        return model(torch.stack([torch.ones(WIDTH), -torch.ones(WIDTH)])).argmax(1).tolist()

    assert chosen(familiar=True) == [1, 0]
    assert chosen(familiar=False) != [1, 0]


def test_what_a_router_is_taught(tmp_path):
    base = make_config(tmp_path).model_dump()
    tasks = {"rain": base["tasks"]["dust"], "haze": base["tasks"]["dust"]}
    experts = {
        name: {**base["experts"]["any"], "task": task}
        for name, task in zip(NAMES, ("rain", "haze", "rain"), strict=True)
    }
    cache = make_cache("route", 0)
    cache = replace(cache, degradations=["rain", "haze"] * (IMAGES // 2))

    def targets(kind: str, shrinkage: float = 0.0, **changes):
        section = {**base["router"], "targets": kind, "beta": 5.0, "shrinkage": shrinkage}
        training = {**base["dense"]["training"], "mix": {"rain": 1.0}}
        worn = {name: {**expert, "training": training} for name, expert in experts.items()}
        dense = {**base["dense"], "training": training}
        return router.make_targets(
            make_config(tmp_path, tasks=tasks, experts=worn, dense=dense, router=section, **changes), cache
        )

    assert torch.equal(targets("best").argmax(1), cache.error[:, :-1].argmin(1))
    assert targets("best").max(1).values.tolist() == [1.0] * IMAGES
    assert targets("weather")[:2].tolist() == [[0.5, 0.0, 0.5], [0.0, 1.0, 0.0]]
    assert torch.equal(targets("utility"), utility_targets(cache.error[:, :-1], 5.0, normalize=False))
    shrunk = targets("utility", shrinkage=1.0)
    torch.testing.assert_close(shrunk[2:], shrunk[:2].repeat(IMAGES // 2 - 1, 1))
    assert not torch.allclose(shrunk[0], shrunk[1])
    foggy = replace(cache, degradations=["fog"] * IMAGES)
    with pytest.raises(DataError, match=f"{IMAGES} have none"):
        router.make_targets(make_config(tmp_path, router={**base["router"], "targets": "weather"}), foggy)
