"""How components come in, and how a name in a configuration becomes one.

``plugins.py`` finds what is installed and asks each for its components; ``plugin_table.py`` holds them, and
how every plugin fared. ``component_registry.py`` looks names up, ``construction.py`` builds what they stand
for. The registries themselves are in `moei_toolkit.registry`, which is where packages import them.
"""
