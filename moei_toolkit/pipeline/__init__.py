"""Stages that talk only through committed folders, the store that keeps them, and the run over them."""
