"""Rain, haze and snow on embedded photographs: the whole chain in minutes on two cores."""

_base_ = "_base_/default.py"

work_dir = "work_dirs/moei_rain_haze_snow"

_weathers = ("rain", "haze", "snow")
_evenly = dict.fromkeys(_weathers, 1.0)

_schedule = dict(
    images_per_batch=8,
    crops_per_image=1,
    crop_size=128,
    learning_rate=1e-3,
    checkpoint_every=200,
    validate_every=200,
)

data = dict(
    layout=dict(type="embedded", scenes=dict(train=640, route=150, calibrate=40, val=4), size=384),
    draws=dict(train=1, route=1, calibrate=1, val=1, test=4),
)
tasks = {name: dict(degradation=dict(type=name), loss=dict(type=name, pixel="rmse")) for name in _weathers}
dense = dict(
    loss=dict(type="rmse"),
    training=dict(
        _schedule,
        iterations=1000,
        warmup=50,
        auxiliary_weight=0.05,
        mix=dict(_evenly, clean=2.0),
    ),
)
_adapter = dict(type="adapter", reduction=1 / 16)
experts = {
    name: dict(
        expert=_adapter,
        task=name,
        training=dict(_schedule, iterations=400, warmup=20, ema_decay=0.99, mix={name: 1.0, "clean": 1.0}),
    )
    for name in _weathers
}
singles = {
    name: dict(
        expert=dict(type="full"),
        task=name,
        training=dict(
            _schedule,
            iterations=40,
            warmup=10,
            learning_rate=3e-4,
            ema_decay=0.95,
            mix={name: 1.0, "clean": 1.0},
        ),
    )
    for name in _weathers
}
dense_equal = dict(  # has seen as many images of everything as the experts together
    expert=_adapter,
    training=dict(
        _schedule,
        iterations=1200,
        warmup=20,
        ema_decay=0.99,
        mix=dict(_evenly, clean=3.0),
    ),
)
report = dict(title="Rain, haze and snow on embedded photographs")
