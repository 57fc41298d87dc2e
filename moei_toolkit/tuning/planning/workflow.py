"""What a variant is run with: its stages, and what they reach."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from moei_toolkit.config.schema import Config
from moei_toolkit.config.search_space import Variant
from moei_toolkit.pipeline.chain import CALIBRATE, EVALUATE, ROUTER, make_chain
from moei_toolkit.pipeline.running.components import component_version
from moei_toolkit.pipeline.running.fingerprint import ComponentVersion
from moei_toolkit.pipeline.running.stage import Stage

Scores = Mapping[str, float]
"""Measure -> value, such as ``macro_psnr``."""


@dataclass(frozen=True)
class Workflow:
    """What a variant is run with; its functions can be imported wherever a worker runs.

    Attributes:
        stages: Config -> stages in order, the last of which judges.
        cheap: Stages that take no time worth a process of their own.
        version_of: Looks up the code of a component.
        validate: Folder of a stage -> what its training reached on validation, dB; None if it trains nothing.
        rehearse: Called before a stage is computed that is not cheap, to find a wrong argument early.
        score: Config, folders of its stages, variant -> what was reached.
    """

    stages: Callable[[Config], Sequence[Stage]]
    cheap: frozenset[str]
    version_of: ComponentVersion
    validate: Callable[[Path], float | None]
    rehearse: Callable[[Config], None]
    score: Callable[[Config, Mapping[str, Path], Variant], Scores]

    def quick(self) -> Workflow:
        """Return the same, but that the code of a component is looked up once: to plan many variants."""
        return replace(self, version_of=functools.cache(self.version_of))


def _stages(config: Config) -> Sequence[Stage]:
    chain = make_chain(config)
    names = [stage.name for stage in chain]
    return chain[: names.index(EVALUATE) + 1]


# These import torch, which planning must not.
def _validate(folder: Path) -> float | None:
    chronicle = import_module("moei_toolkit.pipeline.training.chronicle")
    if not (folder / chronicle.HISTORY_FILE).exists():
        return None
    return float(chronicle.read_history(folder)[-1]["psnr"])


def _rehearse(config: Config) -> None:
    import_module("moei_toolkit.pipeline.rehearsal").rehearse(config)


def _score(config: Config, folders: Mapping[str, Path], variant: Variant) -> Scores:
    scores: Scores = import_module("moei_toolkit.tuning.scores").score(config, folders, variant)
    return scores


MAIN = Workflow(
    stages=_stages,
    cheap=frozenset({ROUTER, CALIBRATE, EVALUATE}),
    version_of=component_version,
    validate=_validate,
    rehearse=_rehearse,
    score=_score,
)
"""The main job until its test images are judged; its report is not written."""
