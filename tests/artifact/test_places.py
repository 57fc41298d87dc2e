"""What tells where a run was made is replaced, and what is left is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_artifact import make_config

from moei_toolkit.artifact.places import hide_places, places_of, require_no_places
from moei_toolkit.errors import StoreError

PLACES = {"/home/anna": "~", "/home/anna/runs/one": "work_dir", "/data/a&b": "elsewhere1/a&b"}


def hidden(tmp_path, text: str, name: str = "a.json") -> str:
    (tmp_path / name).write_text(text)
    hide_places(tmp_path, PLACES)
    return (tmp_path / name).read_text()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"/home/anna/x"', '"~/x"'),
        ('"/home/anna/runs/one/x"', '"work_dir/x"'),
        ('"/home/anna/runs/oneself"', '"~/runs/oneself"'),
        ('"/home/annabel/x"', '"/home/annabel/x"'),
        ("https://example.org/home/anna", "https://example.org/home/anna"),
        ("in /home/anna: none", "in ~: none"),
        ("/data/a&b /data/a&amp;b", "elsewhere1/a&b elsewhere1/a&b"),
        ("no place", "no place"),
        ("file:///home/anna/x", "file://~/x"),
        ('"data:image/jpeg;base64,/home/anna+" /home/anna', '"data:image/jpeg;base64,/home/anna+" ~'),
    ],
)
def test_places_are_replaced_where_they_are_whole(tmp_path, text, expected):
    assert hidden(tmp_path, text) == expected


def test_what_is_no_text_stays(tmp_path):
    assert hidden(tmp_path, "/home/anna", "a.safetensors") == "/home/anna"


def test_every_absolute_path_of_a_config_is_a_place(tmp_path):
    layout = {"type": "folders", "root": "/data/UHD", "more": ["/data/list.txt", "relative/path"]}
    config = make_config(tmp_path / "run", data={"layout": layout, "draws": {"train": 1}})
    places = places_of(config, tmp_path / "run")
    assert places["/data/UHD"] == "elsewhere1/UHD"
    assert places["/data/list.txt"] == "elsewhere2/list.txt"
    assert places[str(tmp_path / "run")] == "work_dir"
    assert places[str(tmp_path / "run" / "stages")] == "store"
    assert places[str(Path.home())] == "~"
    assert "relative/path" not in places


@pytest.mark.parametrize(
    "text",
    ['"/srv/anna/x"', "at /anna", "anna@box.lan: x", "events.1.box.2", f"{Path.home()}/x", "file:///anna/x"],
)
def test_what_is_left_is_refused_and_named(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(StoreError, match=r"(?s)where it was made.*\n  a.json: ."):
        require_no_places(tmp_path, user="anna", host="box")


@pytest.mark.parametrize(
    "text",
    [
        "anna",
        "data/anna/x",
        "hannah",
        "/srv/annabel",
        "a box",
        "<p>x</anna>",
        'src="data:image/jpeg;base64,/anna/"',
    ],
)
def test_names_that_stand_for_nothing_are_no_places(tmp_path, text):
    (tmp_path / "a.html").write_text(text)
    require_no_places(tmp_path, user="anna", host="box")
