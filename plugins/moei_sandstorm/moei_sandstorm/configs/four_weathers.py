"""Rain, haze, snow and sandstorms on embedded photographs: a fourth weather, and the others as they were.

Every expert is trained as in the base config. Dense and dense-equal see as many images of each weather as
there: dense takes a third more steps, and dense-equal as many as the four experts together.
"""

_base_ = "moei_toolkit::moei_rain_haze_snow.py"

work_dir = "work_dirs/four_weathers"

_schedule = dict(
    images_per_batch=8,
    crops_per_image=1,
    crop_size=128,
    learning_rate=1e-3,
    checkpoint_every=200,
    validate_every=1000,
)
_own = dict(sandstorm=1.0, clean=1.0)

tasks = dict(
    sandstorm=dict(degradation=dict(type="sandstorm"), loss=dict(type="sandstorm", pixel="rmse")),
)
dense = dict(training=dict(iterations=1300, mix=dict(sandstorm=1.0, clean=2.5)))
experts = dict(
    sandstorm=dict(
        expert=dict(type="sandstorm", reduction=1 / 16),
        task="sandstorm",
        training=dict(_schedule, iterations=400, warmup=20, ema_decay=0.99, mix=_own),
    ),
)
singles = dict(
    sandstorm=dict(
        expert=dict(type="full"),
        task="sandstorm",
        training=dict(_schedule, iterations=40, warmup=10, learning_rate=3e-4, ema_decay=0.95, mix=_own),
    ),
)
dense_equal = dict(training=dict(iterations=1600, mix=dict(sandstorm=1.0, clean=4.0)))
report = dict(title="Rain, haze, snow and sandstorms on embedded photographs")
