"""Rain, haze and snow over real UHD photographs: prepare configs/data/uhd_photos.py first."""

_base_ = "moei_rain_haze_snow.py"

work_dir = "work_dirs/moei_uhd_photos"

_weathers = ("rain", "haze", "snow")

data = dict(_delete_=True, prepared=["data/prepared/uhd_photos"])
# Streaks and flakes grow with the height of the picture: at 4K, a crop of 128 holds few of them.
_crops = dict(crop_size=192, images_per_batch=4)
dense = dict(training=_crops)
experts = {name: dict(training=_crops) for name in _weathers}
singles = {name: dict(training=_crops) for name in _weathers}
dense_equal = dict(training=_crops)
views = dict(probe_size=192)
report = dict(title="Rain, haze and snow on UHD photographs")
