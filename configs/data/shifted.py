"""Rain, haze and snow by another generator over the embedded test photographs, 216 images."""

_base_ = "../weather/shifted.py"

layout = dict(type="embedded", scenes=dict(), size=384)
draws = dict(test=12)
