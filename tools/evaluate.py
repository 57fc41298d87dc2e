"""Evaluate a finished run on other data; see --help."""

from moei_toolkit.commands.evaluate import run

if __name__ == "__main__":
    run()
