"""Where images come from."""

from __future__ import annotations

from typing import Annotated

from pydantic import model_validator

from moei_toolkit.config.component import Component
from moei_toolkit.config.frozen import FrozenDict, FrozenMapping
from moei_toolkit.config.kinds import Count, Name, NotEmpty, Section, Split, Text


class Data(Section):
    """Where images come from: made from the scenes of a layout, or prepared before the run.

    Attributes:
        layout: A layout of scenes that lie on no disk, such as ``embedded``.
        draws: Weather draws per scene and task, for each split, when there is a layout.
        prepared: Folders that tools/prepare_data.py made.
    """

    layout: Component | None = None
    draws: FrozenMapping[Split, Count] = FrozenDict({})
    prepared: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _check_source(self) -> Data:
        if (self.layout is None) == (not self.prepared):
            raise ValueError(
                "expected either 'layout' and 'draws', or 'prepared'; "
                "data._delete_=True drops those of the base config"
            )
        if self.layout is None and self.draws:
            raise ValueError(
                "expected no 'draws' beside 'prepared': weather was drawn when the data were prepared; "
                "data._delete_=True drops those of the base config"
            )
        return self


class Task(Section):
    """One kind of degradation and how its restoration is judged.

    Attributes:
        degradation: Draws it over the scenes of a layout; prepared data show it already.
        loss: What restored images are judged by.
    """

    degradation: Component | None = None
    loss: Component


Tasks = Annotated[FrozenMapping[Name, Task], NotEmpty]
