"""The main job as a list: which stages a config asks for, what each reads and what its result depends on.

Listing the stages imports none of their code, so that finding nothing to do takes no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from moei_toolkit.config.component import Component
from moei_toolkit.config.schema import Config
from moei_toolkit.config.sections.training import Training
from moei_toolkit.data.preparation.prepared_set import PREPARED_NAME
from moei_toolkit.errors import RegistryError
from moei_toolkit.pipeline.running.components import plugins_with_sections
from moei_toolkit.pipeline.running.source import source_digest
from moei_toolkit.pipeline.running.stage import Stage, StageContext
from moei_toolkit.registration.construction import types_in
from moei_toolkit.types import expert_stage

STAGES = "moei_toolkit.pipeline.stages"
DATA, DENSE, UTILITIES, ROUTER, CALIBRATE, MEASURE, EVALUATE, BENCH, STUDIES, REPORT = (
    "data",
    "dense",
    "utilities",
    "router",
    "calibrate",
    "measure",
    "evaluate",
    "bench",
    "studies",
    "report",
)


def make_chain(config: Config) -> tuple[Stage, ...]:
    """Return the stages of the main job, in order."""
    return (
        _data(config),
        _dense(config),
        *(_worn(config, expert_stage(name)) for name in config.experts),
        _utilities(config),
        _router(config),
        _calibrate(config),
        *(_worn(config, name) for name in config.rivals),
        _measure(config),
        _evaluate(config),
        *([_bench(config)] if config.bench else []),
        *([_studies(config)] if config.studies.files else []),
        _report(config),
    )


def _data(config: Config) -> Stage:
    layout = config.data.layout
    weather = {name: task.degradation for name, task in config.tasks.items() if task.degradation and layout}
    return Stage(
        name=DATA,
        inputs=(),
        section={
            "data": config.data.model_dump(),
            "degradations": _plain(weather),
            "tasks": list(config.tasks),
            # Named as files, so that a set that was prepared anew is another input.
            "sets": [f"{folder}/{PREPARED_NAME}" for folder in config.data.prepared],
        },
        components=(
            *_types("layouts", [layout] if layout else []),
            *_types("degradations", weather.values()),
        ),
        run=_lazily("data"),
        code=source_digest(f"{STAGES}.data"),
    )


def _dense(config: Config) -> Stage:
    losses = (
        [config.dense.loss]
        if isinstance(config.dense.loss, Component)
        else _losses(config, config.dense.training)
    )
    return Stage(
        name=DENSE,
        inputs=(DATA,),
        section={
            "backbone": config.backbone.as_dict(),
            "dense": config.dense.model_dump(),
            "losses": [loss.as_dict() for loss in losses],
            "tasks": list(config.tasks),
            "overview_size": config.views.overview_size,
        },
        components=(("backbones", config.backbone.type), *_types("losses", losses)),
        run=_lazily("dense"),
        code=source_digest(f"{STAGES}.dense"),
        resumable=True,
        joint=True,
    )


def _worn(config: Config, name: str) -> Stage:
    section = config.worn[name]
    losses = _losses(config, section.training)
    return Stage(
        name=name,
        inputs=(DATA, DENSE),
        section={
            "expert": section.model_dump(),
            "losses": [loss.as_dict() for loss in losses],
            "tasks": list(config.tasks),
            "overview_size": config.views.overview_size,
        },
        components=(*_types("experts", [section.expert]), *_types("losses", losses)),
        run=_lazily("experts", name),
        code=source_digest(f"{STAGES}.experts"),
        resumable=True,
        joint=True,
    )


def _utilities(config: Config) -> Stage:
    return Stage(
        name=UTILITIES,
        inputs=(DATA, DENSE, *map(expert_stage, config.experts)),
        section={**_routes(config), "familiar": config.utilities.familiar},
        components=(("metrics", "psnr"), *_types("losses", _task_losses(config))),
        run=_lazily("utilities"),
        code=source_digest(f"{STAGES}.utilities"),
    )


def _router(config: Config) -> Stage:
    return Stage(
        name=ROUTER,
        inputs=(UTILITIES,),
        section={"router": config.router.model_dump(), "utilities": config.utilities.model_dump()},
        components=(("routers", config.router.router.type),),
        run=_lazily("router"),
        code=_code_of_router(config.router.router),
    )


def _code_of_router(router: Component) -> str:
    """Return what identifies the code of the stage, and of the function that an external router asks."""
    own, function = source_digest(f"{STAGES}.router"), router.arguments.get("function")
    if not isinstance(function, str):
        return own
    try:
        return f"{own} {source_digest(function.partition(':')[0])}"
    except RegistryError:  # building the router says what is wrong with it
        return own


def _calibrate(config: Config) -> Stage:
    return Stage(
        name=CALIBRATE,
        inputs=(UTILITIES, ROUTER),
        section=config.calibrate.model_dump(),
        components=(
            ("calibrators", config.calibrate.calibrator.type),
            ("abstentions", config.calibrate.abstention.type),
        ),
        run=_lazily("calibrate"),
        code=source_digest(f"{STAGES}.calibrate"),
    )


def _measure(config: Config) -> Stage:
    metrics = config.evaluate.metrics
    return Stage(
        name=MEASURE,
        inputs=(DATA, DENSE, *config.worn),
        section={**_routes(config), "metrics": [metric.as_dict() for metric in metrics]},
        components=(*_types("metrics", metrics), *_types("losses", _task_losses(config))),
        run=_lazily("measure"),
        code=source_digest(f"{STAGES}.measure"),
    )


def _routes(config: Config) -> dict[str, Any]:
    """Return what the error of a route depends on, beside the networks."""
    return {
        "error": config.utilities.error,
        "losses": [loss.as_dict() for loss in _task_losses(config)],
        "experts": list(config.experts),
        "views": config.views.model_dump(),
        "inference": config.inference.model_dump(),
    }


def _evaluate(config: Config) -> Stage:
    return Stage(
        name=EVALUATE,
        inputs=(DATA, DENSE, *config.worn, ROUTER, CALIBRATE, MEASURE),
        section=config.evaluate.model_dump(include={"top2", "misrouted", "pictures"}),
        components=(),
        run=_lazily("evaluate"),
        code=source_digest(f"{STAGES}.evaluate"),
    )


def _bench(config: Config) -> Stage:
    return Stage(
        name=BENCH,
        inputs=(DENSE, *map(expert_stage, config.experts), ROUTER, CALIBRATE),
        section={
            "bench": config.bench.model_dump(exclude={"max_noise"}) if config.bench else None,
            "views": config.views.model_dump(),
            "inference": config.inference.model_dump(),
        },
        components=(),
        run=_lazily("bench"),
        code=source_digest(f"{STAGES}.bench"),
    )


def _studies(config: Config) -> Stage:
    return Stage(
        name=STUDIES,
        inputs=_all_evaluated(config),
        # Named as files, so that another result of a study is another input.
        section={"studies": config.studies.model_dump(), "files": config.studies.files},
        components=(),
        run=_lazily("studies"),
        code=source_digest(f"{STAGES}.studies"),
    )


def _report(config: Config) -> Stage:
    bench = (BENCH,) if config.bench else ()
    studies = (STUDIES,) if config.studies.files else ()
    return Stage(
        name=REPORT,
        inputs=(*_all_evaluated(config), *bench, *studies),
        section={"config": config.without_places()},
        components=plugins_with_sections(),
        run=_lazily("report"),
        code=source_digest(f"{STAGES}.report"),
    )


def _all_evaluated(config: Config) -> tuple[str, ...]:
    experts = map(expert_stage, config.experts)
    return (DATA, DENSE, *experts, UTILITIES, ROUTER, CALIBRATE, *config.rivals, MEASURE, EVALUATE)


def _task_losses(config: Config) -> list[Component]:
    return [task.loss for task in config.tasks.values()]


def _losses(config: Config, training: Training) -> list[Component]:
    """Return the losses a training needs, in the order of the tasks; clean images are judged by rmse."""
    return [task.loss for name, task in config.tasks.items() if name in training.mix]


def _types(kind: str, components: Iterable[Component]) -> tuple[tuple[str, str], ...]:
    """Return every component and every part of one, once."""
    types = {name for component in components for name in types_in(component.as_dict())}
    return tuple((kind, name) for name in sorted(types))


def _plain(components: dict[str, Component]) -> dict[str, Any]:
    return {name: component.as_dict() for name, component in components.items()}


def _lazily(module: str, *arguments: str) -> Callable[[StageContext], None]:
    def run(context: StageContext) -> None:
        import_module(f"{STAGES}.{module}").run(context, *arguments)

    return run
