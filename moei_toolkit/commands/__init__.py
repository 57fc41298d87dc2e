"""The command line tools, as functions: parse, call, exit code. Importing one imports no torch."""
