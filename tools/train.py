"""Train, calibrate and evaluate a mixture of experts; see --help."""

from moei_toolkit.commands.train import run

if __name__ == "__main__":
    run()
