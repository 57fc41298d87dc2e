"""Sandstorms, a fourth weather: how it looks, lies on a disk, is judged and removed."""
