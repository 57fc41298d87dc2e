"""What all tests go by, those of the packages too."""

from __future__ import annotations

import os

# A package that cannot be loaded must fail the tests. Those about broken ones unset it.
os.environ.setdefault("MOEI_STRICT_PLUGINS", "1")
