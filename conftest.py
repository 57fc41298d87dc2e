"""What all tests go by, those of the packages too."""

from __future__ import annotations

import os

# On its first import mmengine leaves a parsed grammar (of yapf) in the cache of the user, and a process that
# reads it a moment too early fails. So the process that starts the workers imports it, before they do.
import mmengine  # noqa: F401

# A package that cannot be loaded must fail the tests. Those about broken ones unset it.
os.environ.setdefault("MOEI_STRICT_PLUGINS", "1")
