"""Photographs as they are: what a 4K tile looks like."""

_base_ = "../../weather/reference.py"

layout = dict(type="clean_photos", root="data/reference/uhd", dataset="uhd_photos")
draws = dict(train=6, route=2, calibrate=2)
shares = dict(train=0.62, route=0.18, calibrate=0.14, val=0.06)
