"""Export a trained run or model; see --help."""

from moei_toolkit.commands.export import run

if __name__ == "__main__":
    run()
