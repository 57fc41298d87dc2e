"""Pixels at rest: in LMDB files, or in image files where they lie."""
