"""Synthetic weather: rain, haze and snow over clean photographs."""
