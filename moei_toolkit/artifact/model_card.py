"""What a person has to know of a trained model, told by its files and its results alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from moei_toolkit.artifact.layout import LEFT_OUT
from moei_toolkit.config.schema import Config
from moei_toolkit.data.layouts.base import SPLITS
from moei_toolkit.data.records import RECORDS_NAME, SOURCES, Record, read_records
from moei_toolkit.inference.loading.run import BACKBONE_FILE, EXPERT_FILE, ROUTER_FILE
from moei_toolkit.io.hashing import sha256_file
from moei_toolkit.io.json_file import read_object
from moei_toolkit.io.manifest import MANIFEST, Manifest, read_manifest
from moei_toolkit.pipeline.chain import DATA, DENSE, REPORT, ROUTER
from moei_toolkit.pipeline.reporting.derivation import Derived
from moei_toolkit.report.opening import headline_of
from moei_toolkit.report.tables.quality import quality_table
from moei_toolkit.report.tables.table import Table, as_markdown
from moei_toolkit.types import ACTUAL, expert_stage

_USE = """```
unzip artifact.zip -d model
python tools/restore.py PHOTO --run model -o restored/
```"""
_CHECK = (
    "`python tools/report.py --verify artifact.zip` checks every hash, derives every table again, and ends "
    "with the SHA-256 of SHA256SUMS: where that is the one which was published, so is every file. Only a "
    "second run can show that all of them were invented together: `scripts/reproduce_main.sh artifact.zip`."
)
_MANIFESTS = "The `manifest.json` of a stage says what it was made with."
_DIGITS = 12  # of a fingerprint, as on the page; the manifest has all
_LICENCE = (
    "The toolkit is under Apache-2.0. Photographs it learnt from are under the licences of their sources, "
    "which it does not know."
)


def model_card(config: Config, folders: Mapping[str, Path], derived: Derived) -> str:
    """Return the card of an artifact in Markdown; the same artifact gives the same text.

    Args:
        config: Of the run.
        folders: Folder of every stage.
        derived: What came out.

    Raises:
        DataError: A file that it tells of is missing or damaged.
        StoreError: A manifest is.
    """
    told = sections_of(config, folders, derived)
    sections = {
        "Use": _USE,
        **told,
        "Origin": f"{told['Origin']} {_MANIFESTS}\n\n{as_markdown(_stages(folders))}",
        "Check": _CHECK,
        "Left out": "\n".join(f"- {what}: {why}" for what, why in LEFT_OUT.items()),
    }
    return card_text(config, derived, sections)


def card_text(config: Config, derived: Derived, sections: Mapping[str, str]) -> str:
    """Return a card in Markdown: its heading, what the model does, and sections by title."""
    text = "\n\n".join(f"## {title}\n\n{text.strip()}" for title, text in sections.items())
    return f"# {config.report.title}\n\n{_what(config, derived)}\n\n{text}\n"


def sections_of(config: Config, folders: Mapping[str, Path], derived: Derived) -> dict[str, str]:
    """Return the sections of every card, by title, wherever the model lies; see `model_card`."""
    records, made = read_records(folders[DATA] / RECORDS_NAME), read_manifest(folders[REPORT])
    return {
        "Parts": as_markdown(_parts(config, folders)),
        "Data": f"{as_markdown(_data(records))}\n{_origin_of_data(config, records)}",
        "Results": "\n\n".join([_finding(derived), *map(as_markdown, _results(derived))]),
        "Objectives": as_markdown(_objectives(derived)),
        "Limits": "\n".join(f"- {line}" for line in _limits(derived)),
        "Origin": _origin(config, made),
        "Licence": _LICENCE,
    }


def _what(config: Config, derived: Derived) -> str:
    tasks, experts = ", ".join(config.tasks), ", ".join(config.experts)
    threshold = derived.facts.threshold
    doubt = f"where its confidence is below {threshold:.2f}, the backbone works alone"
    end = doubt if threshold > 0 else "its choice always counts"
    return (
        f"Restores photographs under {tasks}: a shared backbone describes the whole photograph, and a router "
        f"picks one of the experts ({experts}) for it; {end}.{_guided(config)}"
    )


def _guided(config: Config) -> str:
    guides, routes = config.inference.guides, (*config.experts, DENSE)
    guided = ", ".join(f"{name} (at {guides[name]} pixels)" for name in routes if name in guides)
    if not guided:
        return ""
    return (
        " On some routes the whole photograph is restored at a small size first, and tells the tiles how "
        f"bright they are: {guided}."
    )


def _parts(config: Config, folders: Mapping[str, Path]) -> Table:
    backbone = _parameters(folders[DENSE] / BACKBONE_FILE)
    rows = [["backbone", config.backbone.type, f"{backbone:,}", "all"]]
    for name, section in config.experts.items():
        own = _parameters(folders[expert_stage(name)] / EXPERT_FILE)
        rows.append([f"expert {name}", section.expert.type, f"{own:,}", section.task])
    router = _parameters(folders[ROUTER] / ROUTER_FILE)
    rows.append(["router", config.router.router.type, f"{router:,}", "the choice"])
    header = ["part", "type", "weights", "serves"]
    return Table("What it is made of", header, rows, "Counted are all stored numbers.")


def _parameters(weights: Path) -> int:
    return int(read_object(weights.with_suffix(".json"))["parameters"])


def _data(records: list[Record]) -> Table:
    rows = []
    for split in SPLITS:
        mine = [record for record in records if record.split == split]
        scenes = {(record.source, record.dataset, record.scene_id) for record in mine}
        counts = Counter(source for source, _, _ in scenes)
        rows.append([split, str(len(mine)), *(str(counts[source]) for source in SOURCES)])
    header = ["split", "images", *(f"scenes, {source}" for source in SOURCES)]
    note = (
        "Backbone, experts and rivals learn from train, the router from route, the confidence from calibrate."
    )
    return Table("What it has seen", header, rows, note)


def _origin_of_data(config: Config, records: list[Record]) -> str:
    splits: dict[tuple[str, str], set[str]] = {}
    for record in records:
        splits.setdefault((record.dataset, record.scene_id), set()).add(record.split)
    shared = sum(len(found) > 1 for found in splits.values())
    datasets = ", ".join(sorted({record.dataset for record in records}))
    weather = ", ".join(
        f"{name} ({task.degradation.type})" if task.degradation else name
        for name, task in config.tasks.items()
    )
    layout = config.data.layout
    origin = f"Layout `{layout.type}`" if layout else "Prepared data"
    return (
        f"{origin}; data sets: {datasets}. Weather: {weather}. "
        f"Scenes that are in more than one split: {shared}."
    )


def _finding(derived: Derived) -> str:
    headline = headline_of(derived.found)
    return f"{headline.finding} {headline.note}"


def _results(derived: Derived) -> Iterator[Table]:
    found = derived.found
    for metric, higher in found.directions.items():
        yield quality_table(found.results.quality, metric, found.policies, found.protocols[metric], higher)


def _objectives(derived: Derived) -> Table:
    rows = [[one.id, one.title, one.verdict] for one in derived.found.results.objectives]
    return Table("Verdicts", ["objective", "about", "verdict"], rows, "report.md of the run has every check.")


def _limits(derived: Derived) -> Iterator[str]:
    results, decisions = derived.found.results, derived.found.decisions
    gains = decisions.achieved - decisions.dense
    scenes = len(set(decisions.scenes.tolist()))
    yield f"Measured on {len(gains)} degraded test images of {scenes} scenes, and on no others."
    yield (
        f"On {int(np.sum(gains < 0))} of the {len(gains)} images the result is below that of the "
        f"backbone alone, at worst by {max(0.0, -float(gains.min())):.2f} dB."
    )
    yield (
        f"The router chose another expert than the best one on {1 - results.routing.agreement:.1%} of them; "
        f"the mean image lost {results.routing.regret_mean:.2f} dB by its choice."
    )
    for name, gain in results.expert_gains.items():
        if gain < 0:
            yield f"The expert {name} is {-gain:.2f} dB below the backbone alone on its own weather."
    if clean := results.quality.clean.get(ACTUAL):
        yield f"Photographs without weather came back at {clean['min_psnr']:.1f} dB or more."
    for one in results.objectives:
        for check in one.checks:
            if check.holds is False:
                yield f"{one.id} failed, {check.what}: {check.measured}, expected {check.threshold}."


def _origin(config: Config, made: Manifest) -> str:
    source = "an unknown revision"
    if made.git:
        changed = ", with uncommitted changes" if made.git.get("dirty") else ""
        source = f"revision `{made.git.get('revision')}`{changed}"
    tools = ", ".join(
        f"{name} {made.versions.get(name)}" for name in ("moei_toolkit", "python", "torch", "numpy")
    )
    return f"Seed {config.seed}; {source}; {tools}."


def _stages(folders: Mapping[str, Path]) -> Table:
    rows = [
        [name, f"`{read_manifest(folder).fingerprint[:_DIGITS]}`", f"`{sha256_file(folder / MANIFEST)}`"]
        for name, folder in folders.items()
    ]
    note = "A manifest holds the hashes of all files of its stage: of the weights, the rows, the page."
    return Table("Stages", ["stage", "fingerprint", "SHA-256 of its manifest"], rows, note)
