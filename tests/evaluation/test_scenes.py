"""Two images have one label exactly when they are of one scene of one data set."""

from __future__ import annotations

from itertools import product

import pytest
from row_examples import example, row

from moei_toolkit.evaluation.routing.decisions import decisions_of
from moei_toolkit.evaluation.scenes import scene_of
from moei_toolkit.evaluation.statistics.paired_values import paired_values

NAMES = ("a", "b", "/", "%", "a/b", "a%2Fb", "b/c", "a/", "/b", "%2F", "%25", "%252F", "a b")


def label(dataset: str, scene: str) -> str:
    return scene_of(row("x", "rain", "dense", "dense", 20.0, dataset=dataset, scene_id=scene))


def test_no_two_scenes_share_a_label():
    labels = {label(dataset, scene) for dataset, scene in product(NAMES, repeat=2)}
    assert len(labels) == len(NAMES) ** 2


@pytest.mark.parametrize(
    ("dataset", "scene", "said"), [("toy", "one", "toy/one"), ("org/uhd", "a/1", "org%2Fuhd/a/1")]
)
def test_a_label_can_be_read(dataset, scene, said):
    assert label(dataset, scene) == said


def test_decisions_and_statistics_use_the_same_labels():
    rows = example()
    paired = paired_values(rows, ["actual"], ["psnr"])
    assert set(paired.scenes.tolist()) == set(decisions_of(rows).scenes.tolist()) == {"toy/one", "toy/two"}
