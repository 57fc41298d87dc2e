from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.data.weather.mixed import Mixed
from moei_toolkit.data.weather.rain import Rain
from moei_toolkit.data.weather.snow import Snow
from moei_toolkit.errors import ConfigError, RegistryError
from moei_toolkit.registry import DEGRADATIONS


def drawn(weather, photo, severity=0.7) -> np.ndarray:
    return weather.apply(*photo, severity, np.random.default_rng(5))


def test_rain_comes_before_snow_and_haze_last(photo):
    assert [type(part) for part in Mixed(parts=[Haze(), Snow(), Rain()]).parts] == [Rain, Snow, Haze]
    clean, depth = photo
    thick = Haze(airlight=(0.8, 0.8), tint=0.0, beta=(20.0, 20.0), patchy_share=0.0)
    hidden = drawn(Mixed(parts=[thick, Rain(), Snow()]), (clean, np.ones_like(depth)))
    np.testing.assert_allclose(hidden, 0.8, atol=1e-6)


def test_the_order_in_which_parts_are_given_does_not_matter(photo):
    there, back = Mixed(parts=[Rain(), Haze()]), Mixed(parts=[Haze(), Rain()])
    assert np.array_equal(drawn(there, photo), drawn(back, photo))


def test_a_part_does_not_change_what_the_others_draw(photo):
    clear = Haze(beta=(0.0, 0.0))
    alone, together = drawn(Mixed(parts=[Snow()]), photo), drawn(Mixed(parts=[clear, Snow()]), photo)
    assert np.array_equal(alone, together)
    assert not np.array_equal(alone, photo[0])


def test_parts_share_a_severity_or_draw_their_own(photo):
    half = drawn(Mixed(parts=[Rain(), Haze()], strength=(0.5, 0.5)), photo, 1.0)
    np.testing.assert_array_equal(half, drawn(Mixed(parts=[Rain(), Haze()]), photo, 0.5))

    seen = []

    class Recording(Haze):
        def render(self, view, rng):
            seen.append(view.severity)
            return super().render(view, rng)

    drawn(Mixed(parts=[Recording(), Recording()], strength=(0.2, 1.0)), photo, 0.5)
    assert seen[0] != seen[1]
    assert all(0.1 <= severity <= 0.5 for severity in seen)


def test_without_parts_there_is_no_weather():
    with pytest.raises(ConfigError, match=r"parts: expected degradations .* got \[\]"):
        Mixed(parts=[])
    with pytest.raises(ConfigError, match=r"expected degradations .*'rain'"):
        Mixed(parts=["rain", Haze()])
    with pytest.raises(ConfigError, match="strength"):
        Mixed(parts=[Haze()], strength=(0.5, 1.5))


def test_parts_are_built_from_a_config(photo):
    parts = [{"type": "rain", "opacity": (0.2, 0.5)}, {"type": "haze"}]
    built = DEGRADATIONS.build({"type": "mixed", "parts": parts})
    assert np.array_equal(drawn(built, photo), drawn(Mixed(parts=[Rain(opacity=(0.2, 0.5)), Haze()]), photo))


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"type": "rian"}, r"'mixed' from .*: parts\[1\]: .*no 'rian'\. Did you mean 'rain'\?"),
        (
            {"type": "rain", "opacty": 1},
            r"parts\[1\]: .*unknown argument 'opacty'\. Did you mean 'opacity'\?",
        ),
        ({"type": 3}, r"parts\[1\]: .*expected dict\(type='name'"),
    ],
)
def test_a_wrong_part_is_said_with_its_place(part, said):
    with pytest.raises(RegistryError, match=said):
        DEGRADATIONS.build({"type": "mixed", "parts": [{"type": "haze"}, part]})


def test_mixed_weather_may_be_mixed_again(photo):
    inner = {"type": "mixed", "parts": ({"type": "snow"},)}
    built = DEGRADATIONS.build({"type": "mixed", "parts": [inner, {"type": "haze"}]})
    assert drawn(built, photo).shape == photo[0].shape
    assert isinstance(built.parts[0].parts[0], Snow)
