"""Measure what restoring costs with a model; see --help."""

from moei_toolkit.commands.bench import run

if __name__ == "__main__":
    run()
