"""Photographs at 3840x2160 that nothing else has seen."""

_base_ = "../../weather/reference.py"

layout = dict(type="clean_photos", root="data/reference/test", dataset="uhd_photos")
draws = dict(test=3)
shares = dict(test=1.0)
