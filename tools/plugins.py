"""List every component, its provider and its state; see --help."""

from moei_toolkit.commands.plugins import run

if __name__ == "__main__":
    run()
