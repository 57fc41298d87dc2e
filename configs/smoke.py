"""The chain of moei_rain_haze_snow, so small that it ends within a minute: proves wiring, not quality."""

_base_ = "moei_rain_haze_snow.py"

work_dir = "work_dirs/smoke"

_schedule = dict(images_per_batch=2, crop_size=48, warmup=1, checkpoint_every=4, validate_every=4)

data = dict(
    layout=dict(scenes=dict(train=4, route=4, calibrate=4, val=1), size=128, longest_side=192),
    draws=dict(train=1, route=1, calibrate=1, val=1, test=1),
)
dense = dict(training=dict(_schedule, iterations=8))
experts = {name: dict(training=dict(_schedule, iterations=4)) for name in ("rain", "haze", "snow")}
singles = {name: dict(training=dict(_schedule, iterations=2)) for name in ("rain", "haze", "snow")}
dense_equal = dict(training=dict(_schedule, iterations=4))
views = dict(overview_size=48, probe_size=48, probes=2)
router = dict(iterations=20, batch_size=8)
inference = dict(tile=128, overlap=16)
report = dict(title="Smoke test")
