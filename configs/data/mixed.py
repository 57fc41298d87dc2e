"""Mixed weather over the embedded test photographs, 216 images: objective O10."""

_base_ = "../weather/mixed.py"

layout = dict(type="embedded", scenes=dict(), size=384)
draws = dict(test=12)
