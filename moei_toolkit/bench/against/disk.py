"""A folder of PNG photographs restored from disk to disk, against the same pixels restored in memory."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.model import EXPERTS, make_model
from moei_toolkit.bench.against.photograph import make_photograph
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.calibrators.temperature import Temperature
from moei_toolkit.errors import BenchError
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.photos.folder import restore_photos
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.inference.runtimes.eager import EagerRouter
from moei_toolkit.io.images.restoration_record import record_path
from moei_toolkit.io.images.writing import write_image
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.routers.mlp import MLPRouter

PHOTOGRAPHS = 10


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return both ways; the photographs are smooth with some noise, to be packed as photographs are."""
    runtime = make_model()
    router = EagerRouter(MLPRouter(runtime.backbone.descriptor_dim, len(EXPERTS)))
    restorer = Restorer(runtime, Decider(router, Temperature(), 0.0, EXPERTS))
    folder = tempfile.TemporaryDirectory()
    root = Path(folder.name)
    images = [make_photograph(scale, seed) for seed in range(PHOTOGRAPHS)]
    pairs = [(root / f"{seed}.png", root / "restored" / f"{seed}.png") for seed in range(PHOTOGRAPHS)]
    for (source, _), image in zip(pairs, images, strict=True):
        write_image(source, image)

    def from_disk_to_disk() -> str:
        for failure in restore_photos(restorer, pairs, SilentReporter(), overwrite=True).failures:
            raise BenchError(f"nothing can be compared: {failure}") from failure
        for _, target in pairs:
            require_whole_tiles(target)
        return folder.name  # which lives as long as this is called

    def in_memory() -> None:
        for image in images:
            g = runtime.describe(image)
            for _ in runtime.restore_rows(image, restorer.decider.decide(g).route, g):
                pass

    return from_disk_to_disk, in_memory


def require_whole_tiles(target: Path) -> None:
    """Refuse a restoration whose tiles were made smaller for want of memory."""
    facts = json.loads(record_path(target).read_bytes())
    if facts["tile"] != facts["usual_tile"]:
        raise BenchError(f"memory ran out: tiles of {facts['tile']} instead of {facts['usual_tile']} pixels")


BENCHMARK = Benchmark(
    "disk", "photographs from disk to disk", "their pixels in memory", Target("<=", 1.25), prepare
)
