"""Restore photographs with a trained run; see --help."""

from moei_toolkit.commands.restore import run

if __name__ == "__main__":
    run()
