"""Answers from outside, by function or by file, are taken as they are, or refused with the place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.routers.external import ExternalRouter
from moei_toolkit.routers.named_function import load_function
from moei_toolkit.routers.side_file import read_side_file

NAMES = ("rain", "haze", "snow")
G = torch.arange(6.0).reshape(3, 2)

MODULE = """
import numpy as np

def by_name(image, g):
    return image.partition("-")[0]

def by_descriptor(image, g):
    assert isinstance(g, np.ndarray) and g.dtype == np.float32 and g.shape == (2,)
    return {"rain": float(g[0]), "haze": float(g[1]), "snow": 0}

def failing(image, g):
    raise KeyError("no answer")

def leaving(image, g):
    raise SystemExit(0)

def scribbling(image, g):
    g[:] = 7
    return "rain"

def unsure(image, g):
    return None

CONSTANT = 3
"""


@pytest.fixture(autouse=True)
def module(tmp_path, monkeypatch) -> str:
    name = f"orchestrator_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return name


def written(folder: Path, text: str, name: str = "routes.json") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_function_answers_by_name(module):
    router = ExternalRouter(NAMES, function=f"{module}:by_name")
    logits = router.score(G, ["snow-1", "rain-2", "haze-3"])
    assert logits.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert logits.dtype == G.dtype


def test_a_function_may_score_every_expert_by_the_descriptor(module):
    router = ExternalRouter(NAMES, function=f"{module}:by_descriptor")
    assert router.score(G, ["a", "b", "c"]).tolist() == [[0, 1, 0], [2, 3, 0], [4, 5, 0]]


def test_of_the_descriptor_alone_it_thinks_nothing_and_asks_nobody(module):
    router = ExternalRouter(NAMES, function=f"{module}:failing")
    assert router(G).tolist() == [[0, 0, 0]] * 3
    assert list(router.parameters()) == []


@pytest.mark.parametrize(
    ("function", "image", "said"),
    [
        ("failing", "a", r":failing, image 'a': KeyError: 'no answer'"),
        ("leaving", "a", r":leaving, image 'a': SystemExit: 0"),
        ("unsure", "a", r":unsure, image 'a': expected the name of an expert or a score for each, got None"),
        ("by_name", "hase-1", r"image 'hase-1': there is no expert 'hase'\. Did you mean 'haze'"),
        ("by_name", "dense-1", r"there is no expert 'dense'\. Known: 'haze', 'rain', 'snow'"),
    ],
)
def test_what_is_no_answer_is_refused(module, function, image, said):
    router = ExternalRouter(NAMES, function=f"{module}:{function}")
    with pytest.raises(DataError, match=said):
        router.score(G[:1], [image])


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("MODULE:by_nmae", r"has no function 'by_nmae'\. Did you mean 'by_name'"),
        ("MODULE:CONSTANT", "has no function 'CONSTANT'"),
        ("no_such_module_here:f", "cannot be imported: ModuleNotFoundError: No module named"),
        ("MODULE", r"expected 'package\.module:function', got"),
        ("MODULE:by_name()", "expected 'package"),
        ("__import__('os'):system", "expected 'package"),
        ("", "expected 'package"),
    ],
)
def test_a_function_that_is_not_there_is_refused(module, path, said):
    with pytest.raises(ConfigError, match=said):
        load_function(path.replace("MODULE", module))


def test_a_module_that_leaves_is_refused(tmp_path):
    name = f"leaving_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text("raise SystemExit(0)")
    with pytest.raises(ConfigError, match="cannot be imported: SystemExit: 0"):
        load_function(f"{name}:by_name")


def test_a_file_answers_by_name(tmp_path):
    answers = {"a": "snow", "b": {"rain": 2, "haze": 0.5, "snow": -1}}
    router = ExternalRouter(NAMES, file=written(tmp_path, json.dumps(answers)))
    assert router.score(G[:2], ["b", "a"]).tolist() == [[2, 0.5, -1], [0, 0, 1]]


def test_a_table_answers_the_same(tmp_path):
    table = written(tmp_path, '\ufeffid,route\n"street, one",snow\r\n\nb,rain\n', "routes.csv")
    assert read_side_file(Path(table)) == {"street, one": "snow", "b": "rain"}
    assert ExternalRouter(NAMES, file=table).score(G[:1], ["street, one"]).tolist() == [[0, 0, 1]]


def test_an_image_that_is_not_listed_is_refused_unless_the_config_says_what_it_gets(tmp_path):
    file = written(tmp_path, '{"a": "snow"}')
    with pytest.raises(DataError, match=r"routes\.json, image 'z': not there; add it, or say .*'unlisted'"):
        ExternalRouter(NAMES, file=file).score(G[:1], ["z"])
    router = ExternalRouter(NAMES, file=file, unlisted="haze")
    assert router.score(G[:2], ["z", "a"]).tolist() == [[0, 1, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "{", r"a\.json: Expecting property name"),
        ("a.json", "[1]", "expected an object from images to answers, got list"),
        ("a.json", '{"a": "rain", "a": "snow"}', "'a' is there twice"),
        ("a.json", '{"a": {"rain": NaN, "haze": 1, "snow": 1}}', "NaN is no JSON"),
        ("a.json", '{"a": {"rain": 1e999, "haze": 1, "snow": 1}}', "finite score for 'rain', got inf"),
        ("a.json", f'{{"a": {{"rain": {10**400}, "haze": 1, "snow": 1}}}}', "for 'rain', got 1000"),
        ("a.json", '{"a": {"rain": true, "haze": 1, "snow": 1}}', "finite score for 'rain', got True"),
        ("a.json", '{"a": {"rain": 1, "haze": 1}}', r"none for \['snow'\]"),
        ("a.json", '{"a": {"rain": 1, "haze": 1, "snow": 1, "dust": 1}}', "no expert 'dust'"),
        ("a.json", '{"a": "hase"}', r"image 'a': there is no expert 'hase'\. Did you mean 'haze'"),
        ("a.json", '{"a": null}', "got None"),
        ("a.csv", "", "expected the header id,route, got None"),
        ("a.csv", "image,route\na,rain\n", r"expected the header id,route, got \['image', 'route'\]"),
        ("a.csv", "id,route\na,rain\na,snow\n", "'a' is there twice"),
        ("a.csv", "id,route\na\n", "line 2: expected an id and a route"),
        ("a.csv", 'id,route\n"a,rain\n', "unexpected end of data"),
        ("a.yaml", "a: rain", r"expected a file that ends with \.json or \.csv"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path, name, text, said):
    with pytest.raises(DataError, match=said):
        ExternalRouter(NAMES, file=written(tmp_path, text, name))


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*routes\.json: No such file"):
        ExternalRouter(NAMES, file=str(tmp_path / "routes.json"))
    (tmp_path / "routes.json").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"routes\.json: .*can't decode"):
        ExternalRouter(NAMES, file=str(tmp_path / "routes.json"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "either 'function' or 'file'"),
        ({"function": "a:b", "file": "a.json"}, "either 'function' or 'file'"),
        ({"function": "a:b", "unlisted": "rain"}, "no 'unlisted' beside 'function'"),
    ],
)
def test_there_is_one_source(options, said):
    with pytest.raises(ConfigError, match=said):
        ExternalRouter(NAMES, **options)


def test_the_unlisted_expert_must_be_there(tmp_path):
    with pytest.raises(DataError, match=r"unlisted: there is no expert 'sno'\. Did you mean 'snow'"):
        ExternalRouter(NAMES, file=written(tmp_path, "{}"), unlisted="sno")


def test_the_descriptor_that_a_function_gets_is_its_own(module):
    kept = G.clone()
    ExternalRouter(NAMES, function=f"{module}:scribbling").score(G, ["a", "b", "c"])
    assert torch.equal(G, kept)
