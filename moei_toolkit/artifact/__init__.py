"""A finished run as one file that a stranger can restore with, and check.

What a check finds: files that are missing, added or changed; a config, a recipe or an order of stages that
does not fit the others; rows that contradict each other; and numbers that do not follow from the rows. It
finds edits even when ``SHA256SUMS`` was written anew: manifests hold the hash of every file, fingerprints are
hashes of recipes, and results, objectives and tables are derived again.

What it cannot find: a forger who computes everything anew, from invented rows to the last hash. Nothing in an
artifact proves that its weights gave its rows; only a second run does, which ``--against`` compares. The
pixels, the environment, the scripts, how long things took, and the page are taken on trust, but for hashes.
"""
