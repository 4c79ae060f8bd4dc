"""The command line as a page shows it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsm.logs.mapping.redact import Redaction

__all__ = ["public_command"]


def public_command(words: Sequence[str], redaction: Redaction | None = None) -> str:
    """Return the command as the page shows it: without output, absolute paths and secrets.

    With a redaction, a query is left out, and addresses in names are replaced.
    """
    from fsm.logs.storage.addresses import name_of

    kept = []
    remaining = iter(words)
    for word in remaining:
        if word in ("-o", "--output", "--html"):
            next(remaining, None)
        elif redaction and (word == "--sql" or word.startswith("--sql=")):
            kept += ["--sql", "QUERY"]
            if word == "--sql":
                next(remaining, None)
        elif not word.startswith(("-o", "--output=", "--html=")):
            name = Path(word).name if Path(word).is_absolute() else name_of(word)
            kept.append(redaction.file_name(name) if redaction else name)
    return shlex.join(("fsm", *kept))
