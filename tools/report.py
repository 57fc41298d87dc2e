"""Pack a finished run into one file, or check such a file; see --help."""

from moei_toolkit.commands.report import run

if __name__ == "__main__":
    run()
