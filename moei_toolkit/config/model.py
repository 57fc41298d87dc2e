"""What a trained model says about itself: ``config.json`` beside its weights."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from moei_toolkit.config.component import Component
from moei_toolkit.config.frozen import FrozenDict, FrozenMapping
from moei_toolkit.config.kinds import Count, Name, NotEmpty, NotNegative, Section, Seed, Text
from moei_toolkit.config.schema import Config
from moei_toolkit.config.sections.imports import CustomImports
from moei_toolkit.config.sections.judging import Inference
from moei_toolkit.config.sections.routing import Views
from moei_toolkit.errors import did_you_mean
from moei_toolkit.types import DENSE, expert_stage

FORMAT, VERSION = "moei_toolkit.model", 1

DType = Literal["float32", "float16"]
FULL: DType = "float32"
"""What weights are computed in, and stored in unless they are rounded."""


class Specialist(Section):
    """One expert: what it is, and the task it serves."""

    expert: Component
    task: Text


class Routing(Section):
    """The router, and the experts in the order of its outputs: that of keys in a JSON file means nothing."""

    router: Component
    names: tuple[Name, ...]


class Trust(Section):
    """How confidence is calibrated, and the rule whose score is held against the threshold."""

    calibrator: Component
    abstention: Component


class Architecture(Section):
    """What of the config of a run is needed to restore; its keys stand where that config has them.

    Attributes:
        custom_imports: Modules that register components.
        backbone: The shared backbone.
        experts: By name.
        router: The router, which says in what order it knows them.
        calibrate: Calibration and abstention.
        views: What *describe* looks at.
        inference: Tiling and precision.
    """

    custom_imports: CustomImports | None = None
    backbone: Component
    experts: Annotated[FrozenMapping[Name, Specialist], NotEmpty]
    router: Routing
    calibrate: Trust
    views: Views
    inference: Inference

    @model_validator(mode="after")
    def _check_names(self) -> Architecture:
        if sorted(self.router.names) != sorted(self.experts):
            raise ValueError(
                f"expected router.names to name every expert once, {', '.join(sorted(self.experts))}, got "
                f"{', '.join(self.router.names) or 'none'}"
            )
        return self

    @model_validator(mode="after")
    def _check_guides(self) -> Architecture:
        routes = {*self.experts, DENSE}
        for name in self.inference.guides:
            if name not in routes:
                raise ValueError(
                    f"expected inference.guides of experts, got {name!r}. {did_you_mean(name, routes)}"
                )
        return self

    @property
    def in_order(self) -> Architecture:
        """The same with the experts in the order of the router's outputs."""
        experts = {name: self.experts[name] for name in self.router.names}
        return self.model_copy(update={"experts": FrozenDict(experts)})

    @classmethod
    def of(cls, config: Config) -> Architecture:
        """Return that of a run, without what only its rivals need."""
        experts = {
            name: Specialist(expert=section.expert, task=section.task)
            for name, section in config.experts.items()
        }
        guides = {name: side for name, side in config.inference.guides.items() if name in {*experts, DENSE}}
        return cls(
            custom_imports=config.custom_imports,
            backbone=config.backbone,
            experts=experts,
            router=Routing(router=config.router.router, names=tuple(experts)),
            calibrate=Trust(calibrator=config.calibrate.calibrator, abstention=config.calibrate.abstention),
            views=config.views,
            inference=config.inference.model_copy(update={"guides": FrozenDict(guides)}),
        )

    @property
    def worn(self) -> dict[str, Specialist]:
        """What the backbone wears, by where it stands in the config of the run."""
        return {expert_stage(name): section for name, section in self.experts.items()}


class Calibration(Section):
    """What was fitted.

    Attributes:
        calibrator: State of the calibrator.
        rule: State of the abstention rule; empty for one that learns nothing.
        threshold: tau; below it the dense route is taken.
    """

    calibrator: FrozenMapping[str, Any]
    rule: FrozenMapping[str, Any] = FrozenDict({})
    threshold: NotNegative


class Weights(Section):
    """The file of the weights.

    Attributes:
        bytes: Its size.
        sha256: Of its content.
        parameters: How many numbers it holds.
        dtype: What they are stored in.
    """

    bytes: Count
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    parameters: Count
    dtype: DType = FULL


class Origin(Section):
    """Where a model comes from.

    Attributes:
        toolkit: Version of the toolkit that wrote it.
        plugins: Distributions beside it that offered components -> their versions.
        run: Name of the run.
        title: Heading of the run's report.
        seed: Of the run.
        datasets: Names of the data sets of the run.
        stages: Stage of the run -> fingerprint.
    """

    toolkit: Text
    plugins: FrozenMapping[Text, Text] = FrozenDict({})
    run: Text
    title: str
    seed: Seed
    datasets: tuple[Text, ...]
    stages: FrozenMapping[str, Text]

    @property
    def writers(self) -> str:
        """The toolkit and the plugins, with their versions."""
        return ", ".join(
            f"{name} {version}" for name, version in {"moei_toolkit": self.toolkit, **self.plugins}.items()
        )


class Model(Section):
    """A trained model.

    Attributes:
        format: Always the same.
        version: Of the layout.
        architecture: What it is built from.
        calibration: When it is trusted.
        weights: The file beside it.
        origin: Where it comes from.
    """

    format: Literal["moei_toolkit.model"] = "moei_toolkit.model"
    version: Literal[1] = 1
    architecture: Architecture
    calibration: Calibration
    weights: Weights
    origin: Origin
