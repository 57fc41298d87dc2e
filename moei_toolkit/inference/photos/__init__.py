"""Photographs from file to file, one of them or folders of them."""
