"""Calibration leaves the threshold of the best quality, or a larger one where a guarantee asks for it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fake_pipeline import Lines, make_config

from moei_toolkit.calibrators.abstention import ABSTAIN_ALWAYS, choose_threshold
from moei_toolkit.calibrators.rules.selective import Selective
from moei_toolkit.calibrators.temperature import Temperature
from moei_toolkit.inference.loading.run import CALIBRATION_FILE, ROUTER_FILE, RunParts, load_router
from moei_toolkit.io.weights import save_weights
from moei_toolkit.pipeline.measuring.utility_cache import UtilityCache, load_cache, save_cache
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.pipeline.stages import calibrate
from moei_toolkit.routers.mlp import MLPRouter

SCENES, EACH, WIDTH = 60, 2, 8


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A router, and images of which every fifth is harmed by either expert; the experts do not differ."""
    folder = tmp_path_factory.mktemp("inputs")
    generator = torch.Generator().manual_seed(0)
    count = SCENES * EACH
    scenes = [f"s{number // EACH:02}" for number in range(count)]
    expert, dense = 25 + torch.randn(2, count, generator=generator)
    expert += 1
    expert[::5] -= 4
    psnr = torch.stack([expert, expert, dense], 1)
    cache = UtilityCache(
        ids=[f"i{number}" for number in range(count)],
        scenes=scenes,
        degradations=["dust"] * count,
        routes=["first", "second", "dense"],
        g=torch.randn(count, WIDTH, generator=generator),
        error=-psnr,
        psnr=psnr,
    )
    save_cache(folder, "calibrate", cache)
    save_cache(folder, "route", replace(cache, g=cache.g + (psnr[:, :1] < 24)))
    torch.manual_seed(0)
    save_weights(folder / ROUTER_FILE, MLPRouter(WIDTH, 2).state_dict(), {})
    return {"utilities": folder, "router": folder}


def calibrated(inputs: dict[str, Path], folder: Path, **settings: Any) -> tuple[dict[str, Any], list[str]]:
    """Run the stage; return what it left and what it said."""
    base = make_config(folder).model_dump()
    config = make_config(
        folder,
        experts=dict.fromkeys(("first", "second"), base["experts"]["any"]),
        router={**base["router"], "router": {"type": "mlp"}},
        calibrate={"calibrator": {"type": "temperature"}, **settings},
    )
    reporter = Lines()
    calibrate.run(StageContext(folder, inputs, config, 0, reporter))
    return json.loads((folder / CALIBRATION_FILE).read_text()), reporter.lines


def conformal(level: float, bound: float, rule: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "conformal", "level": level, "bound": bound, **({"rule": rule} if rule else {})}


def test_without_a_guarantee_quality_decides(inputs, tmp_path):
    found, said = calibrated(inputs, tmp_path)
    assert found.keys() == {"type", "calibrator", "threshold", "abstention", "images"}
    assert found["threshold"] == found["abstention"]["threshold"]
    assert found["images"] == {"fitting": SCENES, "choosing": SCENES}
    assert said == []


def test_a_guarantee_that_quality_keeps_changes_nothing(inputs, tmp_path):
    plain, _ = calibrated(inputs, tmp_path)
    found, said = calibrated(inputs, tmp_path, abstention=conformal(3.5, 4.0))
    guarantee = found.pop("guarantee")
    assert found == plain
    _, routed, dense = load_cache(inputs["utilities"], "calibrate").psnr.numpy().T
    chosen_on = np.arange(SCENES * EACH) // EACH % 2 == 1
    harm = np.clip(dense - routed, 0, 4)[chosen_on].mean()
    assert (guarantee["threshold"], guarantee["harm"]) == (0, pytest.approx(harm))
    assert said == []


def test_a_guarantee_raises_the_threshold_and_says_what_that_costs(inputs, tmp_path):
    plain, _ = calibrated(inputs, tmp_path)
    found, said = calibrated(inputs, tmp_path, abstention=conformal(0.5, 4.0))
    guarantee = found.pop("guarantee")
    assert found["threshold"] == guarantee["threshold"] > plain["threshold"]
    assert {**found, "threshold": plain["threshold"]} == plain
    assert guarantee["corrected"] <= guarantee["level"] == 0.5
    assert (guarantee["scenes"], guarantee["exceeds_cap"]) == (SCENES // 2, True)
    assert len(said) == 1
    assert f"{guarantee['abstained']:.1%} of the images abstain" in said[0]


def test_a_guarantee_out_of_reach_abstains_always(inputs, tmp_path):
    found, said = calibrated(inputs, tmp_path, abstention=conformal(0.01, 4.0))
    assert found["threshold"] == ABSTAIN_ALWAYS > 1
    assert not found["guarantee"]["attainable"]
    assert "at least 399 scenes" in said[0]


def test_the_default_is_a_temperature_and_its_confidence_byte_for_byte(inputs, tmp_path):
    """Worked out here step by step, as it was before there were other rules."""
    calibrated(inputs, tmp_path)
    cache = load_cache(inputs["utilities"], "calibrate")
    base = make_config(tmp_path).model_dump()
    config = make_config(
        tmp_path,
        experts=dict.fromkeys(("first", "second"), base["experts"]["any"]),
        router={**base["router"], "router": {"type": "mlp"}},
    )
    with torch.inference_mode():
        logits = load_router(config, WIDTH, inputs["router"])(cache.g).double().numpy()
    fitting = np.arange(SCENES * EACH) // EACH % 2 == 0
    calibrator = Temperature()
    calibrator.fit(logits[fitting], cache.error[:, :-1].argmin(1).numpy()[fitting])
    probabilities, psnr = calibrator.probabilities(logits[~fitting]), cache.psnr.numpy()[~fitting]
    routed = psnr[np.arange(len(psnr)), probabilities.argmax(1)]
    chosen = choose_threshold(probabilities.max(1), routed, psnr[:, -1], 0.1, 101)
    expected = {
        "type": "temperature",
        "calibrator": calibrator.state(),
        "threshold": chosen.threshold,
        "abstention": asdict(chosen),
        "images": {"fitting": SCENES, "choosing": SCENES},
    }
    text = json.dumps(expected, indent=2, ensure_ascii=False) + "\n"
    assert (tmp_path / CALIBRATION_FILE).read_text() == text


def test_a_rule_that_learns_is_fitted_on_the_other_split_and_takes_the_place_of_the_confidence(
    inputs, tmp_path
):
    plain, _ = calibrated(inputs, tmp_path)
    rule = {"type": "selective", "coverage": 0.8}
    found, _ = calibrated(inputs, tmp_path, abstention=conformal(0.5, 4.0, rule))
    assert (found["type"], found["calibrator"]) == (plain["type"], plain["calibrator"])
    route, cache = (load_cache(inputs["utilities"], split) for split in ("route", "calibrate"))
    expected, unused = Selective(coverage=0.8), np.zeros((len(route.ids), 2))
    expected.fit(route.g.numpy(), unused, (route.psnr[:, -1] - route.psnr[:, 0]).numpy())
    assert found["rule"] == expected.state()
    scores = expected.scores(cache.g.numpy(), unused)
    choosing = np.arange(SCENES * EACH) // EACH % 2 == 1
    assert found["guarantee"]["abstained"] == (scores[choosing] < found["guarantee"]["threshold"]).mean()
    assert found["threshold"] >= found["guarantee"]["threshold"]


def test_what_was_learned_decides(inputs, tmp_path):
    base = make_config(tmp_path).model_dump()
    settings = {"calibrator": {"type": "temperature"}, "abstention": {"type": "selective"}}
    found, _ = calibrated(inputs, tmp_path, abstention={"type": "selective"})
    config = make_config(
        tmp_path,
        experts=dict.fromkeys(("first", "second"), base["experts"]["any"]),
        router={**base["router"], "router": {"type": "mlp"}},
        calibrate=settings,
    )
    decider = RunParts(config, {**inputs, "calibrate": tmp_path}).decider(WIDTH)
    rule, g = Selective(), load_cache(inputs["utilities"], "calibrate").g[:1].numpy()
    rule.load_state(found["rule"])
    decision = decider.decide(g)
    assert decision.confidence == rule.scores(g, np.zeros((1, 2)))[0]
    assert decision.confidence != max(decision.probabilities.values())
    assert decision.abstained == (decision.confidence < found["threshold"])


def test_a_threshold_of_the_config_is_not_chosen(inputs, tmp_path):
    found, _ = calibrated(inputs, tmp_path, threshold=0.55)
    assert found["threshold"] == found["abstention"]["threshold"] == 0.55
    assert 0 < found["abstention"]["abstained"] < 1
    raised, _ = calibrated(inputs, tmp_path, threshold=0.55, abstention=conformal(0.01, 4.0))
    assert raised["abstention"] == found["abstention"]
    assert raised["threshold"] == ABSTAIN_ALWAYS
