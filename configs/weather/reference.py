"""Weather as wide as the benchmarks of others show it: what the reference model is trained on.

Rain from drizzle to downpours that hide the picture, in any direction, covering what is behind it or adding
light to it; haze outdoors, indoors, at dusk and coloured by dust; snow from dust to clumps.
"""

_rain = dict(type="rain")
_downpour = dict(
    type="rain",
    light="add",
    cover=5.0,
    density=(0.1, 1.0),
    opacity=(0.4, 1.0),
    length=(30.0, 120.0),
    angle=(90.0, 25.0),
    tilt=50.0,
)
_slanting = dict(type="rain", light="add", cover=2.0, angle=(90.0, 30.0), tilt=60.0, width=0.7)
_outdoors = dict(type="haze")
_indoors = dict(type="haze", near=(0.2, 0.8), beta=(0.5, 2.2), airlight=(0.6, 1.0), tint=0.05)
_dusk = dict(type="haze", airlight=(0.35, 0.75), beta=(0.4, 2.2), tint=0.03)
_coloured = dict(type="haze", tint=0.18, airlight=(0.55, 0.9), beta=(0.5, 2.4))
_snow = dict(type="snow")
_clumps = dict(type="snow", cover=2.0, radius=1.3, drag=(0.0, 40.0), brightness=(0.8, 1.0))
_dust = dict(type="snow", cover=1.5, radius=0.5, veil_beta=(0.0, 0.1))

weather = dict(
    rain=dict(type="choice", parts=[_rain, _downpour, _slanting], weights=[0.4, 0.35, 0.25]),
    haze=dict(type="choice", parts=[_outdoors, _indoors, _dusk, _coloured], weights=[0.4, 0.2, 0.2, 0.2]),
    snow=dict(type="choice", parts=[_snow, _clumps, _dust], weights=[0.5, 0.25, 0.25]),
)
