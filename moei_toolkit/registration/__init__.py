"""How components come in, and how a name in a configuration becomes one.

``plugins.py`` finds what is installed and asks each for its components; ``plugin_table.py`` holds them, and
how every plugin fared. ``component_registry.py`` looks names up, ``construction.py`` builds what they stand
for. Of this room others import `moei_toolkit.registry`, the registries themselves.
"""
