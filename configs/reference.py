"""Photographs in three sizes and weather as wide as published benchmarks, for about two hours on two cores.

`scripts/get_reference_data.sh` makes the data.
"""

_base_ = "moei_rain_haze_snow.py"

work_dir = "work_dirs/reference"

_weathers = ("rain", "haze", "snow")
_prepared = "data/prepared/reference_"
_schedule = dict(
    images_per_batch=6,
    crop_size=160,
    precision="bfloat16",
    size_bias=1.0,  # else full-size photographs are in one sample of eleven, for there are few
    checkpoint_every=500,
    validate_every=3000,
)

data = dict(_delete_=True, prepared=[_prepared + name for name in ("uhd", "hd", "sd", "generated", "test")])
tasks = {name: dict(degradation=None) for name in _weathers}  # the data show theirs already
backbone = dict(textures=32)
views = dict(probes=16)
dense = dict(
    training=dict(
        _schedule,
        iterations=14000,
        warmup=200,
        mix=dict(clean=0.5),
        auxiliary_weight=0.05,  # weighs on the descriptor as much as restoring does
    )
)
_adapter = dict(type="adapter", reduction=1 / 4)  # 2.7% of the backbone
experts = {
    name: dict(
        expert=_adapter,
        training=dict(
            _schedule,
            iterations=6000,
            warmup=50,
            ema_decay=0.999,
            # An expert that has never seen other weather ruins what is sent to it by mistake.
            mix=dict({other: 0.1 for other in _weathers if other != name}, clean=0.2),
        ),
    )
    for name in _weathers
}
singles = dict(_delete_=True)  # each would take as long to judge at 4K as an expert does
dense_equal = dict(
    expert=_adapter,
    training=dict(_schedule, iterations=18000, warmup=50, ema_decay=0.999, mix=dict(clean=0.6)),
)
utilities = dict(
    error="l1",  # task losses of a 4K image take longer than restoring it
    familiar=True,  # ten photographs alone are few to know weather by
)
router = dict(
    router=dict(type="mlp", dropout=0.5),
    beta=50.0,
    shrinkage=0.9,  # which expert restores one hazy image best is luck to a good part
    alpha=0.01,
    iterations=1000,
)
inference = dict(guides=dict(haze=160))  # how bright a scene is behind haze, no tile of it tells
# LPIPS is computed where a file of weights is named: --cfg-options evaluate.metrics.2.weights=FILE
evaluate = dict(metrics=[dict(type="psnr"), dict(type="ssim"), dict(type="lpips", net="squeeze")], top2=False)
report = dict(title="Reference run: rain, haze and snow on UHD photographs")
