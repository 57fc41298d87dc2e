"""Photographs in three sizes and weather as wide as published benchmarks, for about two hours on two cores.

`scripts/get_reference_data.sh` makes the data.
"""

_base_ = "_base_/default.py"

work_dir = "work_dirs/reference"

_weathers = ("rain", "haze", "snow")
_evenly = dict.fromkeys(_weathers, 1.0)
_prepared = "data/prepared/reference_"

data = dict(prepared=[_prepared + name for name in ("uhd", "hd", "sd", "generated", "test")])
tasks = {name: dict(loss=dict(type=name, pixel="rmse")) for name in _weathers}

_schedule = dict(
    images_per_batch=6,
    crops_per_image=1,
    crop_size=160,
    learning_rate=1e-3,
    precision="bf16",
    checkpoint_every=500,
    validate_every=3000,
)
_adapter = dict(type="adapter", reduction=1 / 16)

dense = dict(
    loss=dict(type="rmse"),
    training=dict(
        _schedule, iterations=4500, warmup=200, auxiliary_weight=0.05, mix=dict(_evenly, clean=0.3)
    ),
)
experts = {
    name: dict(
        expert=_adapter,
        task=name,
        training=dict(_schedule, iterations=1000, warmup=50, mix={name: 1.0, "clean": 0.05}),
    )
    for name in _weathers
}
singles = {
    name: dict(
        expert=dict(type="full"),
        task=name,
        training=dict(
            _schedule,
            iterations=100,
            warmup=20,
            learning_rate=3e-4,
            ema_decay=0.99,
            mix={name: 1.0, "clean": 0.05},
        ),
    )
    for name in _weathers
}
dense_equal = dict(  # has seen as many images of everything as the experts together
    expert=_adapter,
    training=dict(_schedule, iterations=3000, warmup=50, mix=dict(_evenly, clean=0.15)),
)
utilities = dict(error="l1")  # task losses of a 4K image take longer than restoring it
router = dict(beta=50.0, alpha=0.01, iterations=400)
evaluate = dict(metrics=[dict(type="psnr"), dict(type="ssim")], top2=False)
report = dict(title="Reference run: rain, haze and snow on UHD photographs")
