"""Opens whatever photographs can be restored with: a run, a trained model, or a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from moei_toolkit.errors import ConfigError, did_you_mean
from moei_toolkit.inference.loading.kinds import kind_of
from moei_toolkit.inference.runtimes.names import FIXED_PRECISION, OF_BUNDLES, OF_RUNS, RUNTIMES
from moei_toolkit.io.hashing import sha256_json
from moei_toolkit.types import Precision

if TYPE_CHECKING:
    from moei_toolkit.inference.decider import Decider
    from moei_toolkit.inference.runtimes.base import Runtime

_DIGITS = 16


def open_model(
    path: Path,
    runtime: str | None = None,
    device: str = "cpu",
    threads: int | None = None,
    precision: Precision | None = None,
    batch: int = 1,
) -> tuple[Runtime, Decider]:
    """Open what photographs can be restored with.

    Args:
        path: Folder of a run, of a trained model, or of a bundle that was exported from either.
        runtime: One of `RUNTIMES`; ``"onnx"`` for a bundle and ``"eager"`` for the others when None.
        device: Where a run or a model computes; a bundle does on the CPU.
        threads: On the CPU; one per core when None.
        precision: What tiles are computed in; that of the model when None.
        batch: Most tiles per call of the network, which a GPU may like to be several.

    Raises:
        ConfigError: If there is no such runtime, its package is missing, it does not go with the path or
            the precision, or the batch is less than one tile.
        StoreError: If there is nothing of the kind, or it is not whole.
    """
    opened, decider = _open(path, choose_runtime(path, runtime), device, threads)
    if precision is not None:
        opened = opened.in_precision(precision)
    return opened.in_batches(batch), decider


def _open(path: Path, name: str, device: str, threads: int | None) -> tuple[Runtime, Decider]:
    if name in OF_BUNDLES:
        from moei_toolkit.inference.export.loading import load_bundle

        if device != "cpu":
            raise ConfigError(f"device {device!r}: a bundle runs on the CPU only, and {path} is a bundle")
        return load_bundle(path, name, threads)
    from moei_toolkit.inference.loading.trained import parts_in
    from moei_toolkit.inference.runtimes.compiled import CompiledRuntime

    eager, decider = parts_in(path).restorer(device, threads)
    return (CompiledRuntime(eager) if name == "compile" else eager), decider


def identify_model(path: Path, runtime: str | None = None, precision: Precision | None = None) -> str:
    """Return what names the weights and settings of a model, without building any network.

    Args:
        path: See :func:`open_model`.
        runtime: See :func:`open_model`; it makes a difference only where it computes in another precision.
        precision: What tiles are computed in; that of the model when None, but for `FIXED_PRECISION`.

    Raises:
        ConfigError: See :func:`open_model`.
        StoreError: See :func:`open_model`.
    """
    chosen = choose_runtime(path, runtime)
    content, own = _content_of(path, chosen)
    name, computed = _name_of(content), precision or FIXED_PRECISION.get(chosen, own)
    return name if computed == own else _name_of({"model": name, "precision": computed})


def _name_of(content: object) -> str:
    return sha256_json(content)[:_DIGITS]


def _content_of(path: Path, runtime: str) -> tuple[object, Precision]:
    """Return what a model holds, as plain data, and its precision."""
    if runtime in OF_BUNDLES:
        from moei_toolkit.inference.export.record import read_bundle

        bundle = read_bundle(path)
        return bundle.model_dump(mode="json"), bundle.protocol.precision
    from moei_toolkit.inference.loading.run import hash_result, require_run
    from moei_toolkit.inference.pretrained.record import read_model

    if kind_of(path) == "model":
        model = read_model(path)
        return model.model_dump(mode="json"), model.architecture.inference.precision
    config, folders = require_run(path)
    results = {stage: (folder.name, hash_result(stage, folder)) for stage, folder in folders.items()}
    settings = {"views": config.views.model_dump(), "inference": config.inference.model_dump()}
    return {"results": results, **settings}, config.inference.precision


def choose_runtime(path: Path, runtime: str | None) -> str:
    """Return the runtime for a path, after checking that the two go together.

    Raises:
        ConfigError: If there is no such runtime, or it does not go with the path.
        StoreError: If there is nothing of the kind.
    """
    if runtime is not None and runtime not in RUNTIMES:
        raise ConfigError(f"there is no runtime {runtime!r}. {did_you_mean(runtime, RUNTIMES)}")
    if kind_of(path) == "bundle":
        if runtime in OF_RUNS:
            raise ConfigError(
                f"runtime {runtime!r} needs a run or a trained model, and {path} is a bundle, which is for "
                f"{' and '.join(map(repr, OF_BUNDLES))}"
            )
        return runtime or OF_BUNDLES[0]
    if runtime in OF_BUNDLES:
        from moei_toolkit.inference.pretrained.shipped import MODELS

        what = f"--model {path.name}" if path.parent == MODELS else f"--run {path}"
        raise ConfigError(
            f"runtime {runtime!r} needs a bundle, and {path} is none; to make one: "
            f"tools/export.py {what} -o BUNDLE"
        )
    return runtime or OF_RUNS[0]
