"""Measure how cost grows with image size, experts, batch and threads; see --help."""

from moei_toolkit.commands.scaling import run

if __name__ == "__main__":
    run()
