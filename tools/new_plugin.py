"""Write a package that adds a component; see --help."""

from moei_toolkit.commands.new_plugin import run

if __name__ == "__main__":
    run()
