"""From a run, or a trained model, to a bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch

from moei_toolkit.config.model import Architecture
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import ExportError
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.export.checking import check_graphs
from moei_toolkit.inference.export.loading import load_bundle
from moei_toolkit.inference.export.networks import Describe
from moei_toolkit.inference.export.onnx_files import write_graph
from moei_toolkit.inference.export.preprocessing import DESCRIPTION
from moei_toolkit.inference.export.record import (
    RECORD,
    WRITTEN,
    BundleRecord,
    Fitted,
    files_of,
    graphs_in,
    is_written,
)
from moei_toolkit.inference.loading.parts import Parts
from moei_toolkit.inference.loading.trained import parts_in
from moei_toolkit.inference.runtimes.eager import EagerRouter, EagerRuntime
from moei_toolkit.inference.runtimes.graphs import Graphs
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.atomic_folder import atomic_folder, require_free_target
from moei_toolkit.io.environment import toolkit_version
from moei_toolkit.io.hashing import sha256_file
from moei_toolkit.registry import ROUTERS
from moei_toolkit.routers.base import Router


def export_bundle(
    source: Path, target: Path, overwrite: bool = False, say: Callable[[str], None] = lambda text: None
) -> dict[str, float]:
    """Write a model as a bundle, whole or not at all.

    Args:
        source: Folder of a run that got as far as its calibration, or of a trained model.
        target: Folder of the bundle.
        overwrite: Replace a bundle that is there.
        say: Told what is written.

    Returns:
        The largest difference of every graph to the network it came from, in every engine.

    Raises:
        StoreError: If the source cannot be used, something else is in the way, or the disk failed.
        ConfigError: If a package is not installed.
        ExportError: If the router is no network, one cannot be exported, or its graph gives something else.
    """
    parts = parts_in(source)
    _planned(parts, source, target, overwrite)
    eager, decider = parts.restorer()
    router = cast(EagerRouter, decider.router)
    with atomic_folder(target) as folder:
        graphs = graphs_in(folder, decider.experts)
        _write_graphs(graphs, eager, router, say)
        differences = check_graphs(graphs, eager, router)
        guides = {name: side for name, side in eager.protocol.guides.items() if name in eager.routes}
        record = BundleRecord(
            toolkit=toolkit_version(),
            stages=parts.stages,
            protocol=replace(eager.protocol, guides=guides),  # a run may have some of rivals
            preprocessing=DESCRIPTION,
            experts=decider.experts,
            calibration=_calibration(parts.architecture, decider),
            abstention=_abstention(parts.architecture, decider),
            threshold=decider.threshold,
            files={file.relative_to(folder).as_posix(): sha256_file(file) for file in files_of(graphs)},
        )
        atomic_write_json(folder / RECORD, record.model_dump(mode="json"))
        load_bundle(folder)  # what it needs beside its files must be here, and installed
    return differences


def planned_files(source: Path, target: Path, overwrite: bool = False) -> list[Path]:
    """Return the files that :func:`export_bundle` would write, without building any network.

    Raises:
        StoreError: If the source cannot be used, or something is in the way.
        ExportError: If the router is no network.
    """
    return _planned(parts_in(source), source, target, overwrite)


def _planned(parts: Parts, source: Path, target: Path, overwrite: bool) -> list[Path]:
    _require_exportable(parts, source)
    require_free_target(target, "bundle", is_written(target), overwrite, WRITTEN)
    return [target / RECORD, *files_of(graphs_in(target, parts.experts))]


def _require_exportable(parts: Parts, source: Path) -> None:
    name = parts.architecture.router.router.type
    with parts.saying_where():
        router: type[Router] = ROUTERS.get(name)
    if not router.exportable:
        raise ExportError(
            f"{source}: router {name!r} decides by more than tensor operations, so that it cannot become a "
            f"graph. Restore with {source} itself, or train the run with another router: --from router"
        )


def _write_graphs(
    graphs: Graphs, eager: EagerRuntime, router: EagerRouter, say: Callable[[str], None]
) -> None:
    protocol = eager.protocol
    overview = torch.zeros(3, protocol.overview_size, protocol.overview_size)
    probes = torch.zeros(protocol.probes, 3, protocol.probe_size, protocol.probe_size)
    g = torch.zeros(1, eager.backbone.descriptor_dim)
    side = max(protocol.tile, 2 * eager.backbone.size_multiple)
    tiles = torch.zeros(2, 3, side + 3, side + 5)  # no side that a network could take for fixed
    say(graphs.describe.name)
    write_graph(
        graphs.describe, Describe(eager.backbone).eval(), {"overview": overview, "probes": probes}, "g"
    )
    say(graphs.router.name)
    write_graph(graphs.router, router.network, {"g": g}, "logits")
    for name, path in graphs.routes.items():
        say(f"{path.parent.name}/{path.name}")
        path.parent.mkdir(exist_ok=True)
        inputs = {"tiles": tiles, "g": g}
        sides = {"tiles": {0: "batch", 2: "height", 3: "width"}}
        write_graph(path, eager.network(name), inputs, "restored", sides)


def _calibration(config: Config | Architecture, decider: Decider) -> Fitted:
    return Fitted(component=config.calibrate.calibrator.as_dict(), state=decider.calibrator.state())


def _abstention(config: Config | Architecture, decider: Decider) -> Fitted | None:
    if not decider.rule.learns:
        return None
    return Fitted(component=config.calibrate.abstention.as_dict(), state=decider.rule.state())
