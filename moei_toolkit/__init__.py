"""Instance-level mixture of experts for 4K image restoration under rain, haze and snow."""

__version__ = "0.1.0"
