"""Weather that comes together, from ranges that no training config draws from: for tests, never for training.

The opacity of streaks and the slant of snow are as in training: they leave no room beside them. Rain and snow
bring no veil of their own, since the haze is one. Flakes and streaks of a far class are as small as those of
a nearer class in training. The haze is thin: behind a thick one, neither streaks nor flakes would be seen.
"""

_rain = dict(  # in comments: what training draws from
    type="rain",
    tilt=6.0,  # about the angles below; 60 to 120 degrees
    length=(64.0, 90.0),  # 20 to 60
    width=2.0,  # 1
    density=(0.1, 0.24),  # 0.25 to 1
    brightness=(0.58, 0.75),  # 0.8 to 1
    veil_beta=(0.0, 0.0),
)
_snow = dict(
    type="snow",
    radius=3.2,  # 1; the largest flakes of a class are three times as large as its smallest
    cover=1.5,  # times density: at most 1
    density=(0.7, 1.0),
    drag=(30.0, 60.0),  # 0 to 25
    brightness=(0.72, 0.84),  # 0.88 to 1
    veil_beta=(0.0, 0.0),
)
_haze = dict(
    type="haze",
    airlight=(0.5, 0.65),  # 0.7 to 1
    tint=0.06,  # 0.025
    patchiness=(0.4, 0.6),  # 0.1 to 0.35, and only in some pictures
    patchy_share=1.0,
    beta=(0.2, 0.48),  # 0.5 to 2.4
)
_strength = (0.6, 1.0)

weather = dict(
    rain_haze=dict(type="mixed", parts=[dict(_rain, angle=(52.0, 3.0)), _haze], strength=_strength),
    snow_haze=dict(type="mixed", parts=[_snow, _haze], strength=_strength),
    rain_snow_haze=dict(
        type="mixed", parts=[dict(_rain, angle=(128.0, 3.0)), _snow, _haze], strength=_strength
    ),
)
