"""Rain, haze and snow over a folder of clean UHD photographs; scripts/get_uhd_photos.sh brings some."""

layout = dict(type="clean_photos", root="data/uhd_photos")
weather = {name: dict(type=name) for name in ("rain", "haze", "snow")}
draws = dict(train=2, route=2, calibrate=2, val=1, test=1)
shares = dict(train=0.52, route=0.16, calibrate=0.12, val=0.04, test=0.16)
