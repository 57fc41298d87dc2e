"""The full-scale recipe on 8KDehaze, UHD-Rain and UHD-Snow, for machines with GPUs; see docs/data.md."""

_base_ = "moei_rain_haze_snow.py"

work_dir = "work_dirs/moei_uhd"

_weathers = ("rain", "haze", "snow")

# AdamW with cosine decay, betas as in DehazeXL; half precision where it is safe.
_schedule = dict(
    crop_size=512,
    images_per_batch=8,
    crops_per_image=2,
    learning_rate=2e-4,
    betas=(0.9, 0.999),
    warmup=5000,
    ema_decay=0.999,
    precision="bfloat16",
    checkpoint_every=2000,
    validate_every=10000,
)
# Aerial photographs have no above and below.
_turned = dict(haze=dict(rotate=True))
# Severe images are drawn more often than mild ones: where an expert falls behind dense, it is there.
_severe = dict(severity_bias=0.5)

data = dict(
    _delete_=True,
    prepared=["data/prepared/8kdehaze", "data/prepared/uhd_rain", "data/prepared/uhd_snow"],
)
backbone = dict(type="dehazexl")
_adapter = dict(type="adapter", reduction=1 / 16, top_blocks=3)  # 1.3% of the backbone; 5 blocks are 4%
dense = dict(training=dict(_schedule, iterations=300_000, mix=dict(rain=1.0, haze=1.0, snow=1.0, clean=0.3)))
experts = {
    name: dict(
        expert=_adapter,
        training=dict(
            _schedule,
            **_severe,
            **_turned.get(name, {}),
            iterations=60_000,
            mix={name: 1.0, "clean": 0.1},
        ),
    )
    for name in _weathers
}
singles = {
    name: dict(
        training=dict(_schedule, **_turned.get(name, {}), iterations=60_000, mix={name: 1.0, "clean": 0.1}),
    )
    for name in _weathers
}
dense_equal = dict(
    expert=_adapter,
    training=dict(_schedule, iterations=180_000, mix=dict(rain=1.0, haze=1.0, snow=1.0, clean=0.3)),
)
views = dict(overview_size=512, probe_size=256, probes=8)
router = dict(beta=50.0, iterations=5000, batch_size=256, learning_rate=1e-4)
bench = dict()
report = dict(title="MoE-I on 8KDehaze, UHD-Rain and UHD-Snow")
