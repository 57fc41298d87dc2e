"""Rain, haze and snow on embedded photographs: the whole chain in minutes on two cores."""

_base_ = "_base_/default.py"

work_dir = "work_dirs/moei_rain_haze_snow"

_weathers = ("rain", "haze", "snow")

_schedule = dict(
    images_per_batch=8,
    crops_per_image=1,
    crop_size=128,
    learning_rate=1e-3,
    checkpoint_every=200,
    validate_every=200,
)

data = dict(
    layout=dict(type="embedded", scenes=dict(train=120, route=120, calibrate=60, val=12), size=384),
    draws=dict(train=2, route=2, calibrate=2, val=1, test=1),
)
tasks = {name: dict(degradation=dict(type=name), loss=dict(type=name)) for name in _weathers}
dense = dict(
    loss="task",
    training=dict(_schedule, iterations=1600, warmup=100, mix=dict(rain=1.0, haze=1.0, snow=1.0, clean=0.25)),
)
experts = {
    name: dict(
        expert=dict(type="adapter", reduction=1 / 16),
        task=name,
        training=dict(_schedule, iterations=400, warmup=20, mix={name: 1.0}),
    )
    for name in _weathers
}
report = dict(pictures_per_task=2, title="Rain, haze and snow on embedded photographs")
