"""A stage: what it needs, and what it does with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moei_toolkit.config.schema import Config
from moei_toolkit.engine.process_group import ProcessGroup, SingleProcess
from moei_toolkit.io.reporter import Reporter


@dataclass(frozen=True)
class StageContext:
    """What a running stage is given.

    Attributes:
        folder: Where it writes; becomes the committed folder when it returns.
        inputs: Committed folder of each input, by name. Read only.
        config: The whole config; what the result depends on must be in the stage's ``section``.
        seed: Where the stage's random numbers come from; in [0, 2**31).
        log: Tells a person what is going on.
        group: Who takes part.
    """

    folder: Path
    inputs: Mapping[str, Path]
    config: Config
    seed: int
    log: Reporter
    group: ProcessGroup = field(default_factory=SingleProcess)


@dataclass(frozen=True)
class Stage:
    """One step of a run.

    Attributes:
        name: Unique; ``group`` or ``group.member``, for instance ``experts.rain``.
        inputs: Names of the earlier stages it reads.
        section: The part of the config that its result depends on, as plain data. The order of keys does
            not count; where an order matters, put a list.
        components: The (kind, type) of every component that its result depends on.
        run: Does the work.
        resumable: It goes on from what an interrupted attempt left in its folder; else that is removed.
        code: Hash of the source that ``run`` runs.
        joint: Every process of a group takes part; else the leader does it alone.
    """

    name: str
    inputs: tuple[str, ...]
    section: Mapping[str, Any]
    components: tuple[tuple[str, str], ...]
    run: Callable[[StageContext], None]
    resumable: bool = False
    code: str = ""
    joint: bool = False

    @property
    def group(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]
