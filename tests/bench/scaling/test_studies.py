"""What is varied varies, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from measurements import measured

from moei_toolkit.bench.cost import Cost, Spread
from moei_toolkit.bench.measuring.race import Measurements, Plan
from moei_toolkit.bench.measuring.subject import UHD, Model, Size, Subject
from moei_toolkit.bench.scaling.plots import plot_study
from moei_toolkit.bench.scaling.studies import STUDIES, Point, run_study, size_of
from moei_toolkit.commands import scaling as command
from moei_toolkit.io.reporter import SilentReporter


@pytest.mark.parametrize("megapixels", [1, 2, 4, 8, 16, 32, 64])
def test_sizes_keep_the_shape_of_a_4k_frame(megapixels: int):
    size = size_of(megapixels)
    assert size.width / size.height == pytest.approx(16 / 9, rel=0.01)
    assert size.megapixels == pytest.approx(megapixels * UHD.megapixels / 8, rel=0.02)


def test_8_megapixels_are_4k():
    assert size_of(8) == UHD == Size(3840, 2160)


def test_a_study_varies_one_thing():
    assert [study.name for study in STUDIES] == list(command.STUDIES)
    for study in STUDIES:
        varied = {
            name
            for value in study.values
            for name, found in vars(study.subject(value)).items()
            if found != vars(study.subject(study.values[0]))[name]
        }
        assert varied == ({"name"} if study.name == "size" else {"name", study.name})
        assert set(study.quick) <= set(study.values)


def test_a_study_measures_together_what_is_of_one_size(monkeypatch):
    asked = []

    def measure(model: Model, subjects: list[Subject], *rest: object) -> Measurements:
        asked.append([subject.name for subject in subjects])
        return measured({subject.name: [[1.0]] for subject in subjects}, {s.name: [1] for s in subjects})

    monkeypatch.setattr("moei_toolkit.bench.scaling.studies.measure", measure)
    by_name = {study.name: study for study in STUDIES}
    for name in ("batch", "size"):
        study = by_name[name]
        points = run_study(Model({}, {}), study, (1, 8), Plan(0, 1, 1), SilentReporter())
        assert [(point.value, point.cost.subject) for point in points] == [(1, "1"), (8, "8")]
    assert asked == [["1", "8"], ["1"], ["8"]]


def test_a_plot_is_the_same_picture_every_time():
    cost = Cost("x", Spread(1000, 1, 1), {}, 1, 0.5, 0.1, None, 1, 1, {})
    points = [Point("size", value, UHD, replace(cost, ms_per_mp=value)) for value in (1, 2, 4)]
    drawn = plot_study(points, "image size, MP")
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert drawn == plot_study(points, "image size, MP")
