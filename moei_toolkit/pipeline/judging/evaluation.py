"""Judges measured images by every policy, and leaves rows, what they were measured by, and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from moei_toolkit.config.schema import Config
from moei_toolkit.evaluation.rows import Row, write_rows
from moei_toolkit.experts.mixture import Mixture
from moei_toolkit.inference.loading.run import RunParts
from moei_toolkit.inference.machine.devices import default_device
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.pipeline.images import Images
from moei_toolkit.pipeline.judging.judge import judge, wants_top2
from moei_toolkit.pipeline.judging.misrouting import misroute
from moei_toolkit.pipeline.judging.showing import keep_pictures
from moei_toolkit.pipeline.measuring.measurement import Along, Measured
from moei_toolkit.pipeline.measuring.measuring import Measuring
from moei_toolkit.pipeline.measuring.metrics import PROTOCOL_FILE

ROWS_FILE = "per_image.jsonl"


def evaluate_images(
    config: Config,
    folders: Mapping[str, Path],
    measured: Sequence[Measured],
    protocol: Mapping[str, Any],
    restoring: Restoring | None,
    out: Path,
    seed: int,
    log: Reporter,
) -> None:
    """Leave per_image.jsonl, protocol.json and a few pictures of each degradation in ``out``.

    Networks run only for Top-2 and for pictures, where the config wants them.

    Args:
        config: Of the run.
        folders: Committed folders of its stages, by name.
        measured: The images along every route.
        protocol: How they were measured.
        restoring: For Top-2 and for pictures; neither is made where it is None.
        out: An existing folder.
        seed: Decides which images are misrouted, where the config wants that.
        log: Told how far it is.

    Raises:
        MoeiError: If a result of the run cannot be used.
    """
    decider = RunParts(config, folders).decider(measured[0].g.shape[1], default_device())
    decisions = [decider.decide(image.g.numpy(), image.id) for image in measured]
    decisions = misroute(decisions, config.evaluate.misrouted, np.random.default_rng(seed))
    rows: list[Row] = []
    with log.progress(len(measured), "evaluate") as progress:
        for image, decision in zip(measured, decisions, strict=True):
            mix = partial(restoring.mix, image) if restoring and wants_top2(config) else None
            rows += judge(image, decision, mix)
            progress.advance()
    if restoring and config.evaluate.pictures:
        keep_pictures(restoring.runtime, restoring.images, measured, rows, out)
    write_rows(out / ROWS_FILE, rows)
    atomic_write_json(out / PROTOCOL_FILE, protocol)


class Restoring:
    """Restores images of a data set anew, where a decision asks for what was not measured.

    Args:
        measuring: Measures what comes out.
        images: The data set.
        mixed: By id of an image, what comes of `mix` where that is known already.
    """

    def __init__(
        self, measuring: Measuring, images: Images, mixed: Mapping[str, Along] | None = None
    ) -> None:
        self.runtime = measuring.runtime
        self.images = images
        self._measuring = measuring
        self._mixed = mixed or {}
        self._records = {record.id: record for record in images.records}

    def mix(self, image: Measured, names: Sequence[str], weights: Sequence[float]) -> Along:
        """Measure an image wearing several experts at once."""
        if image.id in self._mixed:
            return self._mixed[image.id]
        mixture = Mixture([self.runtime.experts[name] for name in names], list(weights))
        record = self._records[image.id]
        return self._measuring.along(self.images, record, image.g.numpy(), "+".join(names), mixture)
