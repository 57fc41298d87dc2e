"""What plugins are shown of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from moei_toolkit.config.schema import Config
from moei_toolkit.evaluation.costs import MeasuredCosts
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.loading.run import RunParts


class ShownRun:
    """A run as one plugin sees it, see `RunView`: what is asked for is copied, so that none can change it.

    Args:
        config: Of the run.
        folders: Committed folders of its stages, by name.
        rows: Those that the report is of.
        costs: What restoring costs, if it was measured.
    """

    def __init__(
        self, config: Config, folders: Mapping[str, Path], rows: Sequence[Row], costs: MeasuredCosts | None
    ) -> None:
        self._config = config
        self._folders = folders
        self._rows = rows
        self._costs = costs

    @cached_property
    def config(self) -> dict[str, Any]:
        """The complete config as plain data, but for where the run lies."""
        return self._config.without_places()

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One for every image that was judged and every policy."""
        return [asdict(row) for row in self._rows]

    @cached_property
    def costs(self) -> dict[str, dict[str, float]] | None:
        """Policy -> cost -> value, if they were measured."""
        if self._costs is None:
            return None
        return {policy: dict(line) for policy, line in self._costs.policies.items()}

    @cached_property
    def worn(self) -> dict[str, dict[str, Any]]:
        """What was trained for the backbone to wear, by where the config has it."""
        return {where: section.expert.as_dict() for where, section in self._config.worn.items()}

    def load(self, where: str) -> Expert:
        """Return what is worn, as it was trained."""
        parts = RunParts(self._config, self._folders)
        return parts.made_by(where, parts.backbone())
