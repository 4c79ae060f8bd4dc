"""What a status means for who reads it, and the colours that the author of a machine may choose."""

from __future__ import annotations

import re
from enum import Enum

__all__ = ["StatusKind", "colour_fault", "kind_named"]

_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE | re.ASCII)


class StatusKind(Enum):
    """What a status means; each kind has one colour in all drawings. The value is its name."""

    GOOD = "good"
    """What the sender wants."""
    BAD = "bad"
    """What the sender does not want."""
    OPEN = "open"
    """Not decided: something is still to come."""
    NOT_YET = "not yet"
    """Before anything counts."""


def kind_named(text: str) -> StatusKind | None:
    """Return the kind of a name; ``None`` for another text."""
    return next((kind for kind in StatusKind if kind.value == text), None)


def colour_fault(colour: object) -> str:
    """Return why a value is neither a kind nor a colour, or an empty text.

    >>> colour_fault("good"), colour_fault("#b00020")
    ('', '')
    >>> colour_fault("red")
    "'red' is no colour; write one of good, bad, open, not yet, or a colour such as '#b00020'"
    """
    is_colour = isinstance(colour, str) and (kind_named(colour) or _COLOUR.fullmatch(colour))
    kinds = ", ".join(kind.value for kind in StatusKind)
    fault = f"{colour!r} is no colour; write one of {kinds}, or a colour such as '#b00020'"
    return "" if is_colour else fault
