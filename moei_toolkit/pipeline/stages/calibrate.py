"""Fits the calibrator on one half of the "calibrate" scenes and chooses the threshold on the other."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import torch

from moei_toolkit.calibrators.abstention import choose_threshold
from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.risk_control import RiskControl, control_risk
from moei_toolkit.config.sections import Calibrate
from moei_toolkit.errors import DataError
from moei_toolkit.inference.bundle import CALIBRATION_FILE, load_router
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.pipeline.stage import StageContext
from moei_toolkit.pipeline.stages.cache import UtilityCache, load_cache
from moei_toolkit.registry import CALIBRATORS


def run(context: StageContext) -> None:
    """Leave calibration.json: the fitted calibrator, tau, what abstaining gained, and what is guaranteed.

    tau is the threshold of the best quality, or that of the guarantee where this is larger.
    """
    settings = context.config.calibrate
    cache = load_cache(context.inputs["utilities"], "calibrate")
    router = load_router(context.config, cache.g.shape[1], context.inputs["router"])
    with torch.inference_mode():
        logits = router(cache.g).double().numpy()
    fitting, choosing = _halves(cache)
    calibrator: Calibrator = CALIBRATORS.build(settings.calibrator.as_dict())
    calibrator.fit(logits[fitting], cache.error[:, :-1].argmin(1).numpy()[fitting])
    probabilities = calibrator.probabilities(logits[choosing])
    psnr = cache.psnr.numpy()[choosing]
    routed, dense = psnr[np.arange(len(psnr)), probabilities.argmax(1)], psnr[:, -1]
    confidence, scenes = probabilities.max(1), np.array(cache.scenes)[choosing]
    abstention = choose_threshold(confidence, routed, dense, settings.max_abstention, settings.thresholds)
    control = _control(settings, confidence, dense - routed, scenes)
    if control and control.warning:
        context.log.info(f"calibrate: {control.warning}")
    atomic_write_json(
        context.folder / CALIBRATION_FILE,
        {
            "type": settings.calibrator.type,
            "calibrator": calibrator.state(),
            "threshold": max(found.threshold for found in (abstention, control) if found),
            "abstention": asdict(abstention),
            **({"guarantee": asdict(control)} if control else {}),
            "images": {"fitting": int(fitting.sum()), "choosing": int(choosing.sum())},
        },
    )


def _control(
    settings: Calibrate, confidence: np.ndarray, harm: np.ndarray, scenes: np.ndarray
) -> RiskControl | None:
    """Return the threshold of the guarantee that the config asks for, if it asks for one."""
    if settings.guarantee is None:
        return None
    return control_risk(
        confidence,
        harm,
        scenes,
        settings.guarantee.bound,
        settings.guarantee.level,
        settings.max_abstention,
        settings.thresholds,
    )


def _halves(cache: UtilityCache) -> tuple[np.ndarray, np.ndarray]:
    """Return two masks over the images; no scene is in both."""
    scenes = sorted(set(cache.scenes))
    if len(scenes) < 2:
        raise DataError(f"calibration needs at least 2 scenes in split 'calibrate', got {len(scenes)}")
    first = set(scenes[::2])
    in_first = np.array([scene in first for scene in cache.scenes])
    return in_first, ~in_first
