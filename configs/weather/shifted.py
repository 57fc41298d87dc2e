"""Rain, haze and snow from generators of another library: for tests of shift, never for training."""

weather = dict(
    rain=dict(type="library_rain"),
    haze=dict(type="library_fog"),
    snow=dict(type="library_snow"),
)
