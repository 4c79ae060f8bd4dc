"""Values that show themselves in a notebook; how they do is told from further down the house.

A value cannot import the rooms that draw it or write its tables, since these stand below it. So
the package says, as soon as it is imported, where they are made.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Bundle", "Shown", "shown_by"]

Bundle = dict[str, str]
"""What a value looks like, by media type."""


class Shown:
    """A value that notebooks show as a picture or a table."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:  # noqa: ARG002
        return _make(self)

    def _repr_svg_(self) -> str | None:
        return _make(self).get("image/svg+xml")


def shown_by(make: Callable[[object], Bundle]) -> None:
    """Say what makes the picture or the table of a value."""
    global _make
    _make = make


def _plain(value: object) -> Bundle:
    return {"text/plain": repr(value)}


_make: Callable[[object], Bundle] = _plain
