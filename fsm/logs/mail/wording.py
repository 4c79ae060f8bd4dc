"""The patterns of ``wording.toml``, by their names."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

__all__ = ["begins_copy", "regex_of"]

_LONGEST_LINE = 200
"""Characters of a line that may announce the message that came back."""


@cache
def regex_of(name: str) -> re.Pattern[str]:
    """Return the pattern with a name; of a list, whatever fits one of its patterns."""
    text = (Path(__file__).parent / "wording.toml").read_text(encoding="utf-8")
    value = tomllib.loads(text)[name]
    joined = value if isinstance(value, str) else "|".join(f"(?:{one})" for one in value)
    return re.compile(joined, re.IGNORECASE)


_RULE = re.compile(r"\s*[-=_*+#~]{3,}")
_SIGNS = re.compile(r"[^\w']+")
_QUOTED = re.compile(r">\s?(?:received|return-path|message-id|from|to|subject):", re.IGNORECASE)


def begins_copy(line: str) -> bool:
    """Return whether the message that came back stands below a line."""
    if len(line) > _LONGEST_LINE:
        return False
    if _QUOTED.match(line):
        return True
    words = _SIGNS.sub(" ", line).strip()
    if not words:
        return False
    is_ruled = _RULE.match(line) and regex_of("ruled_copy").search(words)
    return bool(is_ruled or regex_of("copy").match(words))
