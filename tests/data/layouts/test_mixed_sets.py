"""AllWeather and CDD-11: several weathers in one data set, and what they are called."""

from __future__ import annotations

import pytest
from layout_trees import build, plant, plant_published, reasons_of, scenes_of

from moei_toolkit.errors import ConfigError


def degradations(layout) -> dict[str, str]:
    return {
        file.path.relative_to(layout.root).as_posix(): file.degradation
        for scene in layout.scenes(0)
        for file in scene.degraded
    }


def test_names_tell_the_weather_of_allweather(tmp_path):
    layout = plant_published("allweather", tmp_path)
    assert degradations(layout) == {
        "input/12_rain.png": "raindrop",
        "input/beautiful_smile_00003.jpg": "snow",
        "input/im_0001_s80_a04.png": "rain_haze",
        "input/im_0001_s80_a05.png": "rain_haze",
    }
    captures = {name: scene.capture_id for name, scene in scenes_of(layout).items()}
    assert captures == {
        "12_rain": "12_rain",
        "beautiful_smile_00003": "beautiful_smile_00003",
        "im_0001_s80_a04": "im_0001",
        "im_0001_s80_a05": "im_0001",
    }
    assert reasons_of(layout) == {}


def test_clean_images_may_be_called_as_in_the_set_they_come_from(tmp_path):
    layout = build(
        "allweather",
        plant(
            tmp_path, "input/im_0001_s{80,85}_a04.png", "gt/im_0001.png", "input/0_rain.png", "gt/0_clean.png"
        ),
    )
    scenes = scenes_of(layout)
    assert list(scenes) == ["0_clean", "im_0001"]
    assert [file.id for file in scenes["im_0001"].degraded] == [
        "im_0001_s80_a04-outdoor_rain",
        "im_0001_s85_a04-outdoor_rain",
    ]
    assert scenes["0_clean"].degraded[0].id == "0_rain-raindrop"
    assert reasons_of(layout) == {}


def test_a_name_that_tells_nothing_is_left_over_unless_it_is_given_a_weather(tmp_path):
    plant(tmp_path, "{input,gt}/{IMG_7,im_0001_s80_a04}.png")
    layout = build("allweather", tmp_path)
    assert degradations(layout) == {"input/im_0001_s80_a04.png": "rain_haze"}
    assert reasons_of(layout)["input/IMG_7.png"].startswith("images that are 'unknown' have no task")
    named = build("allweather", tmp_path, names={"unknown": "snow", "outdoor_rain": None})
    assert degradations(named) == {"input/IMG_7.png": "snow"}
    assert "'outdoor_rain' have no task" in reasons_of(named)["input/im_0001_s80_a04.png"]


def test_sorted_allweather(tmp_path):
    plant(tmp_path, "train/{raindrop,rainstreak,snow}/{input,gt}/1.png", "Val/snow/{input,gt}/1.png")
    layout = build("allweather", tmp_path)
    assert degradations(layout) == {
        "train/raindrop/input/1.png": "raindrop",
        "train/rainstreak/input/1.png": "rain_haze",
        "train/snow/input/1.png": "snow",
        "Val/snow/input/1.png": "snow",
    }
    assert list(scenes_of(layout)) == [
        "train-outdoor_rain-1",
        "train-raindrop-1",
        "train-snow100k-1",
        "val-snow100k-1",
    ]


def test_allweather_as_its_code_wants_it(tmp_path):
    plant(
        tmp_path,
        "data/{train,test}/allweather/{input,gt}/{im_0001_s80_a04,im_0002_s85_a06}.png",
        "data/train/a.txt",
    )
    scenes = scenes_of(build("allweather", tmp_path))
    assert {scene.split for scene in scenes.values()} == {"train", "test"}
    assert scenes["test-im_0002_s85_a06"].capture_id == "test-im_0002"


def test_combinations_of_cdd11(tmp_path):
    layout = plant_published("cdd11", tmp_path)
    scenes = scenes_of(layout)
    assert list(scenes) == ["test-000001", "train-000001"]
    assert {file.id: file.degradation for file in scenes["train-000001"].degraded} == {
        "train-000001-haze": "haze",
        "train-000001-haze_rain": "rain_haze",
        "train-000001-haze_snow": "snow_haze",
        "train-000001-rain": "rain",
        "train-000001-snow": "snow",
    }
    reasons = reasons_of(layout)
    assert len(reasons) == 12
    assert reasons["CDD-11_train/low"] == "it was left out, because names has no degradation for it"


def test_low_light_can_be_asked_for_and_weather_left_out(tmp_path):
    plant_published("cdd11", tmp_path)
    layout = build("cdd11", tmp_path, names={"low_rain": "rain", "snow": None})
    found = {file.id: file.degradation for file in scenes_of(layout)["test-000001"].degraded}
    assert found["test-000001-low_rain"] == found["test-000001-rain"] == "rain"
    assert "test-000001-snow" not in found
    assert "CDD-11_test/snow" in reasons_of(layout)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"rian": "rain"}, "unknown kind 'rian'. Did you mean 'rain'"),
        ({"rain": ""}, r"names\['rain'\]: expected the name of a degradation, or None, got ''"),
        ({"rain": 3}, "got 3"),
        ({"rain": "clean"}, "got 'clean'"),
        (dict.fromkeys(["haze", "rain", "snow", "haze_rain", "haze_snow"]), "got None for all"),
    ],
)
def test_wrong_names(names, said, tmp_path):
    with pytest.raises(ConfigError, match=said):
        build("cdd11", tmp_path, names=names)
