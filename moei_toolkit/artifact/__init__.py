"""A finished run as one file that a stranger can restore with, and check.

What a check finds: files that are missing, added or changed, links, and folders that are no stage; a config,
a recipe or an order of stages that does not fit the others; rows that contradict each other, or what was
measured along their routes; and numbers that do not follow from the rows, in the tables, the model card, and
on the page. It finds edits even when ``SHA256SUMS`` was written anew: manifests hold the hash of every file,
the model card that of every manifest, fingerprints are hashes of recipes, and results, objectives and tables
are derived again.

What it cannot find is an edit after which every hash up to ``SHA256SUMS`` was computed anew, if nothing is
derived from what was edited: weights with the file that describes them, the temperature of the calibration,
histories, records of images that no row is about and pixel hashes of all, revision, versions and times in a
manifest, the environment, figures and pictures of the page; nor measurements that were invented, with rows
that fit and all that follows from them. Against these stands one number, the SHA-256 of
``SHA256SUMS``: whoever publishes an artifact publishes it too, and a check ends with it. Nothing in an
artifact proves that its weights gave its rows; only a second run does, which ``--against`` compares.
"""
