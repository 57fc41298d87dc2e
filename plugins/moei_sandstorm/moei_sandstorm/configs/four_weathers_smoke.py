"""The chain of four_weathers, so small that it ends within a minute: proves wiring, not quality."""

_base_ = "moei_toolkit::moei_rain_haze_snow.py"

work_dir = "work_dirs/four_weathers_smoke"

_others = ("rain", "haze", "snow")
_small = dict(images_per_batch=2, crop_size=48, warmup=1, checkpoint_every=4, validate_every=4)
_new = dict(_small, crops_per_image=1, learning_rate=1e-3, ema_decay=0.99, mix=dict(sandstorm=1.0, clean=1.0))

data = dict(
    layout=dict(scenes=dict(train=4, route=4, calibrate=4, val=1), size=96, longest_side=128),
    draws=dict(train=1, route=1, calibrate=1, val=1, test=1),
)
tasks = dict(
    sandstorm=dict(degradation=dict(type="sandstorm"), loss=dict(type="sandstorm", pixel="rmse")),
)
dense = dict(training=dict(_small, iterations=8, mix=dict(sandstorm=1.0)))
experts = {
    **{name: dict(training=dict(_small, iterations=4)) for name in _others},
    "sandstorm": dict(expert=dict(type="sandstorm"), task="sandstorm", training=dict(_new, iterations=4)),
}
singles = {
    **{name: dict(training=dict(_small, iterations=2)) for name in _others},
    "sandstorm": dict(expert=dict(type="full"), task="sandstorm", training=dict(_new, iterations=2)),
}
dense_equal = dict(training=dict(_small, iterations=4, mix=dict(sandstorm=1.0)))
views = dict(overview_size=48, probe_size=48, probes=2)
router = dict(iterations=20, batch_size=8)
inference = dict(tile=128, overlap=16)
evaluate = dict(metrics=[dict(type="psnr")])
report = dict(title="Smoke test of four weathers")
