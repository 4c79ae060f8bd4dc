"""What a table leaves open: a question, with the line of a TOML file that answers it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Question", "Remark"]


class Question(NamedTuple):
    """A question that the table does not decide."""

    key: str
    """The entry of a TOML file that answers it: ``initial``, or ``follows.4`` in a section."""
    text: str
    choices: tuple[str, ...]
    """What may be answered; empty where any text may."""
    place: str
    """File and line of what it is about."""


class Remark(NamedTuple):
    """A fault of a table, or a convention that was applied to it, with file and line."""

    place: str
    text: str
