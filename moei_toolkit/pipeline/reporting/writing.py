"""Writes the report of an evaluation: what was derived from its rows, and one page with pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from moei_toolkit.config.schema import Config
from moei_toolkit.evaluation.extremes import EXTREMES
from moei_toolkit.evaluation.results import Results
from moei_toolkit.evaluation.rows import Row, by_policy
from moei_toolkit.evaluation.shift import Home
from moei_toolkit.io.atomic import atomic_write_json, atomic_write_text
from moei_toolkit.io.environment import toolkit_version
from moei_toolkit.io.json_file import read_object
from moei_toolkit.pipeline.judging.showing import DECISION_FILE, PICTURES_FOLDER
from moei_toolkit.pipeline.reporting.contributions import ask_for_sections, kept_contributions
from moei_toolkit.pipeline.reporting.derivation import derive_report
from moei_toolkit.pipeline.reporting.run_view import ShownRun
from moei_toolkit.registration.plugin_table import PluginTable
from moei_toolkit.registration.plugins import is_strict
from moei_toolkit.report.blocks.slider import Slider, Version
from moei_toolkit.report.content import sections_of
from moei_toolkit.report.files import PAGE_FILE
from moei_toolkit.report.findings import Origin
from moei_toolkit.report.html import render_report
from moei_toolkit.report.opening import headline_of
from moei_toolkit.report.pictures import LONGER_SIDES, MOST_CHARACTERS, embed_picture
from moei_toolkit.report.tables.table import name_of
from moei_toolkit.types import ACTUAL, CLEAN, DENSE, INPUT, ORACLE


def write_report(
    config: Config,
    folders: Mapping[str, Path],
    evaluated: Path,
    origin: Origin,
    seed: int,
    out: Path,
    plugins: PluginTable,
    home: Home | None = None,
) -> Results:
    """Derive everything from the rows in ``evaluated``, and write it into ``out``.

    Args:
        config: Of the run.
        folders: Committed folders of its stages, by name.
        evaluated: What `evaluate_images` left.
        origin: Where the run came from.
        seed: Of the resamples.
        out: An existing folder.
        plugins: Asked for sections of their own.
        home: What the rows are compared with when they are of other data.

    Returns:
        What came out.

    Raises:
        DataError: If the rows cannot be used.
        PluginError: If a plugin fails and the environment has ``MOEI_STRICT_PLUGINS=1``.
    """
    derived = derive_report(config, folders, evaluated, seed, home)
    added = ask_for_sections(
        plugins, lambda: ShownRun(config, folders, derived.rows, derived.found.costs), is_strict()
    )
    sliders = _sliders(evaluated / PICTURES_FOLDER, derived.rows)
    sections = [*sections_of(derived.found, origin, sliders), *(one.section() for one in added)]
    made_by = f"Made by moei_toolkit {toolkit_version()}."
    page = render_report(headline_of(derived.found), sections, made_by)
    told = [one.told for one in added]
    for name, value in {**derived.values(), **kept_contributions(told)}.items():
        atomic_write_json(out / name, value)
    for name, text in {**derived.texts(told), PAGE_FILE: page}.items():
        atomic_write_text(out / name, text)
    return derived.found.results


def _sliders(pictures: Path, rows: Sequence[Row]) -> dict[str, list[Slider]]:
    """Return the pictures that were kept, by weather; of each the best, the median and the worst.

    The more there are, the smaller they are.
    """
    sliders: dict[str, list[Slider]] = {}
    for longest in LONGER_SIDES:
        sliders = _sliders_of_size(pictures, rows, longest)
        shown = [version.picture for group in sliders.values() for one in group for version in one.versions]
        if sum(len(picture.source) for picture in shown) <= MOST_CHARACTERS:
            break
    return sliders


def _sliders_of_size(pictures: Path, rows: Sequence[Row], longest: int) -> dict[str, list[Slider]]:
    judged = by_policy(rows)
    found = [(read_object(path), path.parent) for path in pictures.glob(f"*/{DECISION_FILE}")]
    kept = [(EXTREMES.index(decision["kept"]), decision["id"], folder) for decision, folder in found]
    sliders: dict[str, list[Slider]] = {}
    for place, image, folder in sorted(kept):
        policies = {policy: judged[image, policy] for policy in (INPUT, DENSE, ACTUAL, ORACLE)}
        actual = policies[ACTUAL]
        slider = Slider(
            title=f"{EXTREMES[place]}: {image}",
            caption=_decision(actual, policies[ORACLE]),
            versions=[
                *(_version(folder, policy, policies[policy], longest) for policy in (INPUT, DENSE, ACTUAL)),
                Version(CLEAN, "", embed_picture(folder / f"{CLEAN}.jpg", longest)),
            ],
            before=0,
            after=2,
        )
        sliders.setdefault(actual.degradation, []).append(slider)
    return dict(sorted(sliders.items()))


def _version(folder: Path, policy: str, row: Row, longest: int) -> Version:
    picture = embed_picture(folder / f"{policy}.jpg", longest)
    return Version(name_of(policy), f"{row.metrics['psnr']:.2f} dB", picture)


def _decision(actual: Row, oracle: Row) -> str:
    doubt = "abstained; " if actual.abstained else ""
    return f"{doubt}route {actual.route}, confidence {actual.confidence:.2f}; the oracle takes {oracle.route}"
