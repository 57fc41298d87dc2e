"""Restore photographs with a trained model; see --help."""

from moei_toolkit.commands.restore import run

if __name__ == "__main__":
    run()
