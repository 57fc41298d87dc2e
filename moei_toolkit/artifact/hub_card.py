"""The model card of a trained model on a hub: what every card says, below a head that hubs read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from moei_toolkit.artifact.front_matter import front_matter
from moei_toolkit.artifact.model_card import card_text, sections_of
from moei_toolkit.config.model import FULL, Model
from moei_toolkit.config.schema import Config
from moei_toolkit.inference.pretrained.record import RECORD, WEIGHTS
from moei_toolkit.pipeline.reporting.derivation import Derived
from moei_toolkit.report.tables.quality import title_of
from moei_toolkit.types import ACTUAL

PIPELINE = "image-to-image"
"""What hubs call the task of a model that turns an image into an image."""

_DIGITS = 4
_USE = f"""With moei_toolkit installed:

```
moei-restore PHOTO --run FOLDER
```

`FOLDER` is the folder of this card, with `{WEIGHTS}` and `{RECORD}`; the restored photograph goes into the
folder `restored` beside `PHOTO`. From Python:

```python
from pathlib import Path

from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.io.images.reading import read_image

restorer = Restorer.from_pretrained(Path("FOLDER"))
result = restorer.restore(read_image(Path("PHOTO")).pixels)
print(result.decision.route, result.decision.confidence)
```"""


def hub_card(
    config: Config, folders: Mapping[str, Path], derived: Derived, model: Model, licence: str
) -> str:
    """Return the card in Markdown; the same run gives the same text.

    Args:
        config: Of the run.
        folders: Folder of every stage.
        derived: What came out.
        model: What ``config.json`` says.
        licence: Of the weights, as hubs abbreviate it.

    Raises:
        DataError: A file that it tells of is missing or damaged.
        StoreError: A manifest is.
    """
    sections = {"Use": _USE, **sections_of(config, folders, derived), "Files": _files(model)}
    return f"{front_matter(_head(config, derived, licence))}\n{card_text(config, derived, sections)}"


def _head(config: Config, derived: Derived, licence: str) -> dict[str, Any]:
    return {
        "license": licence,
        "library_name": "moei_toolkit",
        "pipeline_tag": PIPELINE,
        "tags": ["image-restoration", "mixture-of-experts", *config.tasks],
        "metrics": list(dict.fromkeys(_kind(metric) for metric in derived.found.directions)),
        "model-index": [{"name": config.report.title, "results": list(_results(derived))}],
    }


def _results(derived: Derived) -> Iterator[dict[str, Any]]:
    """Yield what MoE-I reached on each weather, as hubs list results."""
    names = derived.found.decisions.datasets
    for weather, means in derived.found.results.quality.weathers.items():
        yield {
            "task": {"type": PIPELINE, "name": "Image restoration"},
            "dataset": {"type": "-".join(names), "name": f"{', '.join(names)}: {weather}", "split": "test"},
            "metrics": [
                {"type": _kind(metric), "name": title_of(metric), "value": round(value, _DIGITS)}
                for metric, value in means[ACTUAL].items()
            ],
        }


def _kind(metric: str) -> str:
    """Return the name of a metric without its settings."""
    return metric.partition(" ")[0].partition("_")[0]


def _files(model: Model) -> str:
    weights, origin = model.weights, model.origin
    rounded = "" if weights.dtype == FULL else f" The results above were measured in {FULL}, before rounding."
    return (
        f"`{WEIGHTS}` holds {weights.parameters:,} {weights.dtype} numbers in {weights.bytes:,} bytes; its "
        f"SHA-256 is `{weights.sha256}`.{rounded}\n`{RECORD}` says what they are built into, and names every "
        f"stage of the run {origin.run!r} by its fingerprint. Written with {origin.writers}."
    )
