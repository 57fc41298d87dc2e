"""Count operations and parameters of a model; see --help."""

from moei_toolkit.commands.cost import run

if __name__ == "__main__":
    run()
