"""Where what strangers' code prints goes."""

from __future__ import annotations

import contextlib
import sys


def talking_to_stderr() -> contextlib.AbstractContextManager[object]:
    """Let what is printed go to stderr: stdout is for what the command was asked."""
    return contextlib.redirect_stdout(sys.stderr)
