"""Measure what the toolkit costs against another way to the same result; see --help."""

from moei_toolkit.commands.speed import run

if __name__ == "__main__":
    run()
