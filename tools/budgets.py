"""Compare MoE-I with dense models of equal cost; see --help."""

from moei_toolkit.commands.budgets import run

if __name__ == "__main__":
    run()
