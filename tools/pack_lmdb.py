"""Copy the image files of a prepared set into one LMDB file; see --help."""

from moei_toolkit.commands.pack_lmdb import run

if __name__ == "__main__":
    run()
