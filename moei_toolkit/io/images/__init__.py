"""Photographs as files: read whole or from top to bottom, written whole or not at all."""
