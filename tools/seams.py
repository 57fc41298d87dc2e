"""Compare photographs restored by tiles with the same restored whole; see --help."""

from moei_toolkit.commands.seams import run

if __name__ == "__main__":
    run()
