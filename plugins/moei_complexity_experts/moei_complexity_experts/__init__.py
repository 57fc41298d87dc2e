"""Branches of different complexity at every block, of which each image takes one."""
