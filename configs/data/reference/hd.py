"""The same photographs, 1080 pixels high; they are in the same splits, for their names are the same."""

_base_ = "uhd.py"

layout = dict(root="data/reference/hd")
draws = dict(train=10, route=2, calibrate=3, val=1)
