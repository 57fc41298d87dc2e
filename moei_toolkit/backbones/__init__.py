"""The shared networks that describe and restore an image."""
