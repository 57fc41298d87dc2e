"""Images measured along all routes, and Top-2, by the workers of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import torch

from moei_toolkit.cluster.allocation import Allocation
from moei_toolkit.cluster.mapping import Lost, map_over_workers
from moei_toolkit.config.loader import import_custom, validate_config
from moei_toolkit.config.schema import Config
from moei_toolkit.data.records import Record
from moei_toolkit.errors import DataError
from moei_toolkit.inference.loading.run import RunParts
from moei_toolkit.inference.machine.devices import default_device
from moei_toolkit.io.shared_paths import SharedPaths, shared_paths
from moei_toolkit.pipeline.images import Images
from moei_toolkit.pipeline.judging.evaluation import Restoring
from moei_toolkit.pipeline.judging.judge import two_most_probable, wants_top2
from moei_toolkit.pipeline.measuring.measurement import Along, Measured
from moei_toolkit.pipeline.measuring.measuring import make_measuring
from moei_toolkit.pipeline.measuring.metrics import build_metrics

Work = tuple[Measured, Along | None]


def measure_on_cluster(
    allocation: Allocation,
    config: Config,
    folders: Mapping[str, Path],
    data: Path,
    records: Sequence[Record],
    mixed: dict[str, Along],
) -> Iterator[Measured]:
    """Yield images measured along every route, in order; machines must see the same files in the same places.

    Args:
        allocation: How many workers, and what each gets; Ray must have been started.
        config: Of the run.
        folders: Committed folders of its stages, by name.
        data: Folder of the prepared data.
        records: Images of it.
        mixed: Receives Top-2 of each by its id, where the config wants it.

    Raises:
        StoreError: A machine does not see the folders.
        DataError: An image cannot be used, or workers have died over it.
    """
    shared = shared_paths([Path.cwd(), data, *folders.values()])
    build = partial(_open_work, shared, config.model_dump(mode="json"), folders, data, allocation.threads)
    with closing(map_over_workers(build, records, allocation)) as outcomes:
        for outcome in outcomes:
            if isinstance(outcome, Lost):
                raise DataError(f"{data}: {outcome.told(f'measured {outcome.item.id!r}')}")
            image, top2 = outcome
            if top2:
                mixed[image.id] = top2
            yield image


def _open_work(
    shared: SharedPaths, raw: dict[str, object], folders: Mapping[str, Path], data: Path, threads: int
) -> Callable[[Record], Work]:
    shared.enter()
    torch.set_num_threads(threads)
    config = validate_config(raw, "the config of the run")
    import_custom(config, "the config of the run")
    measuring, images = make_measuring(config, folders, build_metrics(config)[0]), Images(data)
    restoring = Restoring(measuring, images)
    width = measuring.runtime.backbone.descriptor_dim
    decider = RunParts(config, folders).decider(width, default_device())

    def measure(record: Record) -> Work:
        image = measuring.along_all(images, record)
        if not wants_top2(config):
            return image, None
        return image, restoring.mix(image, *two_most_probable(decider.decide(image.g.numpy(), image.id)))

    return measure
