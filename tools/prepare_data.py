"""Turn files as they were published into a checked, split data set; see --help."""

from moei_toolkit.commands.prepare_data import run

if __name__ == "__main__":
    run()
