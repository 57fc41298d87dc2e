"""Run many variants of a config on one store, and put side by side what comes out; see --help."""

from moei_toolkit.commands.tune import run

if __name__ == "__main__":
    run()
