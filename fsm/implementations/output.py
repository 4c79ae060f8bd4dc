"""What an implementation prints, kept apart from what a command prints."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, redirect_stdout

__all__ = ["apart_from_output"]


def apart_from_output() -> AbstractContextManager[object]:
    """Return a context in which what an implementation prints goes to standard error."""
    return redirect_stdout(sys.stderr)
