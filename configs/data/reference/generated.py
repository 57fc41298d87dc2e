"""Generated scenes, and the photographs inside installed packages."""

_base_ = "../../weather/reference.py"

layout = dict(type="embedded", scenes=dict(train=200, route=60, calibrate=40, val=2), size=384)
draws = dict(train=3, route=2, calibrate=2, val=1)
