"""The model that comes with the toolkit is whole, small, says what it is, and restores."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from moei_toolkit.config.model import Model
from moei_toolkit.errors import ConfigError, WeightsMissingError
from moei_toolkit.inference.pretrained import shipped
from moei_toolkit.inference.pretrained.loading import load_pretrained
from moei_toolkit.inference.pretrained.record import CARD, FILES, RECORD, WEIGHTS, read_model
from moei_toolkit.inference.pretrained.shipped import DEFAULT, MODELS, SHIPPED, find_model, shipped_model
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.io.hashing import sha256_file

MOST_BYTES = 15_000_000

each = pytest.mark.parametrize("name", SHIPPED)


@pytest.fixture
def record(name) -> Model:
    return read_model(shipped_model(name))


def test_every_folder_is_a_model_with_a_name_and_nothing_else_lies_there():
    assert sorted(path.name for path in MODELS.iterdir()) == sorted(SHIPPED)
    for name in SHIPPED:
        assert sorted(path.name for path in (MODELS / name).iterdir()) == sorted(FILES)


@each
def test_it_is_small(name):
    assert sum(path.stat().st_size for path in shipped_model(name).iterdir()) <= MOST_BYTES


@each
def test_hash_and_size_are_those_of_its_weights(name, record):
    weights = shipped_model(name) / WEIGHTS
    assert record.weights.sha256 == sha256_file(weights)
    assert record.weights.bytes == weights.stat().st_size


@each
def test_its_card_is_about_it(name, record):
    card = (shipped_model(name) / CARD).read_text(encoding="utf-8")
    _, head, body = card.split("---\n", 2)
    told = yaml.safe_load(head)
    assert told["license"] == "apache-2.0"
    assert told["pipeline_tag"] == "image-to-image"
    assert told["model-index"][0]["name"] == record.origin.title
    assert f"# {record.origin.title}\n" in body
    assert record.weights.sha256 in body
    assert {section.task for section in record.architecture.experts.values()} <= set(told["tags"])
    for expert, section in record.architecture.experts.items():
        assert re.search(rf"^\| expert {expert} \| {section.expert.type} \|", body, re.MULTILINE)
    assert all(dataset in body for dataset in record.origin.datasets)


@each
def test_it_tells_nothing_of_where_it_was_made(name):
    for file in (RECORD, CARD):
        text = (shipped_model(name) / file).read_text(encoding="utf-8")
        assert re.findall(r"(?<![\w.:/<])/(?:\w[\w.-]*/)+\w*", text) == []


@each
def test_it_restores_a_photograph_and_says_who_did(name, record):
    restorer = Restorer.from_pretrained(name)
    image = np.random.default_rng(0).integers(0, 256, (150, 203, 3), dtype=np.uint8)
    result = restorer.restore(image)
    assert result.image.shape == image.shape
    assert result.image.dtype == np.float32
    assert 0 <= result.image.min() <= result.image.max() <= 1
    assert list(result.decision.probabilities) == list(record.architecture.experts)
    assert sum(result.decision.probabilities.values()) == pytest.approx(1)
    assert result.decision.route in restorer.runtime.routes
    assert result.image.tobytes() == restorer.restore(image).image.tobytes()


def test_the_default_is_one_of_them():
    assert shipped_model() == find_model(DEFAULT) == MODELS / DEFAULT
    assert Restorer.from_pretrained().decider.experts == load_pretrained(DEFAULT)[1].experts


def test_a_name_that_is_not_known():
    for find in (shipped_model, find_model):
        with pytest.raises(ConfigError, match=r"no model 'moei-tny'\. Did you mean 'moei-tiny'\?"):
            find("moei-tny")


def test_a_folder_is_what_it_is_called(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (DEFAULT, "mine"):
        (tmp_path / name).mkdir()
    assert find_model("mine") == Path("mine")
    assert find_model(DEFAULT) == MODELS / DEFAULT
    assert find_model(f"./{DEFAULT}") == find_model(Path(DEFAULT)) == Path(DEFAULT)


def test_an_installation_without_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "MODELS", tmp_path)
    with pytest.raises(
        WeightsMissingError, match=r"came without the model 'moei-tiny'\. Install moei_toolkit again"
    ):
        shipped_model()


@pytest.mark.parametrize("name", ["", "mine.model", "moei-tiny/model.safetensors", "someone/moei-tiny"])
def test_neither_a_folder_nor_a_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ConfigError, match=f"no folder '{name}', and the toolkit has no model '{name}'"
    ) as caught:
        Restorer.from_pretrained(name)
    assert ("Nothing is downloaded" in str(caught.value)) == ("/" in name)
