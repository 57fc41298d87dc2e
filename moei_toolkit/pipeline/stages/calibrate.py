"""Fits the calibrator on one half of the "calibrate" scenes and chooses the threshold on the other.

An abstention rule that learns is fitted on the "route" scenes: they are more, and a threshold chosen on
scenes that the rule has seen would promise too much.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import torch

from moei_toolkit.calibrators.abstention import apply_threshold, choose_threshold
from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.risk_control import control_risk
from moei_toolkit.calibrators.rules.base import AbstentionRule
from moei_toolkit.errors import DataError
from moei_toolkit.inference.loading.run import CALIBRATION_FILE, load_router
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.pipeline.measuring.utility_cache import UtilityCache, load_cache
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.registry import ABSTENTIONS, CALIBRATORS
from moei_toolkit.routers.base import Router


def run(context: StageContext) -> None:
    """Leave calibration.json: what was fitted, tau, what abstaining gained, and what is guaranteed.

    tau is what the config says, or the threshold of the best quality, or that of the limit which the
    rule keeps, where this is larger.
    """
    settings = context.config.calibrate
    cache = load_cache(context.inputs["utilities"], "calibrate")
    router = load_router(context.config, cache.g.shape[1], context.inputs["router"])
    logits = _score(router, cache)
    fitting, choosing = _halves(cache)
    calibrator: Calibrator = CALIBRATORS.build(settings.calibrator.as_dict())
    calibrator.fit(logits[fitting], cache.error[:, :-1].argmin(1).numpy()[fitting])
    rule: AbstentionRule = ABSTENTIONS.build(settings.abstention.as_dict())
    if rule.learns:
        seen = load_cache(context.inputs["utilities"], "route")
        likely = calibrator.probabilities(_score(router, seen))
        routed, dense = _qualities(likely, seen.psnr.numpy())
        rule.fit(seen.g.numpy(), likely, dense - routed)
    probabilities = calibrator.probabilities(logits[choosing])
    routed, dense = _qualities(probabilities, cache.psnr.numpy()[choosing])
    confidence = rule.scores(cache.g.numpy()[choosing], probabilities)
    scenes = np.array(cache.scenes)[choosing]
    if settings.threshold is None:
        abstention = choose_threshold(confidence, routed, dense, settings.max_abstention, settings.thresholds)
    else:
        abstention = apply_threshold(confidence, routed, dense, settings.threshold)
    control = rule.limit and control_risk(
        confidence, dense - routed, scenes, rule.limit, settings.max_abstention, settings.thresholds
    )
    if control and control.warning:
        context.log.info(f"calibrate: {control.warning}")
    atomic_write_json(
        context.folder / CALIBRATION_FILE,
        {
            "type": settings.calibrator.type,
            "calibrator": calibrator.state(),
            **({"rule": rule.state()} if rule.learns else {}),
            "threshold": max(found.threshold for found in (abstention, control) if found),
            "abstention": asdict(abstention),
            **({"guarantee": asdict(control)} if control else {}),
            "images": {"fitting": int(fitting.sum()), "choosing": int(choosing.sum())},
        },
    )


@torch.inference_mode()
def _score(router: Router, cache: UtilityCache) -> np.ndarray:
    """Return the logits (N, K) that decide about the images of a cache."""
    logits: np.ndarray = router.score(cache.g, cache.ids).double().numpy()
    return logits


def _qualities(probabilities: np.ndarray, psnr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the dB of the most probable expert and of dense, (N,) each, of all routes' (N, K + 1)."""
    return psnr[np.arange(len(psnr)), probabilities.argmax(1)], psnr[:, -1]


def _halves(cache: UtilityCache) -> tuple[np.ndarray, np.ndarray]:
    """Return two masks over the images; no scene is in both."""
    scenes = sorted(set(cache.scenes))
    if len(scenes) < 2:
        raise DataError(f"calibration needs at least 2 scenes in split 'calibrate', got {len(scenes)}")
    first = set(scenes[::2])
    in_first = np.array([scene in first for scene in cache.scenes])
    return in_first, ~in_first
