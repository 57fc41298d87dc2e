"""The same photographs, 480 pixels high: the size of most published pairs."""

_base_ = "uhd.py"

layout = dict(root="data/reference/sd")
draws = dict(train=16, route=6, calibrate=8, val=1)
